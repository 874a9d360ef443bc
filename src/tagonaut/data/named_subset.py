"""A subset of pictures named in a file, such as a challenge set, with a value for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.picture_names import PictureNames, ambiguity
from tagonaut.data.tables import (
    DELIMITERS,
    FALSE,
    ID_COLUMNS,
    TAG_COLUMNS,
    TRUE,
    UNKNOWN,
    Table,
    is_text,
    picture_column,
    read_table,
)
from tagonaut.data.text import read_text
from tagonaut.errors import DataError, TagonautError, nearest

# Names times pictures that are compared to suggest the nearest.
_COMPARED = 200_000


@dataclass(frozen=True)
class PictureList:
    """The names in a file, each once, and the place of each.

    ``values`` holds the cell of each in ``column``, such as ``distortion``; it is empty without
    such a column.
    """

    file: Path
    names: tuple[str, ...]
    places: tuple[str, ...]
    column: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The ``rows`` of the pictures that are named, ascending, and their ``values``.

    ``missing`` holds a line for each name of no picture.
    """

    rows: NDArray[np.intp]
    values: tuple[str, ...]
    missing: tuple[str, ...]


def read_picture_list(file: Path) -> PictureList:
    """Read the names in a table, or in a text file with one per line; raises ``DataError``.

    The names are in the column with a name for pictures (``filename``), else in the first. The
    column of values is one of text (no numbers, no tags) that divides the pictures into groups: it
    has two values or more, and two pictures or more per value on average; of several such columns,
    the one with the fewest values.
    """
    if not file.is_file():
        raise TagonautError(f"{file}: file not found")
    lines = _list(file)
    if lines is not None:
        return _once(file, [(name, f"{file.name}:{line}", "") for line, name in lines], None)
    table = read_table(file)
    ids = picture_column(table)
    column = _column_of_values(table, ids)
    values = table.column(column) if column else [""] * len(table.rows)
    named = [
        (name, table.where(row, ids), value)
        for row, (name, value) in enumerate(zip(table.column(ids), values, strict=True))
    ]
    return _once(file, named, column)


def _list(file: Path) -> list[tuple[int, str]] | None:
    """The lines of a file of names; None for a table, which has a separator in its first line."""
    if not is_text(file):
        return None
    lines = [(n, line.strip()) for n, line in enumerate(read_text(file).splitlines(), 1)]
    lines = [(n, line) for n, line in lines if line]
    if lines and any(mark in lines[0][1] for mark in DELIMITERS):
        return None
    return lines[1:] if lines and lines[0][1].lower() in ID_COLUMNS else lines


def _column_of_values(table: Table, ids: str) -> str | None:
    found = []
    for name in table.header:
        cells = [cell for cell in table.column(name) if cell]
        count = len(set(cells))
        if name == ids or name.lower() in TAG_COLUMNS or name in table.lists:
            continue
        if 2 <= count <= len(table.rows) / 2 and not all(map(_is_number, cells)):
            found.append((count, name))
    return min(found, key=lambda some: some[0])[1] if found else None


def _is_number(cell: str) -> bool:
    if cell.lower() in TRUE | FALSE | UNKNOWN:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _once(file: Path, named: Iterable[tuple[str, str, str]], column: str | None) -> PictureList:
    kept: dict[str, tuple[str, str]] = {}
    faults = []
    for name, place, value in named:
        if not name:
            faults.append(f"{place}: the name is empty")
            continue
        before = kept.setdefault(name, (place, value))
        if before[1] != value:
            faults.append(f"{place}: {name!r} has another {column} than in {before[0]}")
    if faults:
        raise DataError(f"{file}: {len(faults):,} rows cannot be used", faults)
    if not kept:
        raise DataError(f"{file}: the file names no picture")
    places, values = zip(*kept.values(), strict=True)
    return PictureList(file, tuple(kept), places, column, values if column else ())


def choose_from(dataset: Dataset, only: PictureList) -> tuple[Dataset, Chosen]:
    """The named pictures of a data set; names are ids, or names of files."""
    chosen = choose(only, dataset.ids, paths=[str(path) for path in dataset.paths])
    return dataset.subset(chosen.rows), chosen


def choose(
    only: PictureList,
    ids: Sequence[str],
    *,
    paths: Sequence[str] = (),
    elsewhere: Mapping[str, str] | None = None,
) -> Chosen:
    """Find the named pictures, see ``PictureNames``.

    ``paths``: other names of the pictures. ``elsewhere``: ids of pictures that cannot be chosen,
    and where they are, for the message. Raises ``DataError`` for a name of several pictures, for
    two values of one picture, and if no picture is named.
    """
    index, others = PictureNames(ids, paths), elsewhere or {}
    beyond = PictureNames(list(others))
    values: dict[int, str] = {}
    missing, several, twice = [], [], []
    for at, (name, place) in enumerate(zip(only.names, only.places, strict=True)):
        rows = index.find(name)
        if len(rows) > 1:
            several.append(f"{place}: {ambiguity(name, [ids[row] for row in rows])}")
        elif rows:
            value = only.values[at] if only.values else ""
            if values.setdefault(rows[0], value) != value:
                twice.append(
                    f"{place}: {name!r} is {ids[rows[0]]!r}, which has another {only.column} "
                    "in an earlier row"
                )
        elif found := beyond.find(name):
            missing.append(f"{place}: {name!r} is {list(others.values())[found[0]]}")
        else:
            near = len(missing) < max(1, _COMPARED // max(1, len(ids)))
            missing.append(f"{place}: no picture {nearest(name, ids) if near else repr(name)}")
    if several:
        raise DataError(f"{only.file}: {len(several):,} names match several pictures", several)
    if twice:
        raise DataError(f"{only.file}: {len(twice):,} rows contradict earlier ones", twice)
    if not values:
        raise DataError(
            f"{only.file}: none of its {len(only.names):,} names is the name of a picture here",
            missing,
        )
    rows = sorted(values)
    chosen = tuple(values[row] for row in rows) if only.column else ()
    return Chosen(np.array(rows, dtype=np.intp), chosen, tuple(missing))

"""Splits and folds that exist already: in a table, in a column of the data, or in lists."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.picture_names import ambiguity
from tagonaut.data.splitting.splits import SPLITS, UNUSED, held_out, split_named
from tagonaut.data.tables import picture_column, read_table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError, TagonautError, nearest

COLUMN = "column:"

Report = Callable[[str], object]


def given_splits(
    dataset: Dataset, place: str, *, report: Report = lambda line: None
) -> NDArray[np.str_]:
    """The split of each picture, ``[n]``, as ``place`` says; ``unused`` where it has no entry.

    ``place``: a table with a ``split`` column (of any format, or a run's ``split.parquet``), a
    column of the data's own table (``column:NAME``), three comma-separated text files of names for
    training, validation and test, or a table of folds: fold 0 is the test split, the next one
    validation, the others train; with ``FILE:2``, fold 2 is the test split. Names meet pictures as
    everywhere, see ``PictureNames``, and splits have the words of ``split_named``.

    ``report`` gets a line for names that are not in the data. Raises ``TagonautError``, also for a
    name of several pictures and for a picture in two splits.
    """
    if place.count(",") == 2 and not place.startswith(COLUMN):
        cells = _listed(dataset, [Path(name.strip()) for name in place.split(",")], report)
    else:
        source, fold = _fold_to_hold_out(place)
        column, cells = _cells(
            dataset, source, ("split", "fold") if fold is None else ("fold",), report
        )
        if column == "fold":
            return held_out(_as_folds(source, cells), fold or 0)
    splits = [_spelled(cell) for cell in cells]
    if strange := sorted({*splits} - {*SPLITS, UNUSED}):
        raise DataError(f"{place}: a split is one of {', '.join(SPLITS)}, not {strange[0]!r}")
    return np.array(splits, dtype="<U10")


def given_folds(
    dataset: Dataset, place: str, *, report: Report = lambda line: None
) -> NDArray[np.intp]:
    """The fold of each picture, ``[n]``, counted from 0; -1 where ``place`` says nothing.

    ``place``: a table with a ``fold`` column, or a column of the data's own table
    (``column:NAME``). ``report`` and errors: see ``given_splits``.
    """
    return _as_folds(place, _cells(dataset, place, ("fold",), report)[1])


def column_of(dataset: Dataset, name: str, *, otherwise: str = "") -> list[str]:
    """A column of the data's own table, as text.

    Raises ``TagonautError`` for an unknown name; the message lists all columns, and what else may
    be given (``otherwise``).
    """
    if name not in dataset.columns.columns:
        having = ", ".join(dataset.columns.columns) or "no columns besides the ids and the labels"
        raise TagonautError(
            f"the data has no column {nearest(name, dataset.columns.columns)}; it has "
            f"{having}{otherwise}"
        )
    return ["" if cell is None else str(cell).strip() for cell in dataset.columns[name]]


def _spelled(cell: str) -> str:
    return split_named(cell) or cell.strip() or UNUSED


def _fold_to_hold_out(place: str) -> tuple[str, int | None]:
    """``FILE:2`` as a file of folds and the fold to hold out."""
    match = re.fullmatch(r"(.+):(\d+)", place)
    if match is None or place.startswith(COLUMN) or Path(place).is_file():
        return place, None
    return match[1], int(match[2])


def _listed(dataset: Dataset, files: Sequence[Path], report: Report) -> list[str]:
    """The split of each picture, from a list of names for each split."""
    named: list[tuple[str, str, str]] = []
    for split, file in zip(SPLITS, files, strict=True):
        if not file.is_file():
            raise TagonautError(f"--split: {file}: file not found")
        named += [
            (line.strip(), split, f"{file}:{number}")
            for number, line in enumerate(read_text(file).splitlines(), 1)
            if line.strip()
        ]
    return _matched(dataset, named, "the lists", report)


def _cells(
    dataset: Dataset, place: str, columns: Sequence[str], report: Report
) -> tuple[str, list[str]]:
    """The first of ``columns`` that a table has, and its cell for each picture (``""``: none).

    With ``column:NAME`` in place of a table, the cells are those of that column of the data.
    """
    if place.startswith(COLUMN):
        return columns[0], column_of(dataset, place.removeprefix(COLUMN))
    file = Path(place)
    if not file.is_file():
        raise TagonautError(
            f"{place}: not three numbers such as 60/20/20, not a file, and not {COLUMN}NAME"
        )
    table = read_table(file)
    lowered = {name.lower(): name for name in reversed(table.header)}
    column = next((name for name in columns if name in lowered), None)
    if column is None:
        raise DataError(f"{file}:1: there is no column {' or '.join(map(repr, columns))}")
    cells = zip(table.column(picture_column(table)), table.column(lowered[column]), strict=True)
    named = [(name, cell, f"{file}:{table.lines[row]}") for row, (name, cell) in enumerate(cells)]
    return column, _matched(dataset, named, file.name, report)


def _matched(
    dataset: Dataset, named: Iterable[tuple[str, str, str]], source: str, report: Report
) -> list[str]:
    """The cell of each picture, ``""`` for none; ``named``: a name, its cell and their place."""
    index = dataset.names()
    cells: dict[int, tuple[str, str]] = {}
    unknown: list[str] = []
    several: list[str] = []
    for name, cell, place in named:
        rows = index.find(name)
        if len(rows) > 1:
            several.append(f"{place}: {ambiguity(name, [dataset.ids[row] for row in rows])}")
        elif not rows:
            unknown.append(f"{name!r} ({place})")
        else:
            before, earlier = cells.setdefault(rows[0], (cell, place))
            if _spelled(before) != _spelled(cell):
                file = place.rpartition(":")[0]
                raise DataError(
                    f"{file}: {name!r} is in {before or UNUSED} and in {cell or UNUSED}"
                    f" ({earlier} and {place})"
                )
    if several:
        raise DataError(f"{source}: {len(several):,} names match several pictures", several)
    if unknown:
        report(f"{source}: {len(unknown):,} names are not in the data, the first: {unknown[0]}")
    return [cells[row][0] if row in cells else "" for row in range(len(dataset))]


def _as_folds(place: str, cells: Sequence[str]) -> NDArray[np.intp]:
    """The cells as folds counted from 0, whatever their numbers; -1 for an empty cell."""
    # Data frames write whole numbers as 1.0 where some are missing.
    cells = [cell.removesuffix(".0") for cell in cells]
    if strange := sorted({cell for cell in cells if cell and not cell.isdecimal()}):
        raise DataError(f"{place}: a fold is a whole number, not {strange[0]!r}")
    numbers = np.array([int(cell) if cell else -1 for cell in cells], dtype=np.intp)
    used = np.unique(numbers[numbers >= 0])
    if len(used) < 2:
        raise DataError(
            f"{place}: at least two folds are needed, but the pictures are in {len(used)}"
        )
    return np.where(numbers < 0, -1, np.searchsorted(used, numbers))

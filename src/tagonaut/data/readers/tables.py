"""Tables of labels: one row a picture, as a column of tags or a column a label."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.data.tables.cells import FALSE, TRUE, UNKNOWN, is_share, is_unknown, number
from tagonaut.data.tables.table import ITEMS, Table, read_table
from tagonaut.errors import DataError, nearest
from tagonaut.labels import LabelSet
from tagonaut.pixels.decode import is_picture

TAG_COLUMNS = (
    *("tags", "labels", "keywords", "classes", "categories"),
    *("tag", "label", "keyword", "class", "category"),
)
ID_COLUMNS = (
    *("image_name", "image", "filename", "file_name", "file", "id", "name"),
    *("path", "picture", "image_id", "image_path", "file_path", "filepath"),
)


def read_labelled_table(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    delimiter: str | None = None,
    normalise: bool = False,
) -> Labelled:
    """Either kind of table, recognised by its columns; raises ``DataError``.

    ``labels``: exactly those; ``delimiter``: between the tags of a cell, default by looking;
    ``normalise``: labels that differ only in case or space are one.
    """
    table = read_table(path)
    named, tag_column = find_columns(table)
    id_column = named or table.header[0]
    if tag_column is not None and tag_column not in (labels or ()):
        return _from_tags(table, id_column, tag_column, labels, delimiter, normalise)
    return _from_columns(table, id_column, labels, normalise)


def find_columns(table: Table) -> tuple[str | None, str | None]:
    """The column of pictures and that of tags, by what they are called; None for none.

    A column of zeros, ones or scores is a label, whatever it is called, and one of picture files'
    names is that of pictures.
    """
    lowered = {name.lower(): name for name in reversed(table.header)}
    ids = _find_ids(table, lowered)
    taken = ids or table.header[0]
    tags = (lowered[name] for name in TAG_COLUMNS if lowered.get(name, taken) != taken)
    # Zeros and ones may be tags, a label's numbers; scores are not.
    return ids, next((name for name in tags if not _is_scores(table, name)), None)


def _find_ids(table: Table, lowered: Mapping[str, str]) -> str | None:
    called = (lowered[name] for name in ID_COLUMNS if name in lowered)
    pictures = [name for name in called if not is_value(table, name)]
    if not pictures:
        return next((name for name in table.header if _is_files(table, name)), None)
    first = table.header[0]
    if first not in pictures or _is_files(table, pictures[0]):
        return pictures[0]
    # The numbers of rows are no names beside a column that holds some.
    numbered = all(cell.isdecimal() for cell in table.column(first))
    return pictures[0] if numbered else first


def is_value(table: Table, name: str) -> bool:
    """A column mostly of numbers from 0 to 1; a stray cell in it is then a fault."""
    numbers = [number(cell) for cell in table.column(name)]
    said = [found for found in numbers if not is_unknown(found)]
    return 2 * sum(map(is_share, said)) > len(said)


def _is_scores(table: Table, name: str) -> bool:
    numbers = (number(cell) for cell in table.column(name))
    return is_value(table, name) and any(found is not None and 0 < found < 1 for found in numbers)


def _is_files(table: Table, name: str) -> bool:
    return all(is_picture(Path(cell)) for cell in table.column(name))


def split_tags(
    table: Table, column: str, delimiter: str | None = None, labels: Sequence[str] = ()
) -> list[list[str]]:
    """The tags of each row. ``delimiter``: default by looking, at the ``labels`` too if given."""
    cells = table.column(column)
    between = ITEMS if column in table.lists else delimiter or _delimiter(cells, labels)
    return [_split(cell, between) for cell in cells]


def _from_tags(
    table: Table,
    id_column: str,
    tag_column: str,
    labels: Sequence[str] | None,
    delimiter: str | None,
    normalise: bool,
) -> Labelled:
    tags = split_tags(table, tag_column, delimiter, labels or ())
    counts = Counter(name for row in tags for name in row)
    if not counts and not labels:
        raise DataError(f"{table.path}: column {tag_column} holds no tag")
    return Labelled.of_tags(
        table.path,
        table.column(id_column),
        [table.where(row) for row in range(len(table.rows))],
        tags,
        find_spelling(counts, declared=labels or (), merge=normalise),
        labels=labels,
        said_in=f", column {tag_column}",
        columns=other_columns(table, {id_column, tag_column}),
    )


def other_columns(table: Table, used: set[str]) -> dict[str, list[str]]:
    """The cells of the columns that are not ``used``, by name."""
    return {name: table.column(name) for name in table.header if name not in used}


def _delimiter(cells: Sequence[str], labels: Sequence[str]) -> str:
    """What stands between tags: the mark by which most of them are labels.

    Without labels, the first that occurs.
    """
    present = [mark for mark in (";", ",", "|") if any(mark in cell for cell in cells)]
    if not labels:
        return [*present, " "][0]
    allowed = set(labels)
    # A mark that does not occur leaves labels whole that hold a space.
    return max(
        [*present, " ", ";"],
        key=lambda mark: sum(name in allowed for cell in cells for name in _split(cell, mark)),
    )


def _split(cell: str, delimiter: str) -> list[str]:
    return [name.strip() for name in re.split(re.escape(delimiter), cell) if name.strip()]


def _from_columns(
    table: Table, id_column: str, labels: Sequence[str] | None, normalise: bool
) -> Labelled:
    found = [name for name in table.header if name != id_column and _is_label(table, name)]
    if labels and not normalise:
        _check_columns(table, labels)
        found = list(labels)
    if not found:
        raise DataError(
            f"{table.path}: no column of tags (one of: {', '.join(TAG_COLUMNS[:3])})"
            " and no column of zeros and ones"
        )
    cells, cells_known = _cells(table, found)
    spelling = find_spelling(
        {name: int(n) for name, n in zip(found, cells.sum(axis=0), strict=True)},
        declared=labels or (),
        merge=normalise,
    )
    kept = spelling.of(found)
    names = tuple(labels or dict.fromkeys(kept))
    _check_columns(table, names, kept)
    shape = (len(table.rows), len(names))
    targets, known = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=bool)
    for k, name in enumerate(names):
        same = [at for at, other in enumerate(kept) if other == name]
        targets[:, k] = cells[:, same].max(axis=1)
        # A cell is unknown if all that say something of it are, or one is and the others deny it.
        known[:, k] = cells_known[:, same].all(axis=1) | (targets[:, k] == 1)
    others = other_columns(table, {id_column, *found})
    notes = [*spelling.notes]
    if others:
        notes.append(f"{table.path.name}: not label columns: {', '.join(others)}")
    return Labelled(
        table.path,
        tuple(table.column(id_column)),
        tuple(table.where(row) for row in range(len(table.rows))),
        targets,
        known,
        LabelSet(names),
        others,
        notes=tuple(notes),
    )


def _check_columns(
    table: Table, labels: Sequence[str], columns: Sequence[str] | None = None
) -> None:
    columns = table.header if columns is None else columns
    faults = [
        f"{table.path.name}:1: there is no column {nearest(name, columns)}"
        for name in labels
        if name not in columns
    ]
    if faults:
        raise DataError(f"{table.path}: unknown columns", faults)


def _cells(table: Table, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    shape = (len(table.rows), len(names))
    cells, known = np.zeros(shape, dtype=np.uint8), np.ones(shape, dtype=bool)
    faults = []
    for k, name in enumerate(names):
        for row, cell in enumerate(table.column(name)):
            value = cell.lower()
            if value in TRUE:
                cells[row, k] = 1
            elif value in UNKNOWN:
                known[row, k] = False
            elif value not in FALSE:
                faults.append(f"{table.where(row, name)}: {cell!r} is neither 0 nor 1")
    if faults:
        raise DataError(f"{table.path}: {len(faults):,} cells cannot be read", faults)
    return cells, known


def _is_label(table: Table, name: str) -> bool:
    """A column mostly of zeros and ones; a stray cell in it is then a fault, not a reason."""
    counts = Counter(cell.lower() for cell in table.column(name))
    bits = sum(counts[value] for value in TRUE | FALSE)
    rest = sum(n for value, n in counts.items() if value not in UNKNOWN) - bits
    return bits > rest

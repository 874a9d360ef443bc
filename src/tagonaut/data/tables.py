"""Tables of labels: one row a picture, as a column of tags or a column a label."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.labelled import Labelled
from tagonaut.data.spelling import find_spelling
from tagonaut.data.table import ITEMS, Table, read_table
from tagonaut.errors import DataError, nearest
from tagonaut.labels import LabelSet

TAG_COLUMNS = (
    *("tags", "labels", "keywords", "classes", "categories"),
    *("tag", "label", "keyword", "class", "category"),
)
ID_COLUMNS = (
    *("image_name", "image", "filename", "file_name", "file", "id", "name"),
    *("path", "picture", "image_id", "image_path", "file_path", "filepath"),
)
TRUE, FALSE = {"1", "1.0", "1,0", "true", "yes"}, {"0", "0.0", "0,0", "false", "no"}
UNKNOWN = {"", "-1", "-1.0", "na", "nan"}


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
    lowered = {name.lower(): name for name in reversed(table.header)}
    id_column = next(
        (
            lowered[name]
            for name in ID_COLUMNS
            if name in lowered and not _is_label(table, lowered[name])
        ),
        table.header[0],
    )
    tag_column = next(
        (lowered[name] for name in TAG_COLUMNS if lowered.get(name, id_column) != id_column), None
    )
    if tag_column is not None and tag_column not in (labels or ()):
        return _from_tags(table, id_column, tag_column, labels, delimiter, normalise)
    return _from_columns(table, id_column, labels, normalise)


def _from_tags(
    table: Table,
    id_column: str,
    tag_column: str,
    labels: Sequence[str] | None,
    delimiter: str | None,
    normalise: bool,
) -> Labelled:
    cells = table.column(tag_column)
    between = ITEMS if tag_column in table.lists else delimiter or _delimiter(cells)
    tags = [_split(cell, between) for cell in cells]
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
        columns=_others(table, {id_column, tag_column}),
    )


def _others(table: Table, used: set[str]) -> dict[str, list[str]]:
    return {name: table.column(name) for name in table.header if name not in used}


def _delimiter(cells: Sequence[str]) -> str:
    return next((mark for mark in (";", ",", "|") if any(mark in cell for cell in cells)), " ")


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
    others = _others(table, {id_column, *found})
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

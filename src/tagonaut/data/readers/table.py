"""Reads tables of labels: one row per picture, with a column of tags or one column per label."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.readers.labelled import Labelled, Tagged
from tagonaut.data.readers.reader import Reader, find_file
from tagonaut.data.readers.reading import Reading
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.data.tables import (
    FALSE,
    TAG_COLUMNS,
    TRUE,
    UNKNOWN,
    Table,
    find_columns,
    other_columns,
    read_table,
    split_tags,
)
from tagonaut.errors import DataError, nearest
from tagonaut.labels import LabelSet


def _recognise(file: Path) -> bool:
    return True


def _read(path: Path, how: Reading) -> Labelled:
    """Either kind of table, recognised by its columns; raises ``DataError``.

    ``labels``: exactly those; ``delimiter``: the mark between the tags of a cell, guessed by
    default; ``normalise``: labels that differ only in case or space are one.
    """
    table = read_table(path)
    named, tag_column = find_columns(table)
    id_column = named or table.header[0]
    if tag_column is not None and tag_column not in (how.get("labels") or ()):
        return _from_tags(table, id_column, tag_column, how)
    return _from_columns(table, id_column, how)


def _from_tags(table: Table, id_column: str, tag_column: str, how: Reading) -> Labelled:
    labels = how.get("labels")
    tags = split_tags(table, tag_column, how.get("delimiter"), labels or ())
    counts = Counter(name for row in tags for name in row)
    if not counts and not labels:
        raise DataError(f"{table.path}: column {tag_column} has no tags")
    return Labelled.of_tags(
        Tagged(
            table.path,
            table.column(id_column),
            [table.where(row) for row in range(len(table.rows))],
            tags,
            tag_column,
            other_columns(table, {id_column, tag_column}),
        ),
        find_spelling(counts, declared=labels or (), merge=how.get("normalise", False)),
        labels=labels,
    )


def _from_columns(table: Table, id_column: str, how: Reading) -> Labelled:
    labels = how.get("labels")
    found = [name for name in table.header if name != id_column and _is_label(table, name)]
    if labels and not how.get("normalise"):
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
        merge=how.get("normalise", False),
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


READER = Reader(_recognise, _read, find=find_file, takes_images=True)

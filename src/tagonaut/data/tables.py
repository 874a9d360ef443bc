"""Tables of labels: one row a picture, as a column of tags or a column a label."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.table import Table, read_table
from tagonaut.errors import DataError, nearest
from tagonaut.labels import LabelSet

if TYPE_CHECKING:
    import polars as pl

TAG_COLUMNS = ("tags", "labels", "keywords", "tag", "label", "keyword")
ID_COLUMNS = (
    "image_name",
    "image",
    "filename",
    "file_name",
    "file",
    "id",
    "name",
    "path",
    "picture",
)
TRUE, FALSE = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
UNKNOWN = {"", "-1", "na", "nan"}


@dataclass(frozen=True)
class Labelled:
    """What a table says: an id a row, ``targets[n, k]``, ``known[n, k]``, and where it stands."""

    table: Table
    ids: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    labels: LabelSet
    other: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def columns(self) -> "pl.DataFrame":
        """The columns that are neither id nor label, as text."""
        import polars as pl

        return pl.DataFrame({name: self.table.column(name) for name in self.other})


def read_labelled_table(
    path: Path, *, labels: Sequence[str] | None = None, delimiter: str | None = None
) -> Labelled:
    """Either kind of table, recognised by its columns; raises ``DataError``."""
    table = read_table(path)
    if not table.rows:
        raise DataError(f"{path}: the table has a header and no rows")
    lowered = {name.lower(): name for name in reversed(table.header)}
    id_column = next(
        (
            lowered[name]
            for name in ID_COLUMNS
            if name in lowered and not _is_label(table, lowered[name])
        ),
        table.header[0],
    )
    tag_column = next((lowered[name] for name in TAG_COLUMNS if name in lowered), None)
    as_tags = tag_column is not None and tag_column != id_column
    if tag_column is not None and as_tags and tag_column not in (labels or ()):
        return _from_tags(table, id_column, tag_column, labels, delimiter)
    return _from_columns(table, id_column, labels)


def _from_tags(
    table: Table,
    id_column: str,
    tag_column: str,
    labels: Sequence[str] | None,
    delimiter: str | None,
) -> Labelled:
    cells = table.column(tag_column)
    between = delimiter or _delimiter(cells)
    tags = [_split(cell, between) for cell in cells]
    names = list(labels) if labels else sorted({name for row in tags for name in row})
    if not names:
        raise DataError(f"{table.path}: column {tag_column} holds no tag")
    allowed = set(names)
    faults = [
        f"{table.where(row, tag_column)}: {nearest(name, names)} is not one of the labels"
        for row, found in enumerate(tags)
        for name in dict.fromkeys(found)
        if name not in allowed
    ]
    if faults:
        raise DataError(
            f"{table.path}: {len(faults):,} tags outside the {len(names)} labels", faults
        )
    repeated = sum(len(set(row)) < len(row) for row in tags)
    notes = (f"{table.path.name}: a tag named twice in {repeated:,} rows, counted once",)
    label_set = LabelSet(tuple(names))
    targets = label_set.encode(tags)
    other = tuple(name for name in table.header if name not in {id_column, tag_column})
    return Labelled(
        table,
        tuple(table.column(id_column)),
        targets,
        np.ones(targets.shape, dtype=bool),
        label_set,
        other,
        notes if repeated else (),
    )


def _delimiter(cells: Sequence[str]) -> str:
    return next((mark for mark in (";", ",", "|") if any(mark in cell for cell in cells)), " ")


def _split(cell: str, delimiter: str) -> list[str]:
    return [name.strip() for name in re.split(re.escape(delimiter), cell) if name.strip()]


def _from_columns(table: Table, id_column: str, labels: Sequence[str] | None) -> Labelled:
    names = list(labels or ()) or [
        name for name in table.header if name != id_column and _is_label(table, name)
    ]
    faults = [
        f"{table.path.name}:1: there is no column {nearest(name, table.header)}"
        for name in names
        if name not in table.header
    ]
    if not names:
        raise DataError(
            f"{table.path}: no column of tags (one of: {', '.join(TAG_COLUMNS[:3])})"
            " and no column of zeros and ones"
        )
    if faults:
        raise DataError(f"{table.path}: unknown columns", faults)
    shape = (len(table.rows), len(names))
    targets, known = np.zeros(shape, dtype=np.uint8), np.ones(shape, dtype=bool)
    for k, name in enumerate(names):
        for row, cell in enumerate(table.column(name)):
            value = cell.lower()
            if value in TRUE:
                targets[row, k] = 1
            elif value in UNKNOWN:
                known[row, k] = False
            elif value not in FALSE:
                faults.append(f"{table.where(row, name)}: {cell!r} is neither 0 nor 1")
    if faults:
        raise DataError(f"{table.path}: {len(faults):,} cells cannot be read", faults)
    other = tuple(name for name in table.header if name != id_column and name not in names)
    notes = (f"{table.path.name}: not label columns: {', '.join(other)}",) if other else ()
    ids = tuple(table.column(id_column))
    return Labelled(table, ids, targets, known, LabelSet(tuple(names)), other, notes)


def _is_label(table: Table, name: str) -> bool:
    """A column mostly of zeros and ones; a stray cell in it is then a fault, not a reason."""
    counts = Counter(cell.lower() for cell in table.column(name))
    bits = sum(counts[value] for value in TRUE | FALSE)
    rest = sum(n for value, n in counts.items() if value not in UNKNOWN) - bits
    return bits > rest

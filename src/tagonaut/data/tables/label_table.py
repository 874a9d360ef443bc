"""Anybody's table of truth or predictions: tags, zeros and ones, or scores."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.tables.cells import is_share, is_unknown, number
from tagonaut.data.tables.columns import find_columns, is_value, other_columns, split_tags
from tagonaut.data.tables.matrix import read_matrix
from tagonaut.data.tables.read import is_text, read_table
from tagonaut.data.tables.table import Table
from tagonaut.errors import DataError, TagonautError
from tagonaut.files.reading import open_regular
from tagonaut.labels import LabelSet
from tagonaut.limits import CELLS


@dataclass(frozen=True)
class LabelTable:
    """n rows of k labels: ``values[n, k]`` in [0, 1], NaN where a cell is unknown.

    ``names`` are those of the pictures, ``labels`` those of the columns; None where the file has
    none. ``places[n]`` locates each row, for messages. ``columns`` holds the other columns, as
    text. ``tags``: the file lists tags, so labels that no row has do not occur in it.
    """

    path: Path
    names: tuple[str, ...] | None
    labels: tuple[str, ...] | None
    values: NDArray[np.float64]
    places: tuple[str, ...]
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tags: bool = False
    notes: tuple[str, ...] = ()

    @property
    def has_scores(self) -> bool:
        """Whether any value is neither 0 nor 1."""
        return bool((np.isfinite(self.values) & (self.values != 0) & (self.values != 1)).any())

    @classmethod
    def of(cls, dataset: Dataset, path: Path) -> Self:
        """The labels of a data set that was read from ``path``."""
        values = np.where(dataset.known, dataset.targets.astype(np.float64), np.nan)
        places = tuple(f"{path.name}: {name}" for name in dataset.ids)
        columns = dataset.columns.to_dict(as_series=False)
        return cls(
            path, dataset.ids, dataset.labels.names, values, places, columns, notes=dataset.notes
        )

    def cell(self, row: int, column: int) -> str:
        """The place of a cell: ``file:line, column NAME``; columns without name count from 1."""
        name = self.labels[column] if self.labels else str(column + 1)
        return f"{self.places[row]}, column {name}"


def read_label_table(
    path: Path, *, delimiter: str | None = None, labels: Sequence[str] = ()
) -> LabelTable:
    """Read a table with or without the names of pictures, and of labels.

    The table may have a column of tags, columns of 0, 1 or scores below a header, or such numbers
    alone (text with separators or spaces, or ``.npy``). ``delimiter`` separates the tags of a cell;
    by default it is guessed, from the ``labels`` too if given. Raises ``DataError`` with a line for
    each cell that is no number from 0 to 1.
    """
    if not path.is_file():
        raise TagonautError(f"{path}: file not found")
    found = _read(path)
    return found if isinstance(found, LabelTable) else _of_names(found, delimiter, labels)


def read_unnamed(path: Path) -> LabelTable | None:
    """Read a table without names of pictures, or of labels; None for one that has both.

    Raises ``DataError`` as ``read_label_table`` does.
    """
    found = _read(path)
    return found if isinstance(found, LabelTable) else None


def _read(path: Path) -> LabelTable | Table:
    """The finished table if it lacks names, otherwise its cells."""
    if path.suffix.lower() == ".npy":
        return _of_array(path)
    matrix = read_matrix(path) if is_text(path) else None
    if matrix is not None:
        named = number(matrix.rows[0][0]) is None
        return _of_numbers(matrix, matrix.header[0] if named else None, header=False)
    table = read_table(path)
    if find_columns(table) == (None, None) and is_value(table, table.header[0]):
        return _of_numbers(table, None)
    return table


def _of_names(table: Table, delimiter: str | None, labels: Sequence[str]) -> LabelTable:
    named, tag_column = find_columns(table)
    ids = named or table.header[0]
    if tag_column is None:
        return _of_numbers(table, ids)
    tags = split_tags(table, tag_column, delimiter, labels)
    names = tuple(sorted({name for row in tags for name in row}))
    return LabelTable(
        table.path,
        tuple(table.column(ids)),
        names,
        LabelSet(names).encode(tags).astype(np.float64),
        tuple(table.where(row) for row in range(len(table.rows))),
        other_columns(table, {ids, tag_column}),
        tags=True,
    )


def _of_numbers(table: Table, ids: str | None, *, header: bool = True) -> LabelTable:
    candidates = [name for name in table.header if name != ids]
    found = [name for name in candidates if not header or is_value(table, name)]
    if not found:
        raise DataError(
            f"{table.path}: no column of tags, and none of numbers from 0 to 1 (apply a sigmoid "
            "to logits first)"
        )
    texts = {name: table.column(name) for name in found}
    columns = {name: [number(cell) for cell in cells] for name, cells in texts.items()}
    faults = [
        f"{table.where(row, name)}: {texts[name][row]!r} is not a number from 0 to 1"
        for name, cells in columns.items()
        for row, cell in enumerate(cells)
        if not (is_share(cell) or is_unknown(cell))
    ]
    if faults:
        raise DataError(f"{table.path}: {len(faults):,} cells cannot be read", faults)
    others = other_columns(table, {*found, *([ids] if ids else [])})
    note = f"{table.path.name}: not label columns: {', '.join(others)}"
    return LabelTable(
        table.path,
        tuple(table.column(ids)) if ids else None,
        tuple(found) if header else None,
        np.array(list(columns.values()), dtype=np.float64).T.clip(0, 1),
        tuple(table.where(row) for row in range(len(table.rows))),
        others,
        notes=(note,) if others else (),
    )


def _check_claim(path: Path) -> None:
    """Raise ``ValueError`` for an array that claims to be larger than its file: NumPy reserves it.

    Also raises ``OSError``, and whatever Python's parser does for a header that is none.
    """
    with open_regular(path, follow=True) as file:
        if file.peek(6)[:6] != np.lib.format.MAGIC_PREFIX:
            return
        first = np.lib.format.read_magic(file) == (1, 0)
        header = "read_array_header_1_0" if first else "read_array_header_2_0"
        shape, _, kind = getattr(np.lib.format, header)(file)
        # Objects are of any size, and never read.
        size = os.fstat(file.fileno()).st_size
        if not kind.hasobject and math.prod(shape) * kind.itemsize > size:
            raise ValueError(f"its shape is {list(shape)}, which is larger than the file")


def _of_array(path: Path) -> LabelTable:
    try:
        _check_claim(path)
        array = np.load(path, allow_pickle=False)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not an array of numbers that can be read ({reason})") from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"{path}: an archive of several arrays (.npz), not one array")
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biuf":
        raise DataError(
            f"{path}: an array of shape {list(array.shape)} and type {array.dtype}, where a table"
            " [pictures, labels] of numbers is needed"
        )
    CELLS.check(array.size, f"{path}: its cells are", DataError)
    values = array.astype(np.float64)
    values[values == -1] = np.nan
    places = tuple(f"{path.name}: row {row}" for row in range(1, len(values) + 1))
    table = LabelTable(path, None, None, values.clip(0, 1), places)
    faults = [
        f"{table.cell(row, column)}: {array[row, column]} is not a number from 0 to 1"
        for row, column in np.argwhere(np.abs(values - table.values) > 1e-6)
    ]
    if faults:
        raise DataError(f"{path}: {len(faults):,} cells cannot be used", faults)
    return table

"""Reads tables without a header: numbers, with or without a column of names before them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tagonaut.data.tables.cells import is_share, is_unknown, number
from tagonaut.data.tables.columns import ID_COLUMNS
from tagonaut.data.tables.delimited import split_rows
from tagonaut.data.tables.table import Table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError

# The comma last: beside another mark, it stands in the numbers.
DELIMITERS = (";", "\t", ",")


def read_matrix(path: Path) -> Table | None:
    """Read a text file of numbers from 0 to 1 between separators or spaces; None for any other.

    The columns are named by their numbers, from 1; the first may hold names. A separator at the end
    of every row is ignored. Raises ``DataError`` that names the rows of another length.
    """
    text = read_text(path)
    every = _split(path, text)
    first = next(every, None)
    if first is None or not _is_row(first[1]):
        return None
    numbered = [first, *every]
    if all(not cells[-1] for _, cells in numbered):
        numbered = [(line, cells[:-1]) for line, cells in numbered]
    width = len(numbered[0][1])
    faults = [
        f"{path.name}:{line}: {len(cells)} cells, but {width} in the first row"
        for line, cells in numbered
        if len(cells) != width
    ]
    if faults:
        raise DataError(f"{path}: {len(faults):,} rows are not as long as the first", faults)
    lines, rows = zip(*numbered, strict=True)
    header = tuple(str(column) for column in range(1, width + 1))
    return Table(path, header, tuple(map(tuple, rows)), lines)


def _split(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in DELIMITERS if mark in first), None)
    if delimiter is not None:
        for line, cells in split_rows(path, text, delimiter):
            yield line, [cell.strip() for cell in cells]
    else:
        for line, row in enumerate(text.splitlines(), 1):
            if row.strip():
                yield line, row.split()


def _is_row(cells: Sequence[str]) -> bool:
    """Whether these are numbers, or a name and numbers, rather than the names of columns."""
    numbers = [number(cell) for cell in cells]
    if not _all_shares(numbers[1:] if numbers[0] is None else numbers):
        return False
    # "filename,0,1" heads columns of the labels 0 and 1, and ",0,1" those of a data frame.
    return bool(cells[0]) and cells[0].lower() not in ID_COLUMNS


def _all_shares(numbers: Sequence[float | None]) -> bool:
    known = [found for found in numbers if not is_unknown(found)]
    return bool(known) and all(map(is_share, known))

"""Reads CSV tables, whatever their separator, encoding and stray marks."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tagonaut.data.tables.table import Table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError
from tagonaut.limits import CELLS, PARTS

DELIMITERS = (",", ";", "\t")


def read_delimited(path: Path) -> Table:
    """Read a CSV file with a header; separator and encoding (UTF-8, UTF-16 with mark) are guessed.

    Raises ``DataError`` that names the lines with too many or too few cells.
    """
    text = read_text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    numbered = split_rows(path, text, delimiter)
    CELLS.check(text.count(delimiter), f"{path}: its cells are", DataError)
    try:
        _, raw = next(numbered)
    except StopIteration:
        raise DataError(f"{path}: the table is empty") from None
    header = [cell.strip() for cell in raw]
    while header and not header[-1]:
        header.pop()
    PARTS.check(len(header), f"{path}: {len(header):,} columns are", DataError)
    counts = Counter(header)
    header = [
        # Names that differ in space alone stay as they are: they are reported, or merged, later.
        name if counts[name] == 1 else raw[at]
        for at, name in enumerate(header)
    ]
    if "" in header[1:]:
        raise DataError(f"{path}:1: column {header.index('', 1) + 1} has no name")
    if twice := {name for name, count in Counter(header).items() if count > 1}:
        raise DataError(f"{path}:1: several columns have the same name: {', '.join(sorted(twice))}")
    rows, lines, faults = [], [], []
    for line, every in numbered:
        cells = [cell.strip() for cell in every]
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            faults.append(f"{path.name}:{line}: {len(cells)} cells for {len(header)} columns")
        else:
            rows.append(tuple(cells))
            lines.append(line)
    if faults:
        raise DataError(f"{path}: {len(faults):,} rows do not fit the header", faults)
    return _with_index(Table(path, tuple(header), tuple(rows), tuple(lines)))


def _with_index(table: Table) -> Table:
    """Drop the row numbers that data frames write into a column with no name.

    Other texts in that column are the names of the rows.
    """
    if table.header[0]:
        return table
    if all(re.fullmatch(r"\d*", row[0]) for row in table.rows):
        rows = tuple(row[1:] for row in table.rows)
        return replace(table, header=table.header[1:], rows=rows)
    name = next(some for some in ("name", "row") if some not in table.header)
    return replace(table, header=(name, *table.header[1:]))


def split_rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row that is not blank, and the line on which it ends.

    Raises ``DataError`` for quotes that do not close.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not a table ({error})") from None

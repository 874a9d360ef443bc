"""CSV tables as people have them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from tagonaut.data.table import Table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError

DELIMITERS = (",", ";", "\t")


def read_delimited(path: Path) -> Table:
    """A CSV file with a header; separator and encoding (UTF-8, UTF-16 with mark) by looking.

    Raises ``DataError`` that names the lines with too many or too few cells.
    """
    text = read_text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    numbered = _rows(path, text, delimiter)
    try:
        _, raw = next(numbered)
    except StopIteration:
        raise DataError(f"{path}: the table is empty") from None
    header = [cell.strip() for cell in raw]
    while header and not header[-1]:
        header.pop()
    # A first column without a name holds the row numbers that data frames write.
    start = int(len(header) > 1 and not header[0])
    header = [
        # Names that differ in space alone stay as they are: they are told, or merged, later.
        name if header.count(name) == 1 else raw[at]
        for at, name in enumerate(header)
    ][start:]
    if "" in header:
        raise DataError(f"{path}:1: column {header.index('') + start + 1} has no name")
    if twice := {name for name in header if header.count(name) > 1}:
        raise DataError(f"{path}:1: columns of one name: {', '.join(sorted(twice))}")
    rows, lines, faults = [], [], []
    for line, every in numbered:
        cells = [cell.strip() for cell in every[start:]]
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            faults.append(f"{path.name}:{line}: {len(cells)} cells for {len(header)} columns")
        else:
            rows.append(tuple(cells))
            lines.append(line)
    if faults:
        raise DataError(f"{path}: {len(faults):,} rows do not fit the header", faults)
    return Table(path, tuple(header), tuple(rows), tuple(lines))


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not a table ({error})") from None

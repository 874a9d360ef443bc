"""A table of text, each cell traceable to its line."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tagonaut.errors import DataError, TagonautError

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """``rows[i]`` are the cells of line ``lines[i]``, stripped, one a name in ``header``."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    def where(self, row: int, column: str | None = None) -> str:
        """``file:line`` or ``file:line, column NAME``, for a message."""
        place = f"{self.path.name}:{self.lines[row]}"
        return f"{place}, column {column}" if column else place


def read_table(path: Path) -> Table:
    """A CSV file with a header; separator and encoding (UTF-8, UTF-16 with mark) by looking.

    Raises ``DataError`` that names the lines with too many or too few cells.
    """
    text = _text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    numbered = _rows(path, text, delimiter)
    try:
        _, header = next(numbered)
    except StopIteration:
        raise DataError(f"{path}: the table is empty") from None
    while header and not header[-1]:
        header.pop()
    # A first column without a name holds the row numbers that data frames write.
    start = int(len(header) > 1 and not header[0])
    header = header[start:]
    if "" in header:
        raise DataError(f"{path}:1: column {header.index('') + start + 1} has no name")
    if twice := {name for name in header if header.count(name) > 1}:
        raise DataError(f"{path}:1: columns of one name: {', '.join(sorted(twice))}")
    rows, lines, faults = [], [], []
    for line, every in numbered:
        cells = every[start:]
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
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not a table ({error})") from None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TagonautError(f"{path}: cannot be read ({error.strerror})") from None
    encoding = "utf-16" if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not {encoding} text; save the table as UTF-8") from None
    if "\0" in text:
        raise DataError(f"{path}: not a table: it holds zero bytes")
    return text

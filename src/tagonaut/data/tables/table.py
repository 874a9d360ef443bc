"""A table of text, each cell traceable to its line."""

from dataclasses import dataclass
from pathlib import Path

from tagonaut.errors import DataError

# Between the items of a cell that was a list of its own, in Parquet or JSON.
ITEMS = "\x1f"

SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson", ".json"})


@dataclass(frozen=True)
class Table:
    """``rows[i]`` are the cells of line ``lines[i]``, stripped, one a name in ``header``.

    The cells of ``lists`` hold several items, with ``ITEMS`` between.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    lists: frozenset[str] = frozenset()

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    def where(self, row: int, column: str | None = None) -> str:
        """``file:line`` or ``file:line, column NAME``, for a message."""
        place = f"{self.path.name}:{self.lines[row]}"
        return f"{place}, column {column}" if column else place


def read_table(path: Path) -> Table:
    """A table of any kind: CSV (whatever its suffix), Parquet, JSON Lines, a JSON list of objects.

    Lines count from 1 in the file; in Parquet, rows do. Raises ``DataError``.
    """
    from tagonaut.data.tables.delimited import read_delimited
    from tagonaut.data.tables.records import read_json, read_json_lines, read_parquet

    readers = {
        ".parquet": read_parquet,
        ".jsonl": read_json_lines,
        ".ndjson": read_json_lines,
        ".json": read_json,
    }
    table = readers.get(path.suffix.lower(), read_delimited)(path)
    if not table.rows:
        raise DataError(f"{path}: the table has a header and no rows")
    return table

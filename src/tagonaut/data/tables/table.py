"""A table of text, each cell traceable to its line."""

from dataclasses import dataclass
from pathlib import Path

# Between the items of a cell that was a list of its own, in Parquet or JSON.
ITEMS = "\x1f"


@dataclass(frozen=True)
class Table:
    """``rows[i]`` holds the cells of line ``lines[i]``, stripped, one for each name in ``header``.

    A cell of the columns in ``lists`` holds several items, with ``ITEMS`` between.
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

"""A table of text, each cell traceable to its line."""

from dataclasses import dataclass
from functools import cached_property
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
        at = self._places[name]
        return [row[at] for row in self.rows]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.header)}

    def where(self, row: int, column: str | None = None) -> str:
        """``file:line`` or ``file:line, column NAME``, for a message."""
        place = f"{self.path.name}:{self.lines[row]}"
        return f"{place}, column {column}" if column else place

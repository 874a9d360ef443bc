"""Fits a table to the width of a terminal: by wrapping, shortening and leaving out columns.

Headings are wrapped at spaces first, then texts are shortened in the middle, then columns are left
out. A figure is never cut: a column that is shown is as wide as its widest figure.
"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = 2
"""Cells between two columns."""
ENOUGH, LEAST = 16, 6
"""Cells that a shortened text has at least, as long as a column can be left out, and after that."""
ELLIPSIS = "…"


@dataclass(frozen=True)
class Layout:
    """The lines of a table, and the headings of the columns that have no room."""

    header: list[str]
    rule: str
    rows: list[str]
    left_out: list[str]


def fit(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    text: Collection[str] = (),
    least: Sequence[str] = (),
) -> Layout:
    """Lay a table out in ``width`` cells; None: as wide as it is.

    The first column and those whose headings are in ``text`` are texts; all others are figures.
    Columns are left out in the order of ``least``, then from the right; the first one and one other
    always stay, and may then be wider than ``width``.
    """
    columns = [
        _Column(name, [row[at] for row in rows], at == 0 or name in text, at)
        for at, name in enumerate(header)
    ]
    order = [column for name in least for column in columns[1:] if column.name == name]
    order += [column for column in reversed(columns[1:]) if column not in order]
    shown, widths = columns, _widths(columns, width, ENOUGH)
    for column in order[: max(0, len(order) - 1)]:
        if widths is not None:
            break
        shown = [other for other in shown if other is not column]
        widths = _widths(shown, width, ENOUGH)
    if widths is None:
        widths = _widths(shown, width, LEAST) or [column.least(LEAST) for column in shown]
    names = [column.name or f"column {column.at + 1}" for column in columns if column not in shown]
    return _lay_out(shown, widths, len(rows), names)


@dataclass(frozen=True, eq=False)
class _Column:
    name: str
    cells: list[str]
    is_text: bool
    at: int

    @property
    def natural(self) -> int:
        """The width of the widest cell."""
        return max(map(cell_len, self.cells), default=0)

    def least(self, room: int) -> int:
        """The width with a wrapped heading, and a text shortened to ``room``."""
        widest = min(self.natural, room) if self.is_text else self.natural
        return max(widest, *(cell_len(word) for word in self.name.split() or [""]))


def _widths(columns: Sequence[_Column], width: int | None, room: int) -> list[int] | None:
    """The width of each column; None where they do not fit with ``room`` for each text."""
    unwrapped = [max(column.natural, cell_len(column.name)) for column in columns]
    gaps = GAP * (len(columns) - 1)
    if width is None or sum(unwrapped) + gaps <= width:
        return unwrapped
    widths = [column.least(room) for column in columns]
    spare = width - sum(widths) - gaps
    if spare < 0:
        return None
    # Texts grow into the room that is left, the shortest first.
    texts = [at for at, column in enumerate(columns) if column.is_text]
    for done, at in enumerate(sorted(texts, key=lambda at: unwrapped[at])):
        more = min(spare // (len(texts) - done), max(0, columns[at].natural - widths[at]))
        widths[at], spare = widths[at] + more, spare - more
    return widths


def _lay_out(
    columns: Sequence[_Column], widths: Sequence[int], rows: int, left_out: list[str]
) -> Layout:
    headings = [_wrapped(column.name, width) for column, width in zip(columns, widths, strict=True)]
    height = max(map(len, headings))
    headings = [[""] * (height - len(lines)) + lines for lines in headings]

    def line(cells: Sequence[str]) -> str:
        padded = [
            _padded(cell, width, left=column.at == 0)
            for cell, column, width in zip(cells, columns, widths, strict=True)
        ]
        return (" " * GAP).join(padded).rstrip()

    return Layout(
        [line([lines[at] for lines in headings]) for at in range(height)],
        "─" * (sum(widths) + GAP * (len(widths) - 1)),
        [
            line([
                shorten(column.cells[row], width) if column.is_text else column.cells[row]
                for column, width in zip(columns, widths, strict=True)
            ])
            for row in range(rows)
        ],
        left_out,
    )  # fmt: skip


def _padded(text: str, width: int, *, left: bool) -> str:
    spaces = " " * (width - cell_len(text))
    return text + spaces if left else spaces + text


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def shorten(text: str, width: int) -> str:
    """A text in at most ``width`` cells, with an ellipsis in place of its middle if need be."""
    if cell_len(text) <= width:
        return text
    parts = _graphemes(text)
    room = width - cell_len(ELLIPSIS)
    tail, used = len(parts), 0
    while tail and used + cell_len(parts[tail - 1]) <= room // 2:
        tail -= 1
        used += cell_len(parts[tail])
    head = 0
    while head < tail and used + cell_len(parts[head]) <= room:
        used += cell_len(parts[head])
        head += 1
    return "".join(parts[:head]) + ELLIPSIS + "".join(parts[tail:])


def _graphemes(text: str) -> list[str]:
    """The characters, each with the marks and modifiers that belong to it."""
    parts: list[str] = []
    for character in text:
        joined = bool(parts) and (
            unicodedata.category(character) in {"Mn", "Me"}
            or "\U0001f3fb" <= character <= "\U0001f3ff"
            or (_is_regional(character) and len(parts[-1]) == 1 and _is_regional(parts[-1]))
        )
        if joined:
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _is_regional(character: str) -> bool:
    """Two regional indicators are one flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"

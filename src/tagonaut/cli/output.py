"""What commands print: tables or JSON on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tagonaut.errors import TagonautError

SHOWN = 20


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def tell(lines: Iterable[str]) -> None:
    """Notes on standard error, a line each, the first twenty."""
    lines = list(lines)
    for line in lines[:SHOWN]:
        sys.stderr.write(f"{_plain(line)}\n")
    if len(lines) > SHOWN:
        sys.stderr.write(f"… and {len(lines) - SHOWN:,} more\n")


def _plain(line: str) -> str:
    """Control characters of hostile file names must not reach a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def print_table(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = ""
) -> None:
    """A table whose first column is text and whose others are figures."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=escape(title),
        caption=escape(caption) or None,
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for position, name in enumerate(header):
        table.add_column(escape(name), justify="right" if position else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(_plain(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        # A table in a file or a pipe is not cut to some guessed width.
        console = Console(
            width=max(
                80, table.__rich_measure__(console, console.options.update(width=10_000)).maximum
            )
        )
    console.print(table)


def wrong_usage(message: str) -> TagonautError:
    """An error for options that do not go together."""
    return TagonautError(f"{message} (see --help)")

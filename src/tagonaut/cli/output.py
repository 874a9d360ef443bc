"""Tables or JSON on standard output, and everything else on standard error."""

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tagonaut.errors import TagonautError
from tagonaut.terminal import harmless_json, one_line, say

SHOWN = 20


def print_json(document: Any) -> None:
    """Print one JSON document to standard output; names in it can do nothing to a terminal."""
    sys.stdout.write(_json_text(document, indent=1) + "\n")


def print_json_rows(about: dict[str, Any], name: str, rows: Iterable[Any]) -> None:
    """Print ``about`` with the rows as its last value, one row after the other, as they come."""
    head = _json_text(about)[:-1].rstrip()
    sys.stdout.write(f"{head}, {_json_text(name)}: [")
    between = "\n"
    for row in rows:
        sys.stdout.write(between + _json_text(row))
        between = ",\n"
    sys.stdout.write("\n]}\n")


def _json_text(value: Any, indent: int | None = None) -> str:
    text = harmless_json(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = harmless_json(json.dumps(value, indent=indent, allow_nan=False))
    return text


def print_notes(lines: Iterable[str]) -> None:
    """The first twenty notes on standard error, one line for each."""
    lines = list(lines)
    for line in lines[:SHOWN]:
        say(line)
    if len(lines) > SHOWN:
        say(f"… and {len(lines) - SHOWN:,} more")


def echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print text of one or more lines; names in it can do nothing to a terminal."""
    file = sys.stderr if err else sys.stdout
    file.write("\n".join(map(one_line, text.split("\n"))) + ("\n" if nl else ""))


def print_table(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    text: Collection[str] = (),
    least: Sequence[str] = (),
) -> None:
    """Print a table whose first column, and those named in ``text``, are text, the others figures.

    In a terminal it is fitted to the width: see ``table_layout.fit``, which takes ``text`` and
    ``least``, and a line names the columns that were left out. In a file or a pipe it is as wide as
    it is.
    """
    from rich.console import Console
    from rich.text import Text

    from tagonaut.cli.table_layout import fit

    console = Console(highlight=False)
    width = console.width if console.is_terminal else None
    plain = [[one_line(cell) for cell in row] for row in rows]
    layout = fit(list(map(one_line, header)), plain, width, text=text, least=least)
    lines = [Text(one_line(title), "italic"), *(Text(line, "bold") for line in layout.header)]
    lines += map(Text, (layout.rule, *layout.rows))
    if caption:
        lines.append(Text(one_line(caption), "dim"))
    if layout.left_out:
        named = ", ".join(layout.left_out)
        lines.append(Text(f"not shown in {width} columns: {named} (--json has all)", "dim"))
    for line in (*lines, Text()):
        # The terminal wraps what is longer: nothing is cropped.
        console.print(line, soft_wrap=True)


def wrong_usage(message: str) -> TagonautError:
    """An error for options that do not go together."""
    return TagonautError(f"{message} (see --help)")

"""Text for people: what a terminal, a page or a reader of text would obey is shown instead."""

import re
import sys
import unicodedata

_JOINERS = "\u200c\u200d"


def one_line(text: str) -> str:
    r"""Text for people on one line: what a terminal or a page would obey is shown, as ``\x1b``.

    So are ends of lines, marks that turn the direction of writing, and bytes that are no UTF-8.
    Spaces of any width, and the joiners that some scripts need, stay.
    """
    if text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else c.encode("unicode_escape").decode() for c in text)


def harmless_json(document: str) -> str:
    r"""A JSON document with the same values, in which nothing steers a terminal: ``\u202e``."""
    if document.replace("\n", "").isprintable():
        return document
    return re.sub(r"[^\n -~]", lambda found: _in_json(found[0]), document)


def say(text: str, *, apart: bool = False) -> None:
    """Print a line for people to standard error; names in it can do nothing to a terminal.

    ``apart``: after an empty line, as a terminal shows ctrl-C where the cursor is.
    """
    before = "\n" if apart else ""
    sys.stderr.write(f"{before}{one_line(text)}\n")


def _is_harmless(character: str) -> bool:
    return (
        character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"
    )


def _in_json(character: str) -> str:
    if _is_harmless(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

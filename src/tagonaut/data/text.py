"""Reads text files in common encodings, and turns file names into text."""

import codecs
import os
from collections.abc import Iterable
from pathlib import Path

from tagonaut.errors import DataError, TagonautError
from tagonaut.limits import TEXT_SHARE, check_plain_file, read_whole
from tagonaut.terminal import one_line

__all__ = ["check_file", "formula_notes", "one_line", "printable", "read_text"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def read_text(path: Path) -> str:
    """Read a file in UTF-8 (with or without mark) or UTF-16 with mark.

    Raises ``DataError`` with the first line in another encoding, for zero bytes in the text, and
    for more bytes than a table may have.
    """
    check_file(path)
    try:
        data = read_whole(path, f"{path}: its size is", DataError, share=TEXT_SHARE)
    except OSError as error:
        raise TagonautError(f"{path}: cannot be read ({error.strerror})") from None
    name, encoding = "UTF-8", "utf-8-sig"
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        name = encoding = "UTF-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not {name} text; save it as UTF-8") from None
    if "\0" in text:
        raise DataError(f"{path}: not a table: it holds zero bytes")
    return text


def check_file(path: Path) -> None:
    """Raise ``DataError`` for a folder, a pipe or a device: reading it may never end.

    Raises ``TagonautError`` for a file that is not there.
    """
    try:
        check_plain_file(path, DataError)
    except OSError as error:
        raise TagonautError(f"{path}: cannot be read ({error.strerror})") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def printable(name: str) -> str:
    r"""A file name as text that every file can hold: bytes that are no UTF-8 become ``\xNN``."""
    if name.isascii():
        return name
    try:
        data = os.fsencode(name)
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON can hold
        data = name.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace")


def formula_notes(cells: Iterable[str]) -> tuple[str, ...]:
    """A note on names in a table that a spreadsheet takes for formulas, if there are any.

    They are written as they are: a table has to be read back as it was.
    """
    first, count = "", 0
    for cell in cells:
        if cell.startswith(_FORMULA_STARTS):
            first, count = first or cell, count + 1
    if not count:
        return ()
    return (
        f"{count:,} names begin as formulas do, such as {one_line(first)!r:.60}: a spreadsheet"
        " may carry them out, so import their column as text",
    )

"""The limits of everything that reads files of other people: one number each, whoever reads.

A file can claim far more than it holds, and a reader that believes it takes all memory or never
ends. An environment variable raises each limit, and every message about one names it.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError


@dataclass(frozen=True)
class Limit:
    """A whole number that ``variable`` changes; ``unit`` is the word for what it counts."""

    variable: str
    default: int
    unit: str

    @property
    def value(self) -> int:
        """The limit; raises ``TagonautError`` for a variable that is no positive whole number."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.default
        if not text.isdecimal() or not int(text):
            raise TagonautError(f"{self.variable} is {text!r}: not a number of {self.unit}")
        return int(text)

    def check(
        self, count: int, claim: str, error: type[TagonautError] = PictureError, *, share: int = 1
    ) -> None:
        """Raise ``error`` if ``count`` is over a ``share`` of the limit (a half: 2).

        ``claim`` begins the message, and the way to raise the limit ends it.
        """
        if count > self.value // share:
            raise _over_limit(error, f"{claim}{self.over(share=share)}")

    def over(self, *, share: int = 1) -> str:
        """The end of a message about a file beyond the limit."""
        limit = f"{self.value // share:,} {self.unit}"
        return f" over the limit of {limit} (to raise it, set {self.variable})"


PIXELS = Limit("TAGONAUT_MAX_PIXELS", 178_956_970, "pixels")
"""The largest picture."""
MEMORY = Limit("TAGONAUT_MAX_MEMORY", 1 << 30, "bytes")
"""The memory that the reading of one file may take."""
SECONDS = Limit("TAGONAUT_MAX_SECONDS", 20, "seconds")
"""The time that the reading of one file may take."""
PARTS = Limit("TAGONAUT_MAX_PARTS", 100_000, "parts")
"""The segments, chunks, blocks, directories, elements or columns of one file. A file may have
another one for every ``BYTES_PER_PART`` of its bytes."""
CELLS = Limit("TAGONAUT_MAX_CELLS", 100_000_000, "cells")
"""The rows of a table times its columns."""
DEPTH = Limit("TAGONAUT_MAX_DEPTH", 100, "levels")
"""The lists and tables, or elements, that stand in one another."""
MODEL = Limit("TAGONAUT_MAX_MODEL", 4 << 30, "bytes")
"""The tensors of one network, before it is pruned, and each that it makes of one picture."""

BYTES_PER_PART = 64
# Of the memory: the text of a table or a document, which takes several times as much when parsed.
TEXT_SHARE = 4
# Of the memory: XMP, which becomes a tree.
XMP_SHARE = 16
# Of the memory: the index before the tensors of a file, and one text in the table of a run.
HEADER_SHARE, CELL_SHARE = 32, 1024


class PartCount:
    """Counts the parts of a file of ``size`` bytes; raises ``error`` for more than one may have."""

    def __init__(self, size: int, error: type[TagonautError] = PictureError) -> None:
        self._left = PARTS.value + size // BYTES_PER_PART
        self._error = error

    def add(self, parts: int = 1) -> None:
        """Count some more."""
        self._left -= parts
        if self._left < 0:
            raise _over_limit(self._error, f"its parts are{PARTS.over()}")


def read_whole(path: Path, claim: str, error: type[TagonautError], *, share: int) -> bytes:
    """The bytes of a file, up to a ``share`` of the memory; raises ``error``, and ``OSError``.

    ``claim`` begins the message, as in ``Limit.check``.
    """
    most = MEMORY.value // share
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _over_limit(error, f"{claim}{MEMORY.over(share=share)}")
    return data


def _over_limit(kind: type[TagonautError], text: str) -> TagonautError:
    error = kind(text)
    error.is_over_limit = True
    return error


def check_plain_file(path: Path, error: type[TagonautError] = PictureError) -> None:
    """Raise ``error`` unless it is a plain file: reading a pipe or device may never end.

    Raises ``OSError`` for a file that is not there.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise error("cannot be read (it is a folder)")
    if not stat.S_ISREG(mode):
        raise error("cannot be read (it is not a plain file)")

"""Ranges of bytes in a picture file that must stay as they are.

A format's module yields those of its files: all but the blocks that hold keywords and other text.
"""

import os
from dataclasses import dataclass

from tagonaut.errors import CheckError

# The name of a range that holds EXIF, in every format.
EXIF = "EXIF"
# That of one that holds XMP, in those formats whose modules yield it: it need not stay.
XMP = "XMP"

# The system takes no place behind this one.
_FARTHEST = (1 << 63) - 1


@dataclass(frozen=True)
class ByteRange:
    """``size`` bytes of a file at ``offset``; or a ``value`` found in it."""

    name: str
    offset: int = 0
    size: int = 0
    value: object = None


def read_at(file: int, offset: int, size: int) -> bytes:
    """Exactly these bytes of a file descriptor; ``MetadataError`` if the file ends before.

    So it is where a damaged file gives a size or a place below zero, or one that no file has.
    """
    if size >= 0 and 0 <= offset <= _FARTHEST - size:
        data = os.pread(file, size, offset)
        if len(data) == size:
            return data
    raise CheckError("the file ends in the middle of a part")

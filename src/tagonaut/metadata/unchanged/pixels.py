"""Whether the pixels of two files are the same, and all else that is not metadata."""

import hashlib
import os
import struct
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from tagonaut.errors import CheckError
from tagonaut.metadata.formats import (
    EXIF,
    XMP,
    ByteRange,
    Format,
    protected_ranges,
    read_at,
    recognise,
)

_AT_ONCE = 1 << 20
_PIECES, _PIECE_BYTES = 32, 1 << 14
_PICTURE_IN_JPEG = ("segment ", "the scans")


def check_pixels(before: Path, after: Path, *, exif: bool = True) -> None:
    """Raise ``CheckError``, naming the part, unless all that is not metadata is the same.

    JPEG: every segment but XMP, APP13 and COM, and every byte from the first scan to the end of
    the file; EXIF too, unless ``exif`` is false. PNG: every chunk but text, EXIF and time. WebP:
    every chunk but XMP and EXIF. GIF: every block but XMP. TIFF: the strips and tiles of every
    directory, and the tags that say what they mean. HEIC and AVIF: every item but XMP, wherever in
    the file its data lies, and all boxes about items. The format is recognised by the content.
    """
    form = recognise(before)
    if recognise(after) != form:
        raise CheckError(f"what was written is no {form} file any more")
    with before.open("rb") as one, after.open("rb") as other:
        pairs = zip_longest(_ranges(form, one, exif), _ranges(form, other, exif))
        for old, new in pairs:
            part = old or new
            assert part is not None
            if old is None or new is None or not _same(one.fileno(), old, other.fileno(), new):
                raise CheckError(
                    f"writing would have changed more than metadata: {part.name}; left alone, write"
                    " a sidecar instead (--sidecar)"
                )


def pixels_digest(path: Path) -> str:
    """SHA-256 that tells one picture from another: of what ``check_pixels`` compares, less EXIF.

    Of a JPEG less all APP segments: programs add and drop JFIF's and colour profiles. Of a part of
    more than half a MiB, its size and 32 pieces all over it: that is no seal. Raises
    ``PictureError`` for a file whose parts cannot be followed.
    """
    form = recognise(path)
    found = hashlib.sha256()
    with path.open("rb") as file:
        for part in _ranges(form, file, exif=False):
            if form == "JPEG" and not part.name.startswith(_PICTURE_IN_JPEG):
                continue
            found.update(repr((part.name, part.size, part.value)).encode())
            for start, size in _pieces(part.size):
                found.update(read_at(file.fileno(), part.offset + start, size))
    return found.hexdigest()


def _pieces(size: int) -> list[tuple[int, int]]:
    """The start and the size of each piece."""
    if size <= _PIECES * _PIECE_BYTES:
        return [(0, size)]
    last = size - _PIECE_BYTES
    return [(last * piece // (_PIECES - 1), _PIECE_BYTES) for piece in range(_PIECES)]


def _ranges(form: Format, file: BinaryIO, exif: bool) -> Iterator[ByteRange]:
    end = os.fstat(file.fileno()).st_size
    try:
        for part in protected_ranges(form, file.fileno(), end):
            if part.name != XMP and (exif or part.name != EXIF):
                yield part
    except (struct.error, IndexError) as error:
        raise CheckError(f"the {form} file is damaged: its parts cannot be followed") from error


def _same(one: int, old: ByteRange, other: int, new: ByteRange) -> bool:
    if (old.name, old.size, old.value) != (new.name, new.size, new.value):
        return False
    for start in range(0, old.size, _AT_ONCE):
        size = min(_AT_ONCE, old.size - start)
        if read_at(one, old.offset + start, size) != read_at(other, new.offset + start, size):
            return False
    return True

"""Photoshop's resources in JPEG and TIFF: those that must stay."""

import hashlib
import struct
from collections.abc import Iterable, Iterator

from tagonaut.errors import MetadataError
from tagonaut.limits import MEMORY, PartCount
from tagonaut.metadata.formats.byte_ranges import EXIF, ByteRange, read_at

# IPTC and its digest, which are compared by what they say; and XMP.
_WRITTEN = frozenset({0x0404, 0x0425, 0x0424})
# Of the memory for one file.
_SHARE = 8


def kept_resources(file: int, pieces: Iterable[tuple[int, int]]) -> Iterator[ByteRange]:
    """Number, name and digest of each resource in these pieces of a file, one behind the other.

    What cannot be followed is one more part, to the end. Raises ``MetadataError`` for more bytes or
    parts than a photo may have.
    """
    pieces = [*pieces]
    whole = sum(size for _, size in pieces)
    MEMORY.check(whole, "the size of Photoshop's resources is", MetadataError, share=_SHARE)
    data = b"".join(read_at(file, place, size) for place, size in pieces)
    parts = PartCount(len(data), MetadataError)
    place = 0
    while place + 8 < len(data):
        parts.add()
        start = place
        kind, number, length = struct.unpack_from(">4sHB", data, place)
        name = data[place + 7 : place + 7 + length]
        place += 6 + (length + 2) // 2 * 2
        size = int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : place + 4 + size]
        if len(body) < size or not kind.isalnum():
            yield _part(kind, number, name, data[start:])
            return
        if number not in _WRITTEN:
            yield _part(kind, number, name, body)
        place += 4 + (size + 1) // 2 * 2


def _part(kind: bytes, number: int, name: bytes, body: bytes) -> ByteRange:
    return ByteRange(EXIF, value=(kind, number, name, hashlib.sha256(body).digest()))

"""The segments of a plain JPEG that hold metadata."""

import os
import struct

from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError

# Also what ends files that have nothing behind the picture, where further metadata could be.
_END = b"\xff\xd9"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_INDEX = b"MPF\0"
_WITHOUT_FIELDS = {0xE2: (b"ICC_PROFILE\0", _INDEX), 0xEE: (b"Adobe",)}
_LONGEST_NAME = 32
# No photo has as much before its picture.
_FARTHEST = 64 << 20


def read_segments(file: int) -> tuple[bytes | None, bytes | None, bytes | None]:
    """EXIF, Photoshop's block and the XMP packet, each at most once, and nothing unusual beside."""
    size = os.fstat(file).st_size
    head = os.pread(file, 1 << 16, 0)
    if head[:2] != b"\xff\xd8" or os.pread(file, 2, max(0, size - 2)) != _END:
        raise NotPlainError
    found: dict[bytes, bytes] = {}
    place = 2
    while place < _FARTHEST:
        mark, marker, length = struct.unpack(">BBH", _read(file, head, place, 4))
        if mark != 0xFF or marker in {0x00, 0x01, 0xD8, 0xD9, 0xFF}:
            raise NotPlainError
        if marker == 0xDA:
            return found.get(_EXIF), found.get(_PHOTOSHOP), found.get(_XMP)
        body = max(0, length - 2)
        start = _read(file, head, place + 4, min(body, _LONGEST_NAME))
        if marker == 0xE2 and start.startswith(_INDEX):
            found[_INDEX] = b""
        if kind := _kind(marker, start):
            if kind in found or (kind == _PHOTOSHOP and _INDEX in found):
                raise NotPlainError
            found[kind] = _read(file, head, place + 4, body)[len(kind) :]
        place += 2 + length
    raise NotPlainError


def _read(file: int, head: bytes, place: int, size: int) -> bytes:
    """``size`` bytes of the file, whose first bytes ``head`` has been read already."""
    data = head[place : place + size]
    if len(data) < size:
        data = os.pread(file, size, place)
        if len(data) < size:
            raise NotPlainError
    return data


def _kind(marker: int, body: bytes) -> bytes | None:
    """The name of a segment that has to be read; ``None`` for one without fields."""
    kinds = {0xE1: (_EXIF, _XMP), 0xED: (_PHOTOSHOP,)}.get(marker)
    if kinds is not None:
        for kind in kinds:
            if body.startswith(kind):
                return kind
        raise NotPlainError
    if 0xE2 <= marker <= 0xEF and not body.startswith(_WITHOUT_FIELDS.get(marker, ())):
        raise NotPlainError
    return None

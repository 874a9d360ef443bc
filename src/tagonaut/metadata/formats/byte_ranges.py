"""The parts of a picture file that hold its pixels, or say how to show them.

What may change is left out: the blocks of keywords and other text. Everything else is a part.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tagonaut.errors import MetadataError

_XMP_IN_JPEG = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
EXIF = "EXIF"
_TEXT_IN_PNG = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_TEXT_IN_WEBP = {b"XMP ", b"EXIF"}
_TEXT_FLAGS_IN_WEBP = 0x04 | 0x08


@dataclass(frozen=True)
class Part:
    """Bytes of a file, ``size`` of them at ``offset``; or a ``value`` found in it."""

    name: str
    offset: int = 0
    size: int = 0
    value: object = None


def read_at(file: int, offset: int, size: int) -> bytes:
    """Exactly these bytes of a file descriptor; ``MetadataError`` if the file ends before."""
    data = os.pread(file, size, offset)
    if len(data) < size:
        raise MetadataError("the file ends in the middle of a part")
    return data


def jpeg_segments(file: int) -> Iterator[tuple[int, int, int]]:
    """Marker, place and size of every segment before the first scan, and of that scan's own."""
    place = 2
    while True:
        fill, marker = read_at(file, place, 2)
        if fill != 0xFF:
            raise MetadataError("the JPEG's segments cannot be followed")
        if marker == 0xFF:
            place += 1
            continue
        if marker in {0xDA, 0xD9}:
            yield marker, place, 2
            return
        (size,) = struct.unpack(">H", read_at(file, place + 2, 2))
        yield marker, place, size + 2
        place += size + 2


def jpeg_parts(file: int, end: int) -> Iterator[Part]:
    """Every segment but XMP's APP1, APP13 and COM, and all from the first scan to the end."""
    for marker, place, size in jpeg_segments(file):
        if marker in {0xDA, 0xD9}:
            yield Part("the scans", place, end - place)
            return
        start = read_at(file, place + 4, min(size - 4, 40)) if size > 4 else b""
        name = f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"segment {marker:02X}"
        if start.startswith(b"Exif\0\0"):
            name = EXIF
        if name == "APP2" and start.startswith(b"MPF\0"):
            # Its offsets count from here to the further pictures behind the first.
            yield Part("the distances in the multi-picture index", value=end - place)
        if not (name == "APP13" or marker == 0xFE or start.startswith(_XMP_IN_JPEG)):
            yield Part(name, place, size)


def png_parts(file: int, end: int) -> Iterator[Part]:
    """Every chunk but text, EXIF and time, and what follows the last."""
    place = 8
    kind = b""
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", read_at(file, place, 8))
        if kind not in _TEXT_IN_PNG:
            yield Part(f"chunk {kind.decode('latin-1')}", place, size + 12)
        place += size + 12
    yield Part("what follows the picture", place, end - place)


def webp_parts(file: int, end: int) -> Iterator[Part]:
    """Every chunk but XMP and EXIF; of the header its size and the flags that are not theirs."""
    (size,) = struct.unpack("<I", read_at(file, 4, 4))
    stop = min(8 + size, end)
    place = 12
    header: Part | None = None
    while place + 8 <= stop:
        kind, size = struct.unpack("<4sI", read_at(file, place, 8))
        start = read_at(file, place + 8, min(size, 10))
        if kind in {b"VP8X", b"VP8 ", b"VP8L"} and header is None:
            header = Part("the header", value=_webp_header(kind, start))
            yield header
        if kind not in _TEXT_IN_WEBP and kind != b"VP8X":
            yield Part(f"chunk {kind.decode('latin-1')}", place, size + 8)
        place += 8 + size + size % 2
    yield Part("what follows the picture", stop, end - stop)


def _webp_header(kind: bytes, start: bytes) -> tuple[int, int, int]:
    """Width, height and flags, also where a simple file has no header that says them."""
    if kind == b"VP8X":
        wide = int.from_bytes(start[4:7], "little") + 1
        high = int.from_bytes(start[7:10], "little") + 1
        return wide, high, start[0] & ~_TEXT_FLAGS_IN_WEBP
    if kind == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, (bits >> 28 & 1) << 4
    wide, high = struct.unpack("<HH", start[6:10])
    return wide & 0x3FFF, high & 0x3FFF, 0


def gif_parts(file: int, end: int) -> Iterator[Part]:
    """Every block but XMP's, and what follows the last."""
    flags = read_at(file, 10, 1)[0]
    place = 13 + _colours(flags)
    yield Part("the screen", 6, place - 6)
    while (kind := read_at(file, place, 1)) != b"\x3b":
        if kind == b"\x21":
            body = place + 2
            is_xmp = read_at(file, place + 1, 13)[:10] == b"\xff\x0bXMP Data"
            name = "an extension"
        elif kind == b"\x2c":
            body = place + 11 + _colours(read_at(file, place + 9, 1)[0])
            is_xmp = False
            name = "a frame"
        else:
            raise MetadataError("the GIF's blocks cannot be followed")
        while size := read_at(file, body, 1)[0]:
            body += size + 1
        body += 1
        if not is_xmp:
            yield Part(name, place, body - place)
        place = body
    yield Part("what follows the picture", place, end - place)


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0

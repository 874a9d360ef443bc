"""WebP: the chunks that must stay, XMP, and of its header all but the flags of metadata."""

import struct
from collections.abc import Iterator

from tagonaut.errors import MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.byte_ranges import XMP, ByteRange, read_at

_METADATA = {b"XMP ", b"EXIF"}
_METADATA_FLAGS = 0x04 | 0x08


def webp_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every chunk but EXIF; of the header its size and the flags of other chunks than metadata."""
    (size,) = struct.unpack("<I", read_at(file, 4, 4))
    stop = min(8 + size, end)
    place = 12
    parts = PartCount(end, MetadataError)
    header: ByteRange | None = None
    while place + 8 <= stop:
        kind, size = struct.unpack("<4sI", read_at(file, place, 8))
        parts.add()
        start = read_at(file, place + 8, min(size, 10))
        if kind in {b"VP8X", b"VP8 ", b"VP8L"} and header is None:
            header = ByteRange("the header", value=_webp_header(kind, start))
            yield header
        if kind not in _METADATA and kind != b"VP8X":
            yield ByteRange(f"chunk {kind.decode('latin-1')}", place, size + 8)
        elif kind == b"XMP ":
            yield ByteRange(XMP, place + 8, size)
        place += 8 + size + size % 2
    yield ByteRange("what follows the picture", stop, end - stop)


def _webp_header(kind: bytes, start: bytes) -> tuple[int, int, int]:
    """Width, height and flags, also where a simple file has no header that says them."""
    if kind == b"VP8X":
        wide = int.from_bytes(start[4:7], "little") + 1
        high = int.from_bytes(start[7:10], "little") + 1
        return wide, high, start[0] & ~_METADATA_FLAGS
    if kind == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, (bits >> 28 & 1) << 4
    wide, high = struct.unpack("<HH", start[6:10])
    return wide & 0x3FFF, high & 0x3FFF, 0

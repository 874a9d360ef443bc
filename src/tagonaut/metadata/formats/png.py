"""PNG: the chunks that must stay."""

import struct
from collections.abc import Iterator

from tagonaut.errors import MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.byte_ranges import ByteRange, read_at

_METADATA = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}


def png_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every chunk but text, EXIF and time, and all behind the last one."""
    place = 8
    kind = b""
    parts = PartCount(end, MetadataError)
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", read_at(file, place, 8))
        parts.add()
        if kind not in _METADATA:
            yield ByteRange(f"chunk {kind.decode('latin-1')}", place, size + 12)
        place += size + 12
    yield ByteRange("what follows the picture", place, end - place)

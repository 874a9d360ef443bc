"""PNG: the chunks that must stay, and XMP."""

import struct
import zlib
from collections.abc import Iterator

from tagonaut.errors import MetadataError
from tagonaut.limits import MEMORY, XMP_SHARE, PartCount
from tagonaut.metadata.formats.byte_ranges import XMP, ByteRange, read_at

_METADATA = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
# Behind it whether the text is compressed, and how; then its language, twice.
_XMP = b"XML:com.adobe.xmp\0"


def png_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every chunk but text, EXIF and time, and all behind the last one; XMP by its name."""
    place = 8
    kind = b""
    parts = PartCount(end, MetadataError)
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", read_at(file, place, 8))
        parts.add()
        if kind not in _METADATA:
            yield ByteRange(f"chunk {kind.decode('latin-1')}", place, size + 12)
        elif kind == b"iTXt" and read_at(file, place + 8, len(_XMP)) == _XMP:
            yield _xmp(file, place + 8 + len(_XMP), place + 8 + size)
        place += size + 12
    yield ByteRange("what follows the picture", place, end - place)


def _xmp(file: int, place: int, end: int) -> ByteRange:
    """The packet's place; or, as a value, a compressed packet, and of a huge one the beginning."""
    head = read_at(file, place, min(end - place, 64))
    text = head.find(b"\0", head.find(b"\0", 2) + 1) + 1
    if head[:1] != b"\1":
        return ByteRange(XMP, place + text, end - place - text)
    most = MEMORY.value // XMP_SHARE
    packed = read_at(file, place + text, min(end - place - text, most))
    try:
        return ByteRange(XMP, value=zlib.decompressobj().decompress(packed, most))
    except zlib.error:
        return ByteRange(XMP, value=b"")

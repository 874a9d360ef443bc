"""GIF: the blocks that must stay, and XMP."""

from collections.abc import Iterator

from tagonaut.errors import CheckError, MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.byte_ranges import XMP, ByteRange, read_at

_XMP_HEAD = 14


def gif_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every block, and all behind the last one; XMP by its name."""
    flags = read_at(file, 10, 1)[0]
    place = 13 + _colours(flags)
    parts = PartCount(end, MetadataError)
    yield ByteRange("the screen", 6, place - 6)
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
            raise CheckError("the GIF's blocks cannot be followed")
        parts.add()
        while size := read_at(file, body, 1)[0]:
            parts.add()
            body += size + 1
        body += 1
        if is_xmp:
            # Not in pieces, as the other blocks: what looks like their sizes is text.
            yield ByteRange(XMP, place + _XMP_HEAD, max(0, body - place - _XMP_HEAD))
        else:
            yield ByteRange(name, place, body - place)
        place = body
    yield ByteRange("what follows the picture", place, end - place)


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0

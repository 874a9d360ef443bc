"""The XMP packet of a JPEG replaced by us: every byte before and behind it stays."""

import os
import struct
from pathlib import Path

from tagonaut.errors import MetadataError, UnwritableError
from tagonaut.limits import MEMORY
from tagonaut.metadata.formats import jpeg_segments, read_at

_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_APP1, _END = 0xE1, b"\xff\xd9"
_LONGEST = 0xFFFF - 2


def replace_packet(path: Path, old: bytes, new: bytes) -> None:
    """Replace the main packet ``old`` in the file by ``new``.

    Raises ``UnwritableError`` unless there is one main packet, the new one fits into a segment, and
    nothing follows the picture: programs leave tables there with places in the whole file; raises
    ``MetadataError`` if the file has changed.
    """
    body = _HEAD + new
    if len(body) > _LONGEST:
        raise UnwritableError("the XMP does not fit into one segment")
    with path.open("r+b") as file:
        number = file.fileno()
        size = os.fstat(number).st_size
        # What follows is moved in memory.
        MEMORY.check(size, "the file's size is", UnwritableError)
        if read_at(number, size - len(_END), len(_END)) != _END:
            raise UnwritableError("something follows the picture")
        places = [
            (place, length)
            for marker, place, length in jpeg_segments(number)
            if marker == _APP1 and read_at(number, place + 4, length - 4).startswith(_HEAD)
        ]
        if len(places) != 1:
            raise UnwritableError("its XMP is not one packet")
        place, length = places[0]
        if read_at(number, place + 4, length - 4) != _HEAD + old:
            raise MetadataError("its XMP was changed while it was worked on")
        rest = read_at(number, place + length, size - place - length)
        file.seek(place)
        file.write(struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body + rest)
        file.truncate()

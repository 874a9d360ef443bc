"""Whether a photo is signed with Content Credentials, so that writing to it breaks the signature.

The specification of C2PA ("Embedding manifests into various file formats") says where each format
has its manifest. One that is kept elsewhere is named in the photo's XMP, and covers the file too.
"""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from tagonaut.errors import MetadataError, TagonautError
from tagonaut.limits import MEMORY, XMP_SHARE
from tagonaut.metadata.formats.byte_ranges import XMP, ByteRange, read_at
from tagonaut.metadata.formats.jpeg import jpeg_packets
from tagonaut.metadata.formats.protected import protected_ranges
from tagonaut.metadata.formats.recognise import Format, recognise

# Of JUMBF boxes: manifests as they are now, and as they were before version 1.
_KIND = bytes.fromhex("00110010800000aa00389b71")
_MANIFESTS = (b"c2pa" + _KIND, b"cacb" + _KIND)
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# By format the part with a manifest, and the bytes somewhere in its first ones.
_EMBEDDED: dict[Format, tuple[str, tuple[bytes, ...]]] = {
    "JPEG": ("APP11", _MANIFESTS),
    "PNG": ("chunk caBX", (b"caBX",)),
    "WebP": ("chunk C2PA", (b"C2PA",)),
    "GIF": ("an extension", (b"\x21\xff\x0bC2PA_GIF",)),
    "HEIC": ("box uuid", (b"uuid" + _BOX,)),
    "AVIF": ("box uuid", (b"uuid" + _BOX,)),
}
_LONGEST_HEAD = 80
_TIFF_MANIFEST, _TIFF_XMP = 0xCD41, 700

_TERMS = b"http://purl.org/dc/terms/"
# As an attribute or an element.
_ELSEWHERE = re.compile(rb""":provenance(?:\s*=\s*["']|[^<>]*>)\s*https?://""")


def is_signed(path: Path) -> bool:
    """Whether Content Credentials are in a photo, or in a place that its XMP names.

    A name in the photo's XMP that leads into the photo itself counts for nothing without a manifest
    there. A damaged file, which cannot be followed, is not signed: whoever writes to it, finds out.
    Raises ``MetadataError`` for one beyond a limit, in which nobody has looked everywhere.
    """
    try:
        form = recognise(path)
        with path.open("rb") as file:
            number = file.fileno()
            parts = list(_parts(form, number, os.fstat(number).st_size))
            if any(_is_manifest(form, number, part) for part in parts):
                return True
            packets = jpeg_packets(path) if form == "JPEG" else _packets(number, parts)
            return any(_TERMS in one and _ELSEWHERE.search(one) for one in packets or ())
    except TagonautError as error:
        if error.is_over_limit:
            raise
        return False
    except (OSError, struct.error, IndexError):
        return False


def _parts(form: Format, file: int, end: int) -> Iterator[ByteRange]:
    return _tiff_tags(file, end) if form == "TIFF" else protected_ranges(form, file, end)


def _is_manifest(form: Format, file: int, part: ByteRange) -> bool:
    if form == "TIFF":
        return part.name == str(_TIFF_MANIFEST)
    name, marks = _EMBEDDED[form]
    if part.name != name:
        return False
    head = read_at(file, part.offset, min(part.size, _LONGEST_HEAD))
    return any(mark in head for mark in marks)


def _packets(file: int, parts: list[ByteRange]) -> Iterator[bytes]:
    for part in parts:
        if part.name == XMP:
            MEMORY.check(part.size, "its XMP is", MetadataError, share=XMP_SHARE)
            unpacked = part.value
            packet = read_at(file, part.offset, part.size)
            yield unpacked if isinstance(unpacked, bytes) else packet


def _tiff_tags(file: int, end: int) -> Iterator[ByteRange]:
    """The XMP and the manifest of each directory in the chain."""
    order = "<" if read_at(file, 0, 2) == b"II" else ">"
    (place,) = struct.unpack(f"{order}I", read_at(file, 4, 4))
    seen: set[int] = set()
    while place and place not in seen:
        seen.add(place)
        (entries,) = struct.unpack(f"{order}H", read_at(file, place, 2))
        data = read_at(file, place + 2, entries * 12 + 4)
        for start in range(0, entries * 12, 12):
            tag, _, size, offset = struct.unpack_from(f"{order}HHII", data, start)
            if tag in {_TIFF_MANIFEST, _TIFF_XMP} and offset + size <= end:
                yield ByteRange(XMP if tag == _TIFF_XMP else str(tag), offset, size)
        (place,) = struct.unpack_from(f"{order}I", data, entries * 12)

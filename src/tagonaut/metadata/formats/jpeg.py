"""JPEG: its segments, the ranges that must stay, and the XMP packets in it."""

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from tagonaut.errors import CheckError, MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.afcp import afcp_ranges
from tagonaut.metadata.formats.byte_ranges import EXIF, ByteRange, read_at
from tagonaut.metadata.formats.photoshop import kept_resources
from tagonaut.metadata.formats.tiff_directories import Tiff

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
# Behind it, a hash of 32 characters, the size of all and the place of this piece.
_EXTENSION_HEAD = len(_EXTENSION) + 40
_PHOTOSHOP = b"Photoshop 3.0\0"
_XMP_IN_PHOTOSHOP = b"8BIM\x04\x24"
_MPF = b"MPF\0"
_FLIR = b"FLIR\0"
_EXIF = b"Exif\0\0"
# The tag of a camera's notes, in either order of bytes.
_MAKER_NOTES = b"\x92\x7c", b"\x7c\x92"
# Within a scan, no byte FF has D8 behind it.
_ANOTHER_JPEG = b"\xff\xd8\xff"
_AT_ONCE = 1 << 20
_EXIF_FOLDER, _PICTURE, _PICTURE_SIZE = 0x8769, 0x0201, 0x0202
_MOST_DIRECTORIES = 10


def jpeg_segments(file: int) -> Iterator[tuple[int, int, int]]:
    """Marker, place and size of every segment before the first scan, and of that scan's own."""
    place = 2
    parts = PartCount(os.fstat(file).st_size, MetadataError)
    while True:
        fill, marker = read_at(file, place, 2)
        parts.add()
        if fill != 0xFF:
            raise CheckError("the JPEG's segments cannot be followed")
        if marker == 0xFF:
            place += 1
            continue
        if marker in {0xDA, 0xD9}:
            yield marker, place, 2
            return
        (size,) = struct.unpack(">H", read_at(file, place + 2, 2))
        yield marker, place, size + 2
        place += size + 2


def jpeg_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every segment but XMP's APP1, APP13 and COM, and all from the first scan to the end.

    Of APP13, Photoshop's resources but for IPTC, its digest and XMP.

    A trailer of the AXS File Concatenation Protocol says where in the file its parts are; they are
    ranges of their own, and where they are does not count.
    """
    resources: list[tuple[int, int]] = []
    for marker, place, size in jpeg_segments(file):
        if marker in {0xDA, 0xD9}:
            for part in kept_resources(file, resources):
                yield replace(part, name="Photoshop's resources")
            trailer, ranges = afcp_ranges(file, end)
            yield ByteRange("the scans", place, trailer - place)
            yield from ranges
            return
        start = read_at(file, place + 4, min(size - 4, 40)) if size > 4 else b""
        name = f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"segment {marker:02X}"
        if start.startswith(_EXIF):
            name = EXIF
        if name == "APP2" and start.startswith(_MPF):
            # Its offsets count from here to the further pictures behind the first.
            yield ByteRange("the distances in the multi-picture index", value=end - place)
        if name == "APP13" and start.startswith(_PHOTOSHOP):
            resources.append((place + 4 + len(_PHOTOSHOP), size - 4 - len(_PHOTOSHOP)))
        if not (name == "APP13" or marker == 0xFE or start.startswith((_XMP, _EXTENSION))):
            yield ByteRange(name, place, size)


def is_index_before_iptc(path: Path) -> bool:
    """Whether the index of further pictures, which says how far they are, is before Photoshop's."""
    with path.open("rb") as file:
        seen = False
        for marker, place, size in jpeg_segments(file.fileno()):
            start = read_at(file.fileno(), place + 4, min(max(0, size - 4), len(_PHOTOSHOP)))
            seen = seen or (marker == 0xE2 and start.startswith(_MPF))
            if seen and marker == 0xED and start == _PHOTOSHOP:
                return True
    return False


def points_outside(path: Path) -> bool:
    """Whether something in a JPEG's metadata may point at something outside its segment.

    That is a preview behind the picture, of which its camera's notes say where in the file it is,
    one in EXIF that does not end where EXIF does, or FLIR's data, which fill several segments.
    Pictures in an index of their own do not count: how
    far they are from it is compared anyway.
    """
    with path.open("rb") as file:
        number, has_notes = file.fileno(), False
        for marker, place, size in jpeg_segments(number):
            body = read_at(number, place + 4, max(0, size - 4)) if marker in {0xE1, 0xE2} else b""
            if marker == 0xE2 and body.startswith(_MPF):
                return False
            if marker == 0xE1 and body.startswith(_FLIR):
                return True
            if body.startswith(_EXIF):
                if _leads_out(number, place + 4 + len(_EXIF), len(body) - len(_EXIF)):
                    return True
                has_notes = any(tag in body for tag in _MAKER_NOTES)
        return has_notes and _has_another(number, place)


def _leads_out(file: int, start: int, size: int) -> bool:
    """Whether a picture in EXIF ends behind it, as far as EXIF can be read."""
    try:
        tiff = Tiff(file, size, start=start)
        places = [tiff.first]
        for place in islice(places, _MOST_DIRECTORIES):
            found, following = tiff.directory(place)
            if _EXIF_FOLDER in found:
                places += [*tiff.values(_EXIF_FOLDER, found[_EXIF_FOLDER])][:1]
            if following:
                places.append(following)
            if found.keys() >= {_PICTURE, _PICTURE_SIZE}:
                (begin,), (long,) = (tiff.values(t, found[t]) for t in (_PICTURE, _PICTURE_SIZE))
                if int(begin) + int(long) > size:
                    return True
    except (MetadataError, struct.error, IndexError, ValueError):
        return True
    return False


def _has_another(file: int, place: int) -> bool:
    """Whether another JPEG begins behind a place."""
    left = b""
    while data := os.pread(file, _AT_ONCE, place):
        if _ANOTHER_JPEG in data or _ANOTHER_JPEG in left + data[:2]:
            return True
        left = data[-2:]
        place += len(data)
    return False


def jpeg_packets(path: Path) -> list[bytes] | None:
    """The XMP packets, those of extensions joined; ``None`` if some may be elsewhere too."""
    main: list[bytes] = []
    pieces: dict[bytes, list[tuple[bytes, bytes]]] = {}
    with path.open("rb") as file:
        number = file.fileno()
        for marker, place, size in jpeg_segments(number):
            if marker not in {0xE1, 0xED}:
                continue
            body = read_at(number, place + 4, max(0, size - 4))
            if body.startswith(_XMP):
                main.append(body[len(_XMP) :])
            elif body.startswith(_EXTENSION):
                head, piece = body[:_EXTENSION_HEAD], body[_EXTENSION_HEAD:]
                pieces.setdefault(head[-40:-8], []).append((head[-4:], piece))
            elif body.startswith(_PHOTOSHOP) and _XMP_IN_PHOTOSHOP in body:
                return None
    return [*main, *(b"".join(p for _, p in sorted(some)) for some in pieces.values())]

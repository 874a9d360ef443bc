"""Follows the structure of a picture file before a decoder does, and counts what is in it.

Decoders trust a file: they take minutes for empty segments, thousands of scans or directories, and
gigabytes for tags that all mean the same bytes. Whatever cannot be followed here is left to them.
"""

import mmap
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tagonaut.errors import MetadataError, PictureError
from tagonaut.limits import PARTS, PIXELS, PartCount
from tagonaut.metadata.formats import EXIF, protected_ranges, read_at

# A photo has some ten scans; as many as this of the largest picture take some six seconds.
SCANS = 20
_EXIF = b"Exif\0\0"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_SIZES = {**_SIZES, 16: 8, 17: 8, 18: 8}
# A few kilobytes of small tags that share their values are nothing to refuse.
_SPARE_BYTES = 1 << 20
_DIRECTORY_PARTS = 100


@dataclass(frozen=True)
class Structure:
    """``frames`` in the file; of a JPEG the bytes that its decoder keeps of all scans."""

    frames: int | None = None
    kept_bytes: int = 0


def check_structure(path: Path) -> Structure:
    """Follow the parts of a picture file; raises ``PictureError`` for more than a file may have.

    Raises ``OSError`` for a file that cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(16)
        if start[4:8] == b"ftyp":
            return _follow_items(file.fileno())
        follow = _follower(start)
        if follow is None:
            return Structure()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return follow(data)
            except (struct.error, IndexError, OverflowError):
                return Structure()


def check_exif(block: bytes) -> None:
    """Raise ``PictureError`` for EXIF whose tags claim far more bytes than the block holds."""
    block = block.removeprefix(_EXIF)
    try:
        if block[:2] in {b"II", b"MM"}:
            _follow_tiff(block)
    except (struct.error, IndexError, OverflowError):
        return


def _follower(start: bytes) -> Callable[[mmap.mmap], Structure] | None:
    found: Mapping[bytes, Callable[[mmap.mmap], Structure]] = {
        b"\xff\xd8": _follow_jpeg,
        b"\x89PNG": _follow_png,
        b"GIF8": _follow_gif,
        b"II*\0": _follow_tiff,
        b"MM\0*": _follow_tiff,
        b"II+\0": _follow_tiff,
        b"MM\0+": _follow_tiff,
    }
    return next((follow for magic, follow in found.items() if start.startswith(magic)), None)


def _follow_items(file: int) -> Structure:
    """Check the EXIF of HEIC and AVIF, which their plugins read as soon as they open a file."""
    try:
        for part in protected_ranges("HEIC", file, os.fstat(file).st_size):
            if part.name == EXIF and part.size:
                block = read_at(file, part.offset, part.size)
                check_exif(block[4 + int.from_bytes(block[:4], "big") :])
                check_exif(block[4:])
    except (MetadataError, struct.error, IndexError):
        pass
    return Structure()


def _follow_jpeg(data: mmap.mmap) -> Structure:
    place, size = 2, len(data)
    parts = PartCount(size)
    exif: list[bytes] = []
    frame: tuple[int, int, int] | None = None
    buffered = False
    while place + 4 <= size:
        marker = data[place + 1]
        parts.add()
        if data[place] != 0xFF or marker in {0x00, 0xFF}:
            # Fill bytes, and garbage: Pillow goes on, one byte after the other.
            place += 1
            continue
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            place += 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = place + 4
        if marker == 0xE1 and data[body : body + 6] == _EXIF:
            exif.append(data[body + 6 : place + 2 + length])
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            high, wide, count = struct.unpack_from(">HHB", data, body + 1)
            frame = wide, high, count
            buffered = marker not in {0xC0, 0xC1, 0xC9}
        elif marker == 0xDA:
            buffered = buffered or (frame is not None and data[body] < frame[2])
            break
        place += 2 + max(2, length)
    check_exif(b"".join(exif))
    if frame is None or not buffered:
        return Structure()
    pixels = frame[0] * frame[1]
    _check_scans(data, place, pixels)
    # The coefficients of all scans are kept, at the full size: two bytes each.
    return Structure(kept_bytes=2 * frame[2] * pixels)


def _check_scans(data: mmap.mmap, place: int, pixels: int) -> None:
    """Raise ``PictureError`` for too many scans."""
    most = max(SCANS, SCANS * PIXELS.value // max(pixels, 1))
    scans = 0
    while (place := data.find(b"\xff\xda", place)) >= 0:
        scans += 1
        place += 2
        if scans > min(most, PARTS.value):
            raise PictureError(
                f"its scans are more than the {min(most, PARTS.value):,} that a picture of this"
                f" size may have (to raise the limit, set {PIXELS.variable})"
            )


def _follow_png(data: mmap.mmap) -> Structure:
    place, size = 8, len(data)
    parts = PartCount(size)
    while place + 8 <= size:
        length, kind = struct.unpack_from(">I4s", data, place)
        parts.add()
        if kind == b"IEND":
            break
        place += length + 12
    return Structure()


def _follow_gif(data: mmap.mmap) -> Structure:
    size = len(data)
    place, frames = 13 + _colours(data[10]), 0
    parts = PartCount(size)
    while place < size and data[place] in b"\x21\x2c":
        if data[place] == 0x2C:
            frames += 1
            place += 11 + _colours(data[place + 9])
        else:
            place += 2
        parts.add()
        while place < size and (block := data[place]):
            parts.add()
            place += block + 1
        place += 1
    return Structure(frames=max(1, frames))


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _follow_tiff(data: mmap.mmap | bytes) -> Structure:
    """The directories one after another: Pillow reads the values of all tags of each."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in {b"+\0", b"\0+"}
    head, entry = ("Q", "HHQQ") if big else ("H", "HHII")
    sizes, inside = (_BIG_SIZES, 8) if big else (_SIZES, 4)
    (place,) = struct.unpack_from(order + entry[-1], data, 8 if big else 4)
    seen: set[int] = set()
    claimed, end = 0, len(data)
    parts = PartCount(end)
    while 0 < place < end and place not in seen:
        seen.add(place)
        # Pillow looks for each directory among all before it.
        parts.add(_DIRECTORY_PARTS)
        (count,) = struct.unpack_from(order + head, data, place)
        start, step = place + struct.calcsize("=" + head), struct.calcsize("=" + entry)
        for at in range(start, min(start + count * step, end - step + 1), step):
            _, kind, number, offset = struct.unpack_from(order + entry, data, at)
            length = number * sizes.get(kind, 1)
            if length > inside:
                claimed += max(0, min(length, end - offset))
                if claimed > 2 * end + _SPARE_BYTES:
                    raise PictureError("its tags claim far more bytes than the file holds")
        (place,) = struct.unpack_from(order + entry[-1], data, start + count * step)
    return Structure(frames=max(1, len(seen)))

"""TIFF: the ranges that must stay, the strips and tiles of every directory and their meaning."""

import struct
from collections import Counter
from collections.abc import Iterator

from tagonaut.errors import MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.byte_ranges import ByteRange, read_at

_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

_SUB_DIRECTORIES = 330
# Where the pixels are: the tag of the offsets, and that of the sizes.
_PIXELS = {"strip": (273, 279), "tile": (324, 325), "JPEG stream": (513, 514)}
# What the bytes mean: sizes, bits, compression, photometric interpretation, colour map, tables.
_MEANING = {
    *(254, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 293, 317, 320, 322, 323),
    *(332, 336, 338, 339, 340, 341, 347, 512, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
}

_OVERLAP = "the TIFF's parts overlap: a copy would be many times as large"

Values = tuple[int, ...] | bytes


def tiff_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """The bytes of the pixels of every directory, sub-directories too, and the tags about them.

    Raises ``MetadataError`` where these overlap: whoever copies the file, as ExifTool does, writes
    each of them, and a megabyte becomes gigabytes.
    """
    order = "<" if read_at(file, 0, 2) == b"II" else ">"
    (first,) = struct.unpack(order + "I", read_at(file, 4, 4))
    waiting = [(first, "picture 1")]
    seen: set[int] = set()
    number = 1
    parts = PartCount(end, MetadataError)
    claimed: Counter[str] = Counter()
    while waiting:
        place, name = waiting.pop()
        if place in seen:
            raise MetadataError("the TIFF's directories go round in a circle")
        seen.add(place)
        fields, following = _directory(file, order, place, end)
        parts.add(1 + len(fields))
        claimed["tags"] += sum(map(len, fields.values()))
        for found in _pixels(fields, name, end):
            parts.add()
            # A JPEG of its own may hold the strips: each kind is counted for itself.
            claimed[found.name.split()[0]] += found.size
            if max(claimed.values()) > end:
                raise MetadataError(_OVERLAP)
            yield found
        if following:
            number += 1
            waiting.append((following, f"picture {number}"))
        below = _integers(fields, _SUB_DIRECTORIES)
        waiting += [(offset, f"{name}.{k}") for k, offset in enumerate(below, 1)]


def _pixels(fields: dict[int, Values], name: str, end: int) -> Iterator[ByteRange]:
    for tag in sorted(_MEANING & fields.keys()):
        yield ByteRange(f"tag {tag} of {name}", value=fields[tag])
    for kind, (where, how_many) in _PIXELS.items():
        offsets, sizes = _integers(fields, where), _integers(fields, how_many)
        if len(offsets) != len(sizes):
            raise MetadataError(f"{name} has {len(offsets)} {kind}s and {len(sizes)} sizes of them")
        for k, (offset, size) in enumerate(zip(offsets, sizes, strict=True), 1):
            # A writer that was cut short leaves a size beyond the end: compare what is there.
            yield ByteRange(f"{kind} {k} of {name}", offset, max(0, min(size, end - offset)))


def _integers(fields: dict[int, Values], tag: int) -> tuple[int, ...]:
    values = fields.get(tag, ())
    return () if isinstance(values, bytes) else values


def _directory(file: int, order: str, place: int, end: int) -> tuple[dict[int, Values], int]:
    (entries,) = struct.unpack(order + "H", read_at(file, place, 2))
    data = read_at(file, place + 2, entries * 12 + 4)
    fields: dict[int, Values] = {}
    claimed = 0
    for start in range(0, entries * 12, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, start)
        wanted = tag in _MEANING or tag == _SUB_DIRECTORIES
        if wanted or any(tag in pair for pair in _PIXELS.values()):
            size = count * _SIZES.get(kind, 1)
            raw = data[start + 8 : start + 8 + size]
            if size > 4:
                (offset,) = struct.unpack_from(order + "I", data, start + 8)
                if offset + size > end:
                    raise MetadataError(f"the value of TIFF tag {tag} lies beyond the file's end")
                claimed += size
                if claimed > end:
                    raise MetadataError(_OVERLAP)
                raw = read_at(file, offset, size)
            form = _TYPES.get(kind)
            fields[tag] = struct.unpack(f"{order}{count}{form}", raw) if form else raw
    (following,) = struct.unpack_from(order + "I", data, entries * 12)
    return fields, following

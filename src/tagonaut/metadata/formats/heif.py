"""HEIC and AVIF: the ranges that must stay, which are items, and the boxes about them.

ISO/IEC 14496-12 has the boxes, 23008-12 the items of pictures. Writing metadata moves the items'
data in the file; each is followed to where it lies.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tagonaut.errors import CheckError, MetadataError, NoKeywordsError
from tagonaut.limits import MEMORY, PartCount
from tagonaut.metadata.formats.byte_ranges import EXIF, XMP, ByteRange, read_at

# Of the memory for one file: the list of its pictures, which becomes objects.
_META_SHARE = 64


@dataclass
class _Item:
    """An item: its entry in the list of items, and its data's places in the file."""

    kind: bytes = b""
    entry: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    elsewhere: list[int] = field(default_factory=list)

    @property
    def is_xmp(self) -> bool:
        return self.kind == b"mime" and b"\0application/rdf+xml\0" in self.entry


def heif_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """Every item with its data, references, and every other box but free space; XMP by its name."""
    meta: tuple[int, int] | None = None
    for kind, start, body, stop in _boxes(file, 0, end):
        if kind == b"moov":
            raise NoKeywordsError("keywords cannot be written into a sequence of pictures")
        if kind == b"meta" and meta is None:
            meta = body, stop
        elif kind not in {b"mdat", b"free", b"skip"}:
            yield ByteRange(f"box {kind.decode('latin-1')}", start, stop - start)
    if meta is None:
        raise CheckError("the file lists no pictures")
    yield from _meta_ranges(file, *meta, end)


def _meta_ranges(file: int, place: int, stop: int, end: int) -> Iterator[ByteRange]:
    MEMORY.check(stop - place, "the list of its pictures is", MetadataError, share=_META_SHARE)
    boxes = {
        kind: (start, body, after) for kind, start, body, after in _boxes(file, place + 4, stop)
    }
    if len(boxes) < sum(1 for _ in _boxes(file, place + 4, stop)):
        raise CheckError("the list of pictures is not understood: it has a box twice")
    items = _items(_payload(file, boxes, b"iinf"))
    inside = boxes[b"idat"][1] if b"idat" in boxes else 0
    _locate(_payload(file, boxes, b"iloc"), items, inside, end)
    references = _references(_payload(file, boxes, b"iref")) if b"iref" in boxes else []
    primary = int.from_bytes(_payload(file, boxes, b"pitm")[4:], "big")
    # XMP of other pictures in the file is nothing that we write.
    others = {origin for kind, origin, to in references if kind == b"cdsc" and primary not in to}
    ours = {number for number, item in items.items() if item.is_xmp} - others
    for kind, (start, _, after) in sorted(boxes.items()):
        if kind not in {b"iinf", b"iloc", b"iref", b"idat", b"free"}:
            yield ByteRange(f"box {kind.decode('latin-1')}", start, after - start)
    kept = sorted(reference for reference in references if reference[1] not in ours)
    yield ByteRange("the references between items", value=kept)
    for number, item in sorted(items.items()):
        name = EXIF if item.kind == b"Exif" else f"item {number}"
        if number in ours:
            name = XMP
        else:
            yield ByteRange(name, value=(number, item.entry, *item.elsewhere))
        for offset, size in item.extents:
            yield ByteRange(name, offset, size)


def _boxes(file: int, place: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """The kind of each box, and the places where it begins, its content begins, and it ends."""
    parts = PartCount(end - place, MetadataError)
    while place < end:
        size, kind = struct.unpack(">I4s", read_at(file, place, 8))
        parts.add()
        body = place + 8
        if size == 1:
            (size,) = struct.unpack(">Q", read_at(file, body, 8))
            body += 8
        stop = end if size == 0 else place + size
        if not body <= stop <= end:
            raise CheckError("the file's boxes cannot be followed")
        yield kind, place, body, stop
        place = stop


def _payload(file: int, boxes: dict[bytes, tuple[int, int, int]], kind: bytes) -> bytes:
    if kind not in boxes:
        raise CheckError(f"the file has no box {kind.decode()}")
    _, body, stop = boxes[kind]
    return read_at(file, body, stop - body)


def _items(data: bytes) -> dict[int, _Item]:
    items = {}
    place = 6 if data[0] == 0 else 8
    while place < len(data):
        size, _ = struct.unpack_from(">I4s", data, place)
        entry = data[place + 8 : place + size]
        if size < 8 or entry[0] not in {2, 3}:
            raise CheckError("the file lists its items in a way that is not understood")
        wide = entry[0] == 3
        (number,) = struct.unpack_from(">I" if wide else ">H", entry, 4)
        kind = entry[10:14] if wide else entry[8:12]
        items[number] = _Item(kind, entry)
        place += size
    return items


def _locate(data: bytes, items: dict[int, _Item], inside: int, end: int) -> None:
    """Set the places of the items' data in the file."""
    version, widths = data[0], struct.unpack_from(">H", data, 4)[0]
    offset_size, length_size, base_size, index_size = (
        widths >> shift & 15 for shift in (12, 8, 4, 0)
    )
    index_size = index_size if version else 0
    wide = version == 2
    place = 6

    def number(size: int) -> int:
        nonlocal place
        if place + size > len(data):
            raise CheckError("the places of items cannot be followed")
        place += size
        return int.from_bytes(data[place - size : place], "big")

    for _ in range(number(4 if wide else 2)):
        item = items.setdefault(number(4 if wide else 2), _Item())
        method = number(2) & 15 if version else 0
        source = number(2)
        base = number(base_size)
        extents = number(2)
        if extents > 1 and not offset_size + length_size + index_size:
            raise CheckError("the places of items cannot be followed")
        for _ in range(extents):
            index = number(index_size)
            offset, size = base + number(offset_size), number(length_size)
            if method > 1 or source:
                # In another file, or in another item: that its place is the same will do.
                item.elsewhere += (method, source, index, offset, size)
                continue
            start = offset + (inside if method == 1 else 0)
            size = size or end - start
            if size < 0 or start + size > end:
                raise CheckError("an item lies beyond the file's end")
            item.extents.append((start, size))


def _references(data: bytes) -> list[tuple[bytes, int, tuple[int, ...]]]:
    """The kind of each reference, its item, and the items that it leads to."""
    found = []
    form, width = (">I", 4) if data[0] else (">H", 2)
    place = 4
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        (origin,) = struct.unpack_from(form, data, place + 8)
        (count,) = struct.unpack_from(">H", data, place + 8 + width)
        targets = struct.unpack_from(f">{count}{form[1]}", data, place + 10 + width)
        if size < 8:
            raise CheckError("the references between items cannot be followed")
        found.append((kind, origin, targets))
        place += size
    return found

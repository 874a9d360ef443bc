"""TIFF: the ranges that must stay, the strips and tiles of every directory and their meaning."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tagonaut.errors import CheckError, MetadataError
from tagonaut.limits import PartCount
from tagonaut.metadata.formats.byte_ranges import EXIF, ByteRange
from tagonaut.metadata.formats.photoshop import kept_resources
from tagonaut.metadata.formats.tiff_directories import Entry, Tiff, Values

_SUB_DIRECTORIES = 330
# Where the pixels are: the tag of the offsets, and that of the sizes.
_PIXELS = {"strip": (273, 279), "tile": (324, 325), "JPEG stream": (513, 514)}
# What the bytes mean: sizes, bits, compression, photometric interpretation, colour map, tables.
_MEANING = {
    *(254, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 293, 317, 320, 322, 323),
    *(332, 336, 338, 339, 340, 341, 347, 512, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
}
_PLACES = {_SUB_DIRECTORIES, *(tag for pair in _PIXELS.values() for tag in pair)}
_EXIF_DIRECTORY, _MAKER_NOTES, _DNG_NOTES, _PHOTOSHOP = 34665, 37500, 50740, 34377
# Those of Exif, GPS and Interop.
_BELOW = (_EXIF_DIRECTORY, 34853, 40965)
# What a writer has to change as other things move, and what is compared elsewhere: maker notes,
# free space, XMP, IPTC, Photoshop's resources, XPKeywords.
_NOT_KEPT = {*_PLACES, *_BELOW, _MAKER_NOTES, _DNG_NOTES, _PHOTOSHOP, 288, 289, 700, 33723, 40094}
# Some writers let tags share a value; more than this many times the file no photo has.
_MOST_SHARED = 4

_OVERLAP = "the TIFF's parts overlap: a copy would be many times as large"


def tiff_ranges(file: int, end: int) -> Iterator[ByteRange]:
    """The bytes of the pixels of every directory, sub-directories too, and the tags about them.

    And as EXIF, the values of all other tags in them, and in the directories of Exif, GPS and
    Interop: all but what is written, and maker notes, whose offsets a writer moves.

    Raises ``MetadataError`` where these overlap: whoever copies the file, as ExifTool does, writes
    each of them, and a megabyte becomes gigabytes.
    """
    tiff = Tiff(file, end)
    waiting = [(tiff.first, "picture 1")]
    seen: set[int] = set()
    number = 1
    parts = PartCount(end, MetadataError)
    claimed: Counter[str] = Counter()
    while waiting:
        place, name = waiting.pop()
        if place in seen:
            raise CheckError("the TIFF's directories go round in a circle")
        seen.add(place)
        entries, following = tiff.directory(place)
        fields = _fields(tiff, entries)
        parts.add(1 + len(entries))
        claimed["tags"] += sum(map(len, fields.values()))
        for found in _pixels(fields, name, end):
            parts.add()
            # A JPEG of its own may hold the strips: each kind is counted for itself.
            claimed[found.name.split()[0]] += found.size
            if max(claimed.values()) > end:
                raise CheckError(_OVERLAP)
            yield found
        kept = [*_kept(tiff, entries, seen)]
        parts.add(len(kept))
        if sum(found.size for found in kept) > _MOST_SHARED * end:
            raise CheckError(_OVERLAP)
        yield from kept
        if following:
            number += 1
            waiting.append((following, f"picture {number}"))
        below = _integers(fields, _SUB_DIRECTORIES)
        waiting += [(offset, f"{name}.{k}") for k, offset in enumerate(below, 1)]


def has_maker_notes(path: Path) -> bool:
    """Whether the first picture of a TIFF has a camera's notes."""
    with path.open("rb") as file:
        number = file.fileno()
        tiff = Tiff(number, os.fstat(number).st_size)
        entries, _ = tiff.directory(tiff.first)
        below = [tiff.directory(place)[0] for place in _below(tiff, entries)]
    return any({_MAKER_NOTES, _DNG_NOTES} & some.keys() for some in (entries, *below))


def _fields(tiff: Tiff, entries: dict[int, Entry]) -> dict[int, Values]:
    wanted = {tag: entries[tag] for tag in entries if tag in _MEANING or tag in _PLACES}
    if sum(entry.size for entry in wanted.values() if entry.size > 4) > tiff.end:
        beyond = [tag for tag, one in wanted.items() if one.offset + one.size > tiff.end]
        raise CheckError(
            f"the value of TIFF tag {beyond[0]} lies beyond the file's end" if beyond else _OVERLAP
        )
    return {tag: tiff.values(tag, entry) for tag, entry in wanted.items()}


def _pixels(fields: dict[int, Values], name: str, end: int) -> Iterator[ByteRange]:
    for tag in sorted(_MEANING & fields.keys()):
        yield ByteRange(f"tag {tag} of {name}", value=fields[tag])
    for kind, (where, how_many) in _PIXELS.items():
        offsets, sizes = _integers(fields, where), _integers(fields, how_many)
        if len(offsets) != len(sizes):
            raise CheckError(f"{name} has {len(offsets)} {kind}s and {len(sizes)} sizes of them")
        for k, (offset, size) in enumerate(zip(offsets, sizes, strict=True), 1):
            # A writer that was cut short leaves a size beyond the end: compare what is there.
            yield ByteRange(f"{kind} {k} of {name}", offset, max(0, min(size, end - offset)))


def _kept(tiff: Tiff, entries: dict[int, Entry], seen: set[int]) -> Iterator[ByteRange]:
    """The values of all other tags of a directory, and of those below it not ``seen`` so far."""
    for tag in sorted(entries.keys() - _MEANING - _NOT_KEPT):
        entry = entries[tag]
        size = max(0, min(entry.size, tiff.end - entry.offset))
        yield ByteRange(EXIF, entry.offset, size, (tag, entry.kind, entry.number))
    if (resources := entries.get(_PHOTOSHOP)) is not None:
        size = max(0, min(resources.size, tiff.end - resources.offset))
        yield from kept_resources(tiff.file, [(resources.offset, size)])
    for place in _below(tiff, entries):
        if place not in seen:
            seen.add(place)
            yield from _kept(tiff, tiff.directory(place)[0], seen)


def _below(tiff: Tiff, entries: dict[int, Entry]) -> list[int]:
    """Where the directories of Exif, GPS and Interop are, as far as they are in the file."""
    found = (tiff.values(tag, entries[tag]) for tag in _BELOW if tag in entries)
    places = [place for values in found if not isinstance(values, bytes) for place in values]
    return [place for place in places if 8 <= place <= tiff.end - 6]


def _integers(fields: dict[int, Values], tag: int) -> tuple[int, ...]:
    values = fields.get(tag, ())
    return () if isinstance(values, bytes) else values

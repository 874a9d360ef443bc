"""The data sets of an IPTC block (IPTC-NAA Information Interchange Model, version 4.2)."""

import struct
from itertools import pairwise
from typing import NamedTuple

from tagonaut.errors import MetadataError
from tagonaut.limits import PartCount

ENVELOPE_VERSION, CHARSET, VERSION = (1, 0), (1, 90), (2, 0)
KEYWORD, CAPTION = (2, 25), (2, 120)

_MARK = 0x1C
_LONGEST_LENGTH = 8


class DataSet(NamedTuple):
    """One data set: the numbers of its record and in it, its value, and all of its bytes."""

    key: tuple[int, int]
    value: bytes
    raw: bytes

    @property
    def text(self) -> bytes:
        """The value without the NULs that some programs end a text with."""
        return self.value.rstrip(b"\0")


class Parsed(NamedTuple):
    """The data sets of a block, the bytes behind them, and whether the block is sound.

    An unsound block has something else than zeros behind its data sets, a data set that is cut
    short, or bytes swapped in groups of four; its data sets are those that readers make out.
    """

    sets: tuple[DataSet, ...]
    rest: bytes
    sound: bool

    @property
    def unpadded(self) -> bytes:
        """The block without what is behind its data sets."""
        return b"".join(one.raw for one in self.sets)


def parse(block: bytes) -> Parsed:
    """The parts of a block, sound or not; ``MetadataError`` for more than a photo may have."""
    parts = PartCount(len(block), MetadataError)
    swapped = len(block) >= 4 and block[0] != _MARK and block[3] == _MARK
    if swapped:
        whole = block + bytes(-len(block) % 4)
        words = struct.unpack(f"<{len(whole) // 4}I", whole)
        block = struct.pack(f">{len(words)}I", *words)
    sets: list[DataSet] = []
    place = 0
    while (found := _data_set(block, place)) is not None:
        parts.add()
        sets.append(found)
        place += len(found.raw)
    rest = block[place:]
    return Parsed(tuple(sets), rest, not swapped and not rest.strip(b"\0"))


def is_usual(block: bytes) -> bool:
    """Whether all readers say the same of a block: sound, in order, and without repeated texts."""
    parsed = parse(block)
    keys = [one.key for one in parsed.sets]
    once = (ENVELOPE_VERSION, CHARSET, VERSION, CAPTION)
    in_order = all(one[0] <= other[0] for one, other in pairwise(keys))
    unrepeated = all(keys.count(key) < 2 for key in once)
    return bool(block) and parsed.sound and not parsed.rest and in_order and unrepeated


def data_set(key: tuple[int, int], value: bytes) -> DataSet:
    """A new data set, extended where its value is long."""
    size = len(value)
    length = struct.pack(">H", size) if size < 0x8000 else struct.pack(">HI", 0x8004, size)
    return DataSet(key, value, bytes([_MARK, *key]) + length + value)


def _data_set(block: bytes, place: int) -> DataSet | None:
    """The data set at a place; ``None`` if there is none that is whole."""
    if place + 5 > len(block) or block[place] != _MARK:
        return None
    record, number, size = struct.unpack_from(">BBH", block, place + 1)
    start = place + 5
    if size & 0x8000:
        length = size & 0x7FFF
        if length > _LONGEST_LENGTH:
            return None
        size = int.from_bytes(block[start : start + length], "big")
        start += length
    end = start + size
    if end > len(block):
        return None
    return DataSet((record, number), block[start:end], block[place:end])

"""The directories of a TIFF file, as its header and they themselves say where they are."""

import struct
from typing import NamedTuple

from tagonaut.errors import CheckError
from tagonaut.metadata.formats.byte_ranges import read_at

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}

Values = tuple[int, ...] | bytes


class Entry(NamedTuple):
    """A tag: the type and the number of its values, and where in the file they are."""

    kind: int
    number: int
    offset: int
    size: int


class Tiff:
    """An open file whose directories are read one by one; ``end`` is its size.

    It may lie in another file, from ``start`` on; all places are counted from there. Raises
    ``MetadataError``, ``struct.error`` or ``IndexError`` for one that is damaged.
    """

    def __init__(self, file: int, end: int, *, start: int = 0) -> None:
        self.file, self.end, self.start = file, end, start
        self.order = "<" if self._read(0, 2) == b"II" else ">"
        (self.first,) = struct.unpack(self.order + "I", self._read(4, 4))

    def directory(self, place: int) -> tuple[dict[int, Entry], int]:
        """The entries by tag, of tags that occur twice the last, and where the next one is."""
        (count,) = struct.unpack(self.order + "H", self._read(place, 2))
        data = self._read(place + 2, count * 12 + 4)
        found: dict[int, Entry] = {}
        for start in range(0, count * 12, 12):
            tag, kind, several, offset = struct.unpack_from(self.order + "HHII", data, start)
            size = several * _SIZES.get(kind, 1)
            if size <= 4:
                offset = place + 2 + start + 8
            found[tag] = Entry(kind, several, offset, size)
        (following,) = struct.unpack_from(self.order + "I", data, count * 12)
        return found, following

    def values(self, tag: int, entry: Entry) -> Values:
        """The numbers of an entry, or its bytes if they are none."""
        if entry.offset + entry.size > self.end:
            raise CheckError(f"the value of TIFF tag {tag} lies beyond the file's end")
        raw = self._read(entry.offset, entry.size)
        form = _INTEGERS.get(entry.kind)
        return struct.unpack(f"{self.order}{entry.number}{form}", raw) if form else raw

    def _read(self, place: int, size: int) -> bytes:
        return read_at(self.file, self.start + place, size)

"""Counts what the pages of a Parquet file unpack to, before anybody unpacks them.

A page says in its header how many bytes and values it becomes, and readers reserve that much: a
page of twenty bytes can claim two gigabytes. The file's own index says other numbers, which nothing
checks. The headers are in Thrift's compact protocol, and the format is described at
https://parquet.apache.org/docs/file-format/.
"""

import mmap
import struct
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from tagonaut.errors import TagonautError
from tagonaut.files.reading import open_regular
from tagonaut.limits import CELLS, MEMORY, PartCount

_MAGIC = b"PAR1"
_END = struct.Struct("<I4s")
# Of the memory: the index, whose numbers become objects.
_INDEX_SHARE = 64
_DEEPEST = 16
_LONGEST_NUMBER = 10

# Field numbers of the specification.
_ROW_GROUPS, _COLUMNS, _COLUMN = 4, 1, 3
_PATH, _SIZE, _FIRST_DATA, _DICTIONARY = 3, 7, 9, 11
_UNPACKED, _PACKED, _VALUES = 2, 3, 1
# Data, dictionary, and data of the second version.
_KINDS_OF_PAGES = (5, 7, 8)

_DAMAGED = "its pages cannot be followed"

Fields = Mapping[int, Any]


def check_pages(
    path: Path, error: type[TagonautError], columns: Collection[str] | None = None
) -> None:
    """Raise ``error`` if the pages of these columns, or of all, become more than the limits.

    Also raises it for pages that cannot be followed, and ``OSError`` for a file that cannot be
    read. The limits are those of memory for the bytes, and of cells for the values.
    """
    unpacked = items = 0
    try:
        with (
            open_regular(path, follow=True) as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            for page in page_headers(data, error, columns):
                unpacked += page[_UNPACKED]
                # Of plain columns there is one for each row, and rows are counted by the index.
                items += sum(page[kind][_VALUES] for kind in _KINDS_OF_PAGES if kind in page)
                MEMORY.check(unpacked, f"{path}: its pages become bytes that are", error)
                CELLS.check(items, f"{path}: the items of its lists are", error)
    except (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError):
        raise error(f"{path}: damaged: {_DAMAGED}") from None


def page_headers(
    data: mmap.mmap, error: type[TagonautError], columns: Collection[str] | None
) -> Iterator[Fields]:
    """The headers of the pages of some columns, or of all, by the specification's field numbers.

    Raises ``error`` for parts over the limits, and ``ValueError``, ``KeyError``, ``TypeError``,
    ``IndexError``, ``AttributeError`` or ``struct.error`` for a damaged file.
    """
    size, magic = _END.unpack_from(data, len(data) - _END.size)
    start = len(data) - _END.size - size
    if magic != _MAGIC or start < len(_MAGIC):
        raise ValueError(_DAMAGED)
    MEMORY.check(size, "the index of a Parquet file is", error, share=_INDEX_SHARE)
    parts = PartCount(len(data), error)
    index = _Thrift(data, start, len(data) - _END.size, parts).read_fields()
    every = [chunk[_COLUMN] for group in index[_ROW_GROUPS] for chunk in group[_COLUMNS]]
    # A page that several columns share would be unpacked for each of them.
    taken = sorted(_range(column, start) for column in every if column[_SIZE])
    if any(stop > begin for (_, stop), (begin, _) in pairwise(taken)):
        raise ValueError(_DAMAGED)
    for column in every:
        if column[_SIZE] and (columns is None or column[_PATH][0].decode() in columns):
            yield from _pages_of_column(data, column, start, parts)


def _range(column: Fields, end: int) -> tuple[int, int]:
    """Where the pages of a column begin and end."""
    first, dictionary = column[_FIRST_DATA], column.get(_DICTIONARY, 0)
    place = min(first, dictionary) if dictionary > 0 else first
    stop = place + column[_SIZE]
    if not len(_MAGIC) <= place <= stop <= end:
        raise ValueError(_DAMAGED)
    return place, stop


def _pages_of_column(
    data: mmap.mmap, column: Fields, end: int, parts: PartCount
) -> Iterator[Fields]:
    place, stop = _range(column, end)
    while place < stop:
        reader = _Thrift(data, place, stop, parts)
        header = reader.read_fields()
        if min(header[_UNPACKED], header[_PACKED]) < 0 or reader.place + header[_PACKED] > stop:
            raise ValueError(_DAMAGED)
        yield header
        place = reader.place + header[_PACKED]


class _Thrift:
    """Reads values of the compact protocol from ``place`` on, up to ``end``.

    Raises ``ValueError`` or ``IndexError`` for others, and counts structures as parts.
    """

    def __init__(self, data: mmap.mmap, place: int, end: int, parts: PartCount) -> None:
        self._data, self.place, self._end, self._parts = data, place, end, parts

    def read_fields(self, depth: int = 0) -> Fields:
        """The fields of a structure, by their numbers."""
        self._parts.add()
        if depth > _DEEPEST:
            raise ValueError(_DAMAGED)
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._integer()
            # Of a field, the kind says the boolean itself.
            found[number] = kind == 1 if kind in {1, 2} else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._integer()
            case 7:
                return self._bytes(8)
            case 8:
                return self._bytes(self._number())
            case 9 | 10:
                return self._list(depth)
            case 12:
                return self.read_fields(depth + 1)
        # Maps are nowhere in Parquet.
        raise ValueError(_DAMAGED)

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._number()
        if count > self._end - self.place or depth > _DEEPEST:
            raise ValueError(_DAMAGED)
        self._parts.add(count)
        return [self._value(head & 15, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        if self.place >= self._end:
            raise ValueError(_DAMAGED)
        self.place += 1
        return self._data[self.place - 1]

    def _bytes(self, size: int) -> bytes:
        if size > self._end - self.place:
            raise ValueError(_DAMAGED)
        self.place += size
        return self._data[self.place - size : self.place]

    def _number(self) -> int:
        """A number of seven bits to a byte, the lowest first."""
        found = 0
        for at in range(_LONGEST_NUMBER):
            byte = self._byte()
            found |= (byte & 127) << 7 * at
            if byte < 128:
                return found
        raise ValueError(_DAMAGED)

    def _integer(self) -> int:
        """A number whose lowest bit is its sign."""
        found = self._number()
        return (found >> 1) ^ -(found & 1)

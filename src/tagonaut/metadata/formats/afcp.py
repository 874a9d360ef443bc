"""AFCP: parts behind a picture, with a directory of them (AXS File Concatenation Protocol)."""

import struct

from tagonaut.metadata.formats.byte_ranges import ByteRange, read_at

_ORDERS = {b"AXS!": ">", b"AXS*": "<"}
_SIZE = 12


def afcp_ranges(file: int, end: int) -> tuple[int, list[ByteRange]]:
    """Where the trailer begins, the end of the file if there is none, and its parts."""
    tail = read_at(file, end - _SIZE, _SIZE) if end >= _SIZE else b""
    order = _ORDERS.get(tail[:4])
    if order is None:
        return end, []
    (start,) = struct.unpack_from(f"{order}I", tail, 4)
    if start + _SIZE > end - _SIZE:
        return end, []
    head = read_at(file, start, _SIZE)
    if head[:4] != tail[:4]:
        return end, []
    (entries,) = struct.unpack_from(f"{order}H", head, 6)
    packed = read_at(file, start + _SIZE, entries * _SIZE)
    parts = list(struct.iter_unpack(f"{order}4sII", packed))
    named = tuple((tag, size) for tag, size, _ in parts)
    directory = ByteRange("the AFCP directory", value=(head[:8], named))
    return start, [directory, *(ByteRange("an AFCP part", place, size) for _, size, place in parts)]

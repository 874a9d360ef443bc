"""XMP packets: their lists read and changed byte for byte, and the packets of a file."""

from tagonaut.metadata.xmp.jpeg_packet import replace_packet
from tagonaut.metadata.xmp.packets import (
    EMPTY,
    is_void,
    lists,
    newly_listed,
    rewritten,
    without_lists,
    xmp_lists,
)
from tagonaut.metadata.xmp.raw_packets import xmp_packets

__all__ = [
    "EMPTY",
    "is_void",
    "lists",
    "newly_listed",
    "replace_packet",
    "rewritten",
    "without_lists",
    "xmp_lists",
    "xmp_packets",
]

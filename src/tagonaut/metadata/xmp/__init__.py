"""XMP packets: their lists read and changed byte for byte, and the packets of a file."""

from tagonaut.metadata.xmp.packets import (
    EMPTY,
    is_void,
    lists,
    rewritten,
    without_lists,
    xmp_lists,
)
from tagonaut.metadata.xmp.raw_packets import only_packet, xmp_packets

__all__ = [
    "EMPTY",
    "is_void",
    "lists",
    "only_packet",
    "rewritten",
    "without_lists",
    "xmp_lists",
    "xmp_packets",
]

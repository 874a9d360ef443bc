"""Picture formats: one module per format, which knows where in a file its metadata is."""

from tagonaut.metadata.formats.byte_ranges import EXIF, XMP, ByteRange, read_at
from tagonaut.metadata.formats.content_credentials import is_signed
from tagonaut.metadata.formats.jpeg import (
    is_index_before_iptc,
    jpeg_packets,
    jpeg_segments,
    points_outside,
)
from tagonaut.metadata.formats.plain_jpeg import read_plain
from tagonaut.metadata.formats.protected import protected_ranges
from tagonaut.metadata.formats.recognise import WITH_IPTC, Format, recognise
from tagonaut.metadata.formats.tiff import has_maker_notes

__all__ = [
    "EXIF",
    "WITH_IPTC",
    "XMP",
    "ByteRange",
    "Format",
    "has_maker_notes",
    "is_index_before_iptc",
    "is_signed",
    "jpeg_packets",
    "jpeg_segments",
    "points_outside",
    "protected_ranges",
    "read_at",
    "read_plain",
    "recognise",
]

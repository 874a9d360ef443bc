"""Picture formats: one module per format, which knows where in a file its metadata is."""

from tagonaut.metadata.formats.byte_ranges import EXIF, XMP, ByteRange, read_at
from tagonaut.metadata.formats.content_credentials import is_signed
from tagonaut.metadata.formats.jpeg import jpeg_packets, jpeg_segments
from tagonaut.metadata.formats.plain_jpeg import read_plain
from tagonaut.metadata.formats.protected import protected_ranges
from tagonaut.metadata.formats.recognise import WITH_IPTC, Format, recognise

__all__ = [
    "EXIF",
    "WITH_IPTC",
    "XMP",
    "ByteRange",
    "Format",
    "is_signed",
    "jpeg_packets",
    "jpeg_segments",
    "protected_ranges",
    "read_at",
    "read_plain",
    "recognise",
]

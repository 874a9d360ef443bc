"""Whether two files differ only in metadata that was to change: pixels, XMP, EXIF, IPTC."""

from tagonaut.metadata.unchanged.exif import check_exif, check_previews
from tagonaut.metadata.unchanged.iptc import check_iptc
from tagonaut.metadata.unchanged.pixels import check_pixels, pixels_digest
from tagonaut.metadata.unchanged.xmp import check_warnings, check_xmp

__all__ = [
    "check_exif",
    "check_iptc",
    "check_pixels",
    "check_previews",
    "check_warnings",
    "check_xmp",
    "pixels_digest",
]

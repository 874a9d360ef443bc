"""Whether two files differ in nothing but the metadata that was to change: pixels, XMP, EXIF."""

from tagonaut.metadata.unchanged.exif import check_exif
from tagonaut.metadata.unchanged.pixels import check_pixels, pixels_digest
from tagonaut.metadata.unchanged.xmp import check_warnings, check_xmp

__all__ = [
    "check_exif",
    "check_pixels",
    "check_warnings",
    "check_xmp",
    "pixels_digest",
]

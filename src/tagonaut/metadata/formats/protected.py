"""The ranges that must stay in a file of any format."""

from collections.abc import Callable, Iterator, Mapping

from tagonaut.metadata.formats.byte_ranges import ByteRange
from tagonaut.metadata.formats.gif import gif_ranges
from tagonaut.metadata.formats.heif import heif_ranges
from tagonaut.metadata.formats.jpeg import jpeg_ranges
from tagonaut.metadata.formats.png import png_ranges
from tagonaut.metadata.formats.recognise import Format
from tagonaut.metadata.formats.tiff import tiff_ranges
from tagonaut.metadata.formats.webp import webp_ranges

_RANGES: Mapping[Format, Callable[[int, int], Iterator[ByteRange]]] = {
    "JPEG": jpeg_ranges,
    "TIFF": tiff_ranges,
    "PNG": png_ranges,
    "WebP": webp_ranges,
    "GIF": gif_ranges,
    "HEIC": heif_ranges,
    "AVIF": heif_ranges,
}


def protected_ranges(form: Format, file: int, end: int) -> Iterator[ByteRange]:
    """All but the metadata of a file descriptor whose size is ``end``, in the format's order.

    Raises ``MetadataError``, ``struct.error`` or ``IndexError`` for a file that is damaged.
    """
    return _RANGES[form](file, end)

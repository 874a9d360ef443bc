"""Decodes picture files to arrays of pixels, in decoder processes."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import PictureError
from tagonaut.pixels.decoder import ask

# One list for everything that looks for pictures in a folder.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp"}
    | {".heic", ".heif", ".hif", ".avif"}
    # JPEGs under other names: of old programs, and with a second picture for the other eye.
    | {".jfif", ".jfi", ".jif", ".mpo", ".jps", ".insp"}
)


def is_picture(path: Path) -> bool:
    """Whether the file's name says that it is a picture of a kind that we read."""
    return path.suffix.lower() in SUFFIXES


def decode(path: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Decode the first frame of a picture as displayed: ``array[height, width, 3]``, RGB, 0 to 255.

    EXIF orientation is applied, transparency becomes white, and 16-bit greys are reduced to 8 bits.
    A TIFF with more than three bands is displayed as contrast-stretched RGB. With ``size`` (width,
    height in pixels) the whole picture is resized to exactly that; a JPEG is then decoded at the
    smallest scale that still covers it. Raises ``PictureError``, one line.
    """
    return _checked(ask("decode", path, size).pixels, np.uint8, size)


def decode_bands(
    path: Path, size: tuple[int, int], declared: tuple[str, ...]
) -> NDArray[np.uint16]:
    """Decode the bands of a TIFF, resized: ``array[height, width, c]``, see ``network_order``.

    ``declared``: the bands' names in the file's order. Raises ``PictureError``, one line.
    """
    pixels = ask("decode_bands", path, size, declared).pixels
    return _checked(pixels, np.uint16, size, len(declared))


def band_names(path: Path) -> tuple[str, ...]:
    """The bands of a picture in the file's order; none for an ordinary one, grey or in colour."""
    return tuple(map(str, ask("band_names", path).value))


def _checked(
    pixels: NDArray[Any] | None, kind: type, size: tuple[int, int] | None, channels: int = 3
) -> NDArray[Any]:
    """The pixels; raises ``PictureError`` unless they are of the shape and type asked for."""
    if (
        pixels is None
        or pixels.dtype != kind
        or pixels.shape[2:] != (channels,)
        or (size is not None and pixels.shape[1::-1] != size)
    ):
        raise PictureError("its decoder gave other pixels than were asked for")
    return pixels

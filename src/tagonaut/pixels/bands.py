"""Reads TIFF files with more bands than red, green and blue, such as near-infrared."""

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.errors import PictureError
from tagonaut.limits import PartCount
from tagonaut.pixels.limits import check_memory, check_pixels

RGB = ("red", "green", "blue")
# The order of Planet's and most other sensors' four bands; aerial cameras' eight-bit files have
# infrared after red, green and blue.
SENSOR = ("blue", "green", "red", "infrared")
AERIAL = (*RGB, "infrared")

MOST_BANDS = 64
# Rows that are stretched at a time, so that their copies are small.
_ROWS = 256
# The bytes per pixel of what is made of the bands: a band as floats, and the picture for display.
_SHOWN_BYTES = 11
OPAQUE = 65_535
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# The names of bands in GDAL and elsewhere, and our names for them.
SPELLINGS = {"nir": "infrared", "near infrared": "infrared", "near-infrared": "infrared"}


@dataclass(frozen=True)
class Bands:
    """``pixels[h, w, c]``, 0 to 65,535, of the bands in ``names``, in the file's order."""

    pixels: NDArray[np.uint16]
    names: tuple[str, ...]

    def ordered(self) -> NDArray[np.uint16]:
        """``pixels[h, w, c]`` in the order of ``network_order``."""
        return self.pixels[..., [self.names.index(name) for name in network_order(self.names)]]

    def shown(self) -> NDArray[np.uint8]:
        """``[h, w, 3]``, 0 to 255: RGB for display, each channel stretched from 2 to 98 %.

        If the bands have other names, the first three are taken, from the longest waves down.
        """
        named = set(RGB) <= set(self.names)
        names = RGB if named else self.names[:3][::-1]
        found = np.empty((*self.pixels.shape[:2], 3), dtype=np.uint8)
        for channel, name in enumerate(names):
            band = self.pixels[..., self.names.index(name)]
            low, high = np.percentile(
                band.astype(np.float32), [2, 98], axis=(0, 1), overwrite_input=True
            )
            for top in range(0, len(band), _ROWS):
                rows = slice(top, top + _ROWS)
                stretched = (band[rows].astype(np.float32) - low) / np.maximum(high - low, 1)
                found[rows, :, channel] = (stretched.clip(0, 1) * 255).round()
        return found


def network_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """The bands with red, green and blue first, if there are any, as pretrained networks expect."""
    first = tuple(name for name in RGB if name in names)
    return first + tuple(name for name in names if name not in RGB)


def is_tiff(start: bytes) -> bool:
    """Whether a file's first bytes are those of a TIFF or BigTIFF file."""
    return start.startswith(TIFF_STARTS)


def read_bands(path: Path, declared: tuple[str, ...] = ()) -> Bands | None:
    """Read the first page's bands; None for an ordinary picture: grey, RGB, or RGB with alpha.

    The names are the ``declared`` ones, else the file's own descriptions, else they follow from the
    number and depth of the bands. A 16-bit fourth band that the file calls alpha, as Planet's files
    do, is alpha only if it is opaque somewhere. Raises ``PictureError``, also for pixels that are
    not whole numbers of up to 16 bits, and if there are not as many bands as ``declared``.
    """
    import tifffile

    # Its remarks on damaged files would reach the terminal; real faults are raised.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    # By the open file: the library would look for where its name leads to.
    with path.open("rb") as opened, tifffile.TiffFile(opened) as file:
        page = file.pages.first
        count = int(page.samplesperpixel)
        if count > MOST_BANDS:
            raise PictureError(f"it claims {count:,} bands; up to {MOST_BANDS} are read")
        _check_size(page, count)
        _check_type(np.dtype(page.dtype), whole=bool(declared) or count > 3)
        if count < 4 and not declared:
            return None
        inks = page.photometric == tifffile.PHOTOMETRIC.SEPARATED
        if count == 4 and not declared and (inks or _is_alpha(page)):
            return None
        pixels = _pixels(page)
        names = declared or _described(page, count)
    if len(names) != count:
        raise PictureError(f"it has {count} bands, not the {len(names)} of {', '.join(names)}")
    return Bands(pixels, names)


def resized(pixels: NDArray[np.uint16], size: tuple[int, int]) -> NDArray[np.uint16]:
    """Resize ``pixels[h, w, c]`` to ``size`` (width, height)."""
    planes = [
        Image.fromarray(pixels[..., band].astype(np.float32)).resize(
            size, Image.Resampling.BICUBIC, reducing_gap=3.0
        )
        for band in range(pixels.shape[2])
    ]
    return (
        np.stack([np.asarray(plane) for plane in planes], axis=2).clip(0, 65_535).astype(np.uint16)
    )


def _check_size(page: Any, count: int) -> None:
    """Raise ``PictureError`` for a page that takes too much memory, as a whole or one part of it.

    A tile or strip may be larger than the picture, and a picture deeper than one plane.
    """
    wide, high = int(page.imagewidth), int(page.imagelength)
    check_pixels(wide, high)
    check_pixels(wide * int(page.imagedepth), high)
    size = np.dtype(page.dtype or np.uint8).itemsize
    # As read, and once more where the planes lie apart or the bytes become 16 bits.
    copies = 2 if size == 1 or int(page.planarconfig) == 2 or _orientation(page) > 1 else 1
    shown = _SHOWN_BYTES if count > 3 else 0
    check_memory(wide, high, count * (size if copies == 1 else size + 2) + shown)
    part = math.prod(page.tile) if page.is_tiled else wide * min(high, int(page.rowsperstrip))
    check_memory(part, 1, 2 * count * size)


def _check_type(dtype: np.dtype[Any], *, whole: bool) -> None:
    """Raise ``PictureError`` for pixels that cannot be read; in ordinary pictures, only floats."""
    if (dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}) if whole else dtype.kind == "f":
        raise PictureError(f"pixels of {dtype} are not read: save them as 16-bit whole numbers")


def _is_alpha(page: Any) -> bool:
    import tifffile

    kinds = {int(kind) for kind in page.extrasamples}
    alpha = {int(tifffile.EXTRASAMPLE.ASSOCALPHA), int(tifffile.EXTRASAMPLE.UNASSALPHA)}
    if not kinds & alpha:
        return False
    return page.dtype != np.uint16 or bool(_pixels(page)[..., 3].max() == OPAQUE)


def _pixels(page: Any) -> NDArray[np.uint16]:
    found = page.asarray()
    if page.axes == "SYX":
        found = np.moveaxis(found, 0, 2)
    if found.ndim == 2:
        found = found[..., None]
    if found.ndim != 3:
        raise PictureError(
            f"its pixels have the axes {page.axes}; height, width and bands are read"
        )
    return _upright(found.astype(np.uint16, copy=False), _orientation(page))


def _orientation(page: Any) -> int:
    tag = page.tags.get(274)
    return int(tag.value) if tag else 1


def _upright(pixels: NDArray[np.uint16], orientation: int) -> NDArray[np.uint16]:
    """The pixels turned and flipped as TIFF's tag 274 asks."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _described(page: Any, count: int) -> tuple[str, ...]:
    names = _gdal_names(page)
    if len(names) == count and len(set(names)) == count:
        return names
    if count == 4:
        return SENSOR if page.dtype == np.uint16 else AERIAL
    return tuple(f"band {number}" for number in range(1, count + 1))


def _gdal_names(page: Any) -> tuple[str, ...]:
    """The bands' descriptions in GDAL's metadata (tag 42112); empty if there are none."""
    tag = page.tags.get(42112)
    text = str(tag.value) if tag else ""
    if not text or "<!" in text:
        return ()
    PartCount(len(text)).add(text.count("<"))
    try:
        items = ElementTree.fromstring(text.rstrip("\0")).iter("Item")
    except ElementTree.ParseError:
        return ()
    described = {
        int(item.get("sample", "-1")): (item.text or "").strip().lower()
        for item in items
        if item.get("role") == "description" and item.get("sample", "").isdecimal()
    }
    return tuple(SPELLINGS.get(described[at], described[at]) for at in sorted(described))

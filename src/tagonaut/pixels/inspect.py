"""Inspects a picture file: its header, its mean colour, its hashes, and small copies of it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.pixels.decode import band_names, decode
from tagonaut.pixels.decoder import ask
from tagonaut.pixels.hashing import content_hash
from tagonaut.pixels.perceptual_hash import perceptual_hash

FULL_PIXELS = 1_000_000
"""Pictures of more pixels are decoded at a reduced scale, of about ``REDUCED_PIXELS``."""
REDUCED_PIXELS = 512 * 512
SQUARE = 64
THUMBNAIL = (208, 120)
"""The most that a thumbnail measures: width and height in pixels."""


@dataclass(frozen=True)
class Header:
    """The header of a picture file, read before any pixel is decoded.

    ``width`` and ``height`` are in pixels, with EXIF ``orientation`` (1 to 8) applied. ``mode`` is
    Pillow's word for the channels, or names the bands of a picture that is displayed
    ``stretched``. ``frames`` counts the pictures in the file.
    """

    width: int
    height: int
    format: str
    mode: str
    orientation: int = 1
    frames: int = 1
    stretched: bool = False


@dataclass(frozen=True)
class Inspection:
    """The facts of one picture.

    ``file_size`` is in bytes. ``mean`` holds red, green and blue over all pixels, from 0 to 255,
    and ``spread`` is the largest standard deviation of a channel; large pictures are decoded
    ``reduced`` for both. ``content`` is the SHA-256 of the file. ``square[64, 64, 3]`` is the whole
    picture, ``thumbnail[h, w, 3]`` keeps its shape.
    """

    header: Header
    file_size: int
    content: bytes
    mean: tuple[float, float, float]
    spread: float
    reduced: bool
    perceptual_hash: int
    square: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]


def inspect_picture(path: Path) -> Inspection:
    """Read and decode one picture, once; raises ``PictureError``, one line."""
    content, size = content_hash(path)
    header = read_header(path)
    reduced = header is not None and header.width * header.height > FULL_PIXELS
    pixels = decode(path, _reduced_size(header) if header and reduced else None)
    header = _complete(path, header, pixels.shape[1], pixels.shape[0])
    image = Image.fromarray(pixels)
    mean, spread = _moments(image)
    square = image.resize((SQUARE, SQUARE), Image.Resampling.BOX, reducing_gap=1.0)
    image.thumbnail(THUMBNAIL, Image.Resampling.HAMMING)
    return Inspection(
        header,
        size,
        content,
        mean,
        spread,
        reduced,
        perceptual_hash(pixels),
        np.asarray(square),
        np.asarray(image),
    )


def _moments(image: Image.Image) -> tuple[tuple[float, float, float], float]:
    """Mean and spread, exact: from the counts of each of the 256 values."""
    counts = np.array(image.histogram(), dtype=np.int64).reshape(3, 256)
    values = np.arange(256)
    total = image.width * image.height
    mean = counts @ values / total
    variance = np.maximum(counts @ values**2 / total - mean**2, 0)
    return (float(mean[0]), float(mean[1]), float(mean[2])), float(np.sqrt(variance.max()))


def read_header(path: Path) -> Header | None:
    """The header as Pillow reads it; None if it cannot, though the picture may still decode.

    Raises ``PictureError`` as ``decode`` does for a file that is not there, or takes too long.
    """
    found = ask("header", path).value
    if found is None:
        return None
    width, height, form, mode, orientation, frames = found
    return Header(int(width), int(height), str(form), str(mode), int(orientation), int(frames))


def _complete(path: Path, header: Header | None, width: int, height: int) -> Header:
    header = header or Header(width, height, _format_by_name(path), "?")
    if header.format != "TIFF" or header.mode in {"1", "L", "P", "RGB"}:
        return header
    bands = band_names(path)
    return replace(header, mode=" + ".join(bands), stretched=True) if bands else header


def _reduced_size(header: Header) -> tuple[int, int]:
    scale = math.sqrt(REDUCED_PIXELS / (header.width * header.height))
    return max(1, round(header.width * scale)), max(1, round(header.height * scale))


def _format_by_name(path: Path) -> str:
    suffix = path.suffix.lstrip(".").upper()
    jpegs = dict.fromkeys(("JPG", "JPE", "JFIF", "JFI", "JIF", "JPS", "INSP"), "JPEG")
    return {**jpegs, "TIF": "TIFF", "HIF": "HEIF"}.get(suffix, suffix)

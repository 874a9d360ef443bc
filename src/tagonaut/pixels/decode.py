"""A picture file becomes an RGB array."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from tagonaut.errors import PictureError, TagonautError

# One list for everything that looks for pictures in a folder.
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp"})
MAX_PIXELS_VARIABLE = "TAGONAUT_MAX_PIXELS"
DEFAULT_MAX_PIXELS = 178_956_970

# The limit is ours to check, with a message that names the way to raise it.
Image.MAX_IMAGE_PIXELS = None


def is_picture(path: Path) -> bool:
    """Whether the file's name says that it is a picture of a kind that we read."""
    return path.suffix.lower() in SUFFIXES


def max_pixels() -> int:
    """The most pixels a picture may have, against decompression bombs."""
    text = os.environ.get(MAX_PIXELS_VARIABLE, "")
    try:
        return int(text) if text else DEFAULT_MAX_PIXELS
    except ValueError:
        raise TagonautError(f"{MAX_PIXELS_VARIABLE} is {text!r}: not a number of pixels") from None


def decode(path: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The first frame of a picture as people see it: ``array[height, width, 3]``, RGB, 0 to 255.

    EXIF orientation is applied, transparency laid on white, 16-bit greys are brought to 8 bits.
    With ``size`` (width, height in pixels) the whole picture is resized to exactly that; a JPEG is
    then decoded at the smallest scale that still covers it. Raises ``PictureError``, one line.
    """
    limit = max_pixels()
    try:
        with Image.open(path) as image:
            if image.width * image.height > limit:
                raise PictureError(
                    f"{image.width} × {image.height} pixels are over the limit of {limit:,}"
                    f" (to raise it, set {MAX_PIXELS_VARIABLE})"
                )
            return np.asarray(_upright(image, size))
    except PictureError:
        raise
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except OSError as error:
        raise PictureError(_reason(path, error)) from error
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise PictureError(f"cannot be decoded ({type(error).__name__}: {error})") from error


def _reason(path: Path, error: OSError) -> str:
    if error.errno:
        return f"cannot be read ({error.strerror})"
    if path.stat().st_size == 0:
        return "the file is empty"
    if "identify" in str(error):
        return "not a picture, or of a format that is not read"
    return f"cannot be decoded ({error})"


def _upright(image: Image.Image, size: tuple[int, int] | None) -> Image.Image:
    orientation = _orientation(image)
    if size is not None:
        sideways = orientation >= 5
        stored_size = size[::-1] if sideways else size
        if isinstance(image, ImageFile.ImageFile):
            image.draft(None, stored_size)
        image = _to_rgb(image).resize(stored_size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    else:
        image = _to_rgb(image)
    if orientation > 1:
        image.getexif()[0x0112] = orientation
        image = ImageOps.exif_transpose(image)
    return image


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged EXIF does not make the pixels unreadable
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise PictureError("floating-point pixels are not read: their range is not known")
    if image.mode.startswith("I"):
        # Sixteen-bit greys: convert("RGB") would clip them at 255 instead of scaling.
        wide: NDArray[Any] = np.asarray(image).clip(0, 65535)
        return Image.fromarray((wide >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image.convert("RGB")

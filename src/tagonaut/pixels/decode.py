"""Decodes picture files to arrays of pixels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from tagonaut.errors import PictureError, TagonautError
from tagonaut.pixels.bands import Bands, is_tiff, read_bands, resized
from tagonaut.pixels.limits import check_file, check_pixels

T = TypeVar("T")

# One list for everything that looks for pictures in a folder.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp"}
    | {".heic", ".heif", ".avif"}
)

# The limit is ours to check, with a message that names the way to raise it.
Image.MAX_IMAGE_PIXELS = None


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

    def work(start: bytes) -> NDArray[np.uint8]:
        bands = read_bands(path) if is_tiff(start) else None
        if bands is not None:
            image = Image.fromarray(bands.shown())
            return np.asarray(
                image if size is None else image.resize(size, Image.Resampling.BICUBIC)
            )
        with _open(path, start) as image:
            check_pixels(image.width, image.height)
            return np.asarray(_upright(image, size))

    return _guarded(path, work)


def decode_bands(
    path: Path, size: tuple[int, int], declared: tuple[str, ...]
) -> NDArray[np.uint16]:
    """Decode the bands of a TIFF, resized: ``array[height, width, c]``, see ``network_order``.

    ``declared``: the bands' names in the file's order. Raises ``PictureError``, one line.
    """

    def work(start: bytes) -> NDArray[np.uint16]:
        bands = read_bands(path, declared) if is_tiff(start) else None
        if bands is None:
            raise PictureError(f"it has no bands {', '.join(declared)}: it is not a TIFF file")
        return resized(bands.ordered(), size)

    return _guarded(path, work)


def band_names(path: Path) -> tuple[str, ...]:
    """The bands of a picture in the file's order; none for an ordinary one, grey or in colour."""

    def work(start: bytes) -> tuple[str, ...]:
        bands: Bands | None = read_bands(path) if is_tiff(start) else None
        return bands.names if bands else ()

    return _guarded(path, work)


def _guarded(path: Path, work: Callable[[bytes], T]) -> T:
    try:
        check_file(path)
        with path.open("rb") as file:
            start = file.read(32)
        return work(start)
    except TagonautError:
        raise
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except OSError as error:
        raise PictureError(_reason(path, error)) from error
    except Exception as error:  # a hostile file can make a decoder raise anything
        first_line = str(error).partition("\n")[0]
        raise PictureError(f"cannot be decoded ({type(error).__name__}: {first_line})") from error


def _open(path: Path, start: bytes) -> Image.Image:
    if start[4:8] == b"ftyp" and start[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        try:
            import pillow_heif
        except ImportError:
            raise PictureError(
                "HEIC pictures are read where the extra is installed: pip install 'tagonaut[heic]'"
            ) from None
        pillow_heif.register_heif_opener()
    return Image.open(path)


def _reason(path: Path, error: OSError) -> str:
    if error.errno:
        return f"cannot be read ({error.strerror})"
    if path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
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

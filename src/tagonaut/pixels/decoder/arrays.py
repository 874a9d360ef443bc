"""Decodes picture files to arrays of pixels, in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from tagonaut.errors import PictureError, TagonautError
from tagonaut.limits import check_plain_file
from tagonaut.pixels.bands import Bands, is_tiff, read_bands, resized
from tagonaut.pixels.open_image import check_decoding, open_with_structure, read_exif
from tagonaut.pixels.structure import check_structure

T = TypeVar("T")

# The pixels of a step of the work that copies them.
_AT_ONCE = 1 << 22
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def picture(path: Path, size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """``decode`` in this process."""

    def work(start: bytes) -> NDArray[np.uint8]:
        bands = read_bands(path) if is_tiff(start) else None
        if bands is not None:
            image = Image.fromarray(bands.shown())
            return np.asarray(
                image if size is None else image.resize(size, Image.Resampling.BICUBIC)
            )
        image, structure = open_with_structure(path)
        with image:
            stored_size, orientation = _stored(image, size)
            kept = structure.kept_bytes
            if stored_size and isinstance(image, ImageFile.ImageFile):
                image.draft(None, stored_size)
            file_size = path.stat().st_size
            check_decoding(image, file_size, kept, resized=size is not None)
            return np.asarray(_upright(image, stored_size, orientation))

    return _guarded(path, work)


def bands(path: Path, size: tuple[int, int], declared: tuple[str, ...]) -> NDArray[np.uint16]:
    """``decode_bands`` in this process."""

    def work(start: bytes) -> NDArray[np.uint16]:
        found = read_bands(path, declared) if is_tiff(start) else None
        if found is None:
            raise PictureError(f"it has no bands {', '.join(declared)}: it is not a TIFF file")
        return resized(found.ordered(), size)

    return _guarded(path, work)


def band_names(path: Path) -> tuple[str, ...]:
    """``decode.band_names`` in this process."""

    def work(start: bytes) -> tuple[str, ...]:
        found: Bands | None = read_bands(path) if is_tiff(start) else None
        return found.names if found else ()

    return _guarded(path, work)


def _guarded(path: Path, work: Callable[[bytes], T]) -> T:
    try:
        check_plain_file(path)
        with path.open("rb") as file:
            start = file.read(32)
        if is_tiff(start):
            check_structure(path)
        return work(start)
    except (TagonautError, MemoryError):
        raise
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except OSError as error:
        raise PictureError(_reason(path, error)) from error
    except Exception as error:  # a hostile file can make a decoder raise anything
        first_line = str(error).partition("\n")[0]
        raise PictureError(f"cannot be decoded ({type(error).__name__}: {first_line})") from error


def _reason(path: Path, error: OSError) -> str:
    if error.errno:
        return f"cannot be read ({error.strerror})"
    if path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or of a format that is not read"
    return f"cannot be decoded ({error})"


def _stored(image: Image.Image, size: tuple[int, int] | None) -> tuple[tuple[int, int] | None, int]:
    """The size before the picture is turned upright, and its orientation."""
    orientation = _orientation(image)
    return (size[::-1] if size and orientation >= 5 else size), orientation


def _upright(image: Image.Image, size: tuple[int, int] | None, orientation: int) -> Image.Image:
    image = _resized(image, size) if size else _to_rgb(image)
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    # A grey picture is the same in colour before and after, and smaller.
    image = image if image.mode == "L" and not _is_transparent(image) else _to_rgb(image)
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0).convert("RGB")


def _orientation(image: Image.Image) -> int:
    try:
        value = read_exif(image).get(0x0112, 1)
    except Exception:  # damaged EXIF does not make the pixels unreadable
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise PictureError("floating-point pixels are not read: their range is not known")
    if image.mode.startswith("I"):
        # Sixteen-bit greys: convert("RGB") would clip them at 255 instead of scaling.
        return _by_rows(image, _eight_bits)
    if _is_transparent(image):
        return _by_rows(image, _on_white)
    # Pillow's conversion copies what is RGB already.
    image.load()
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info


def _by_rows(image: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """``change`` applied to some rows at a time, so that its copies are small."""
    image.load()
    found = Image.new("RGB", image.size)
    rows = max(1, _AT_ONCE // image.width)
    for top in range(0, image.height, rows):
        box = 0, top, image.width, min(top + rows, image.height)
        found.paste(change(image.crop(box)), box)
    return found


def _eight_bits(image: Image.Image) -> Image.Image:
    wide: NDArray[Any] = np.asarray(image).clip(0, 65535)
    return Image.fromarray((wide >> 8).astype(np.uint8)).convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    colours = image.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("RGB")

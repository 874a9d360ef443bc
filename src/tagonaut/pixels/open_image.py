"""Opens picture files with Pillow, of the formats that are read and of no others.

Pillow has plugins for forty more. One of them starts Ghostscript on whatever begins like
PostScript, whatever the file is called; those are never asked, and not even loaded.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from tagonaut.errors import PictureError
from tagonaut.limits import check_plain_file
from tagonaut.pixels.limits import check_memory, check_pixels
from tagonaut.pixels.structure import Structure, check_exif, check_structure

# Pillow loads all its plugins when it is asked for a format of one that is not loaded.
_LOADED = (
    *(AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin),
    *(PngImagePlugin, TiffImagePlugin, WebPImagePlugin),
)
FORMATS = tuple(
    name for name in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF") if name in Image.OPEN
)

# The limit is ours to check, with a message that names the way to raise it.
Image.MAX_IMAGE_PIXELS = None

_HEIC = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1"})
_ONE_BYTE = frozenset({"1", "L", "P"})
# The bytes per pixel that a decoder holds beside Pillow's own picture: canvases, whole frames.
_DECODERS = {"WEBP": 12, "GIF": 8, "AVIF": 12, "HEIF": 12}
# They also hold the whole file, twice.
_HOLD_FILE = frozenset({"WEBP", "AVIF", "HEIF"})
# Pillow decodes them at a smaller scale if it is asked to.
_REDUCED = frozenset({"JPEG", "MPO"})
_CONVERTED, _AS_ARRAY = 4, 6


def open_image(source: Path | bytes) -> Image.Image:
    """The picture with its header read; raises ``PictureError`` for one that must not be read.

    Raises what Pillow does for a damaged one, and ``UnidentifiedImageError`` for all other formats.
    """
    return open_with_structure(source)[0]


def open_with_structure(source: Path | bytes) -> tuple[Image.Image, Structure]:
    """``open_image``, and what was counted in the file before Pillow saw it."""
    if isinstance(source, bytes):
        return Image.open(BytesIO(source), formats=FORMATS), Structure()
    check_plain_file(source)
    structure = check_structure(source)
    image = Image.open(source, formats=_formats(source))
    try:
        check_pixels(image.width, image.height)
        if image.format not in _REDUCED:
            check_memory(image.width, image.height, _decoded_bytes(image))
    except BaseException:
        image.close()
        raise
    return image, structure


def read_exif(image: Image.Image) -> Image.Exif:
    """The EXIF of an opened picture, none where it is damaged beyond reading.

    Raises ``PictureError`` for tags that claim more than there is. Of a PNG all is decoded first,
    as its EXIF may come last.
    """
    if image.format == "PNG":
        image.load()
    block: Any = image.info.get("exif") or b""
    profile: Any = image.info.get("Raw profile type exif")
    if not block and isinstance(profile, str):
        # As Pillow has it: three lines of a heading, and hexadecimal digits.
        block = bytes.fromhex("".join(profile.split("\n")[3:]))
    if isinstance(block, bytes):
        check_exif(block)
    return image.getexif()


def check_decoding(image: Image.Image, file_size: int, kept_bytes: int, *, resized: bool) -> None:
    """Raise ``PictureError`` if decoding takes too many bytes, copies included.

    ``kept_bytes`` are those that a decoder holds whatever the size that it decodes to.
    ``resized``: the picture is resized before it becomes an array.
    """
    plain = image.mode == "RGB" or (image.mode == "L" and resized)
    each = _decoded_bytes(image)
    each += (0 if plain else _CONVERTED) + (0 if resized else _AS_ARRAY)
    besides = kept_bytes + (2 * file_size if image.format in _HOLD_FILE else 0)
    check_memory(image.width, image.height, each, besides=besides)


def _decoded_bytes(image: Image.Image) -> int:
    return (1 if image.mode in _ONE_BYTE else 4) + _DECODERS.get(image.format or "", 0)


def _formats(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] != b"ftyp" or start[8:12] not in _HEIC:
        return FORMATS
    try:
        import pillow_heif
    except ImportError:
        raise PictureError(
            "HEIC pictures are read where the extra is installed: pip install 'tagonaut[heic]'"
        ) from None
    pillow_heif.register_heif_opener()
    return ("HEIF",)

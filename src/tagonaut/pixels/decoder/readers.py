"""The readers of a decoder process: one for each thing that can be asked about a picture."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tagonaut.pixels.decoder import arrays
from tagonaut.pixels.open_image import open_with_structure, read_exif

ORIENTATION, EXIF_FOLDER = 0x0112, 0x8769
MAKE, MODEL, SERIAL = 0x010F, 0x0110, 0xA431
TAKEN, FRACTION = 0x9003, 0x9291
LONGEST_TEXT = 1_000
# As many as fit into an answer.
MOST_DOCUMENTS = 100
_DOCUMENT = re.compile(
    rb"""xmpMM:(?:Original)?DocumentID(?:\s*=\s*["']|\s*>)\s*([^"'<>\s]{8,200})""", re.ASCII
)
# The EXIF of a PNG may come last: Pillow would decode the whole picture first.
_EXIF_IS_DEAR = "PNG"
_XMP_IN_TIFF = 700


def header(path: Path) -> tuple[int, int, str, str, int, int] | None:
    """Width and height in pixels as displayed, format, mode, orientation, and number of frames.

    None if Pillow cannot read it, though the picture may still decode.
    """
    try:
        image, structure = open_with_structure(path)
        with image:
            orientation = read_exif(image).get(ORIENTATION, 1)
            if not isinstance(orientation, int) or not 1 <= orientation <= 8:
                orientation = 1
            width, height = image.size[::-1] if orientation >= 5 else image.size
            # Pillow reads all of a file to count them.
            frames = structure.frames or int(getattr(image, "n_frames", 1))
            return width, height, image.format or "?", image.mode, orientation, frames
    except Exception:  # a damaged header is the decoder's to explain
        return None


def capture_time(path: Path) -> tuple[str, ...]:
    """Make, model and serial number of the camera, and the time on its clock with its fraction.

    Texts of Exif without the zero bytes and blanks around them; none where it cannot be read.
    """
    try:
        with open_with_structure(path)[0] as image:
            return _capture(image)
    except Exception:  # a hostile file can make a decoder raise anything
        return ()


def origin(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What ``capture_time`` reads, but for PNG, and the ids of the document in the main XMP."""
    try:
        with open_with_structure(path)[0] as image:
            documents = sorted({*map(bytes.decode, _DOCUMENT.findall(_xmp(image)))})
            taken = () if image.format == _EXIF_IS_DEAR else _capture(image)
            return taken, tuple(documents[:MOST_DOCUMENTS])
    except Exception:  # a hostile file can make a decoder raise anything
        return (), ()


def _capture(image: Image.Image) -> tuple[str, ...]:
    exif = read_exif(image)
    more = exif.get_ifd(EXIF_FOLDER)
    values = exif.get(MAKE), exif.get(MODEL), *map(more.get, (SERIAL, TAKEN, FRACTION))
    return tuple(map(_text, values))


def _xmp(image: Image.Image) -> bytes:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if image.format == "TIFF":
        packet = image.tag_v2.get(_XMP_IN_TIFF) or packet  # type: ignore[attr-defined]
    return packet.encode() if isinstance(packet, str) else bytes(packet)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return str(value or "").strip("\0 ")[:LONGEST_TEXT]


READERS: dict[str, Callable[..., Any]] = {
    "decode": arrays.picture,
    "decode_bands": arrays.bands,
    "band_names": arrays.band_names,
    "header": header,
    "capture_time": capture_time,
    "origin": origin,
}

"""Small real pictures of every format, and readers that know nothing of ours."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin

FORMATS = ("JPEG", "TIFF", "PNG", "WebP", "GIF", "HEIC", "AVIF")
MAKER_NOTE = b"Rev0113;Rg00B0;Gg00AC;Bg00A7;"

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"


def noise(size: int = 24, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def make(
    path: Path, form: str = "JPEG", *, size: int = 24, seed: int = 0, exif: bool = False
) -> Path:
    """A picture of that format, with EXIF and maker notes if asked."""
    named = {}
    if exif:
        block = Image.Exif()
        block[0x010F], block[0x0110] = "RICOH", "RDC-1"
        block.get_ifd(0x8769)[0x927C] = MAKER_NOTE
        named["exif"] = block
    if form == "HEIC":
        pytest.importorskip(
            "pillow_heif", reason="HEIC is drawn by pillow-heif"
        ).register_heif_opener()
        form = "HEIF"
    noise(size, seed).save(path, form, **named)
    return path


def exiftool(*arguments: str | Path) -> str:
    """The tool as people call it; for names and values of our own making only."""
    command = ["exiftool", "-config", "", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def put(path: Path, *, iptc: Sequence[str] = (), subject: Sequence[str] = (), more=()) -> Path:
    """Give a picture keywords with ExifTool's command line; IPTC without a character set."""
    words = [f"-IPTC:Keywords={word}" for word in iptc]
    words += [f"-XMP-dc:Subject={word}" for word in subject]
    exiftool("-q", "-overwrite_original", *words, *more, path)
    return path


def iptc_of(path: Path) -> list[bytes]:
    """IPTC Keywords of a JPEG or TIFF as Pillow reads them."""
    with Image.open(path) as image:
        found = (IptcImagePlugin.getiptcinfo(image) or {}).get((2, 25), [])
    return found if isinstance(found, list) else [found]


def subject_of(path: Path) -> list[str] | None:
    """XMP dc:subject as Pillow and an XML reader see it; carriage returns as line feeds."""
    with Image.open(path) as image:
        image.load()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if xmp is None:
        return None
    text = xmp if isinstance(xmp, bytes) else xmp.encode()
    root = ElementTree.fromstring(text.strip(b"\0 \n"))
    found = root.find(f".//{_SUBJECT}")
    return None if found is None else [item.text or "" for item in found.iter(f"{_RDF}li")]


def pixels_of(path: Path) -> list[bytes]:
    """Every frame, decoded."""
    with Image.open(path) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(image.convert("RGBA").tobytes())
        return frames

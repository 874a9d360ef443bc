"""Which format a picture file really has, by its first bytes; its name does not count."""

from pathlib import Path
from typing import Literal

from tagonaut.errors import MetadataError, NoKeywordsError

# "XMP" is a sidecar, a file of its own beside a picture.
Format = Literal["JPEG", "TIFF", "PNG", "WebP", "GIF", "HEIC", "AVIF", "XMP"]

# The Metadata Working Group allows IPTC in these; other formats have keywords in XMP alone.
WITH_IPTC: frozenset[Format] = frozenset({"JPEG", "TIFF"})


def recognise(path: Path) -> Format:
    """The format of a file whose keywords can be written.

    Raises ``NoKeywordsError`` for any other file, ``MetadataError`` for one that cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise MetadataError(f"cannot be read ({error.strerror})") from error
    if not start:
        raise MetadataError("the file is empty")
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WebP"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start[4:8] == b"ftyp" and (found := _by_brand(start)):
        return found
    if start.startswith((b"II+\0", b"MM\0+")):
        raise NoKeywordsError("keywords cannot be written into a BigTIFF file")
    if start.startswith(b"BM"):
        raise NoKeywordsError("keywords cannot be written into a BMP file")
    raise NoKeywordsError(
        "keywords cannot be written: not a JPEG, TIFF, PNG, WebP, GIF, HEIC or AVIF file"
    )


def _by_brand(start: bytes) -> Format | None:
    """HEIC or AVIF by the brands that the file says it keeps to; neither is a sequence."""
    size = int.from_bytes(start[:4], "big")
    brands = {start[place : place + 4] for place in (8, *range(16, min(size, len(start)), 4))}
    if start[8:12] in {b"avis", b"hevc", b"hevx", b"msf1"}:
        raise NoKeywordsError("keywords cannot be written into a sequence of pictures")
    if b"avif" in brands:
        return "AVIF"
    return "HEIC" if brands & {b"heic", b"heix", b"heim", b"heis", b"mif1"} else None

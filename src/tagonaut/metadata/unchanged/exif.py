"""Whether a photo's EXIF is the same in two files, wherever in them it lies."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import PREVIEW_SHARE, ExifTool

_READ = (
    *("-X", "-b", "-n", "-u", "-a", "-EXIF:all", "-MakerNotes:all"),
    *("-x", "IFD0:XPKeywords", "-x", "IFD0:ApplicationNotes", "-x", "IFD0:IPTC-NAA"),
)
# Where something lies in the file, or how large the block is that we write to.
_PLACES = re.compile("(Offsets?|Start|Pointer|XPKeywords)$")


# What can be taken out of a photo: previews, and the data of FLIR's cameras.
_PREVIEWS = ("-X", "-b", "-n", "-u", "-a", "-Preview:all", "-APP1:all", "-MPF:all")


def check_previews(tool: ExifTool, before: Path, after: Path) -> None:
    """Raise ``MetadataError``, naming a tag, unless ExifTool finds the same previews and raw data.

    A camera's notes may say where in the file a preview is, and then it is lost when a segment
    before it grows.
    """
    different = _difference(tool, before, after, _PREVIEWS)
    if different:
        raise MetadataError(
            f"writing would have lost what its EXIF points at: {different}; left alone, write a"
            " sidecar instead (--sidecar)"
        )


def check_exif(tool: ExifTool, before: Path, after: Path) -> None:
    """Raise ``MetadataError``, naming a tag, unless all EXIF but XPKeywords is the same.

    Maker notes and previews are part of it, places in the file are not.
    """
    different = _difference(tool, before, after, _READ)
    if different:
        raise MetadataError(
            f"writing would have changed more than keywords: EXIF {different}; left alone, write a"
            " sidecar instead (--sidecar)"
        )


def _difference(tool: ExifTool, before: Path, after: Path, arguments: Sequence[str]) -> str:
    """A tag that is not the same in both; empty if all are."""
    with tool.names([before, after]) as names:
        one, other = (_values(tool, name, arguments) for name in names)
    different = (one - other) + (other - one)
    return next((tag for tag, _ in different), "")


def _values(tool: ExifTool, name: str, arguments: Sequence[str]) -> Counter[tuple[str, str]]:
    output, _ = tool.execute([*arguments, name], share=PREVIEW_SHARE)
    try:
        root = ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise MetadataError(f"its EXIF cannot be read back ({error})") from error
    found: Counter[tuple[str, str]] = Counter()
    for element in root.iterfind("*/*"):
        tag = element.tag.rpartition("}")[2]
        if not _PLACES.search(tag):
            found[tag, "".join(element.itertext())] += 1
    return found

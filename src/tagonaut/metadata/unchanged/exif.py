"""Whether a photo's EXIF is the same in two files, wherever in them it lies."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tagonaut.errors import CheckError
from tagonaut.metadata.exiftool import PREVIEW_SHARE, ExifTool

_READ = (
    *("-X", "-b", "-n", "-u", "-a", "-EXIF:all", "-MakerNotes:all"),
    *("-x", "IFD0:XPKeywords", "-x", "IFD0:ApplicationNotes", "-x", "IFD0:IPTC-NAA"),
)
# Where something lies in the file, or how large the block is that we write to.
_PLACES = re.compile("(Offsets?|Start|Pointer|XPKeywords)$")


# What can be taken out of a photo: previews, and the data of FLIR's cameras.
_PREVIEWS = (*("-X", "-b", "-n", "-u", "-a", "-Preview:all", "-APP1:all", "-MPF:all"),)
# Asked for the preview itself, ExifTool says where it found it, and not where it should be.
_POINTERS = ("-X", "-n", "-u", "-a", "-*ImageStart", "-*ImageLength")
_AT_ONCE = 1 << 20


def check_previews(tool: ExifTool, before: Path, after: Path) -> None:
    """Raise ``CheckError``, naming a tag, unless ExifTool finds the same previews and raw data.

    And unless a preview is where a camera's notes say that it is: ExifTool looks for one that is
    not, when a segment before it has grown, but other programs do not.
    """
    different = _difference(tool, before, after, _PREVIEWS)
    if not different and _pointed_at(tool, before) != _pointed_at(tool, after):
        different = "PreviewImageStart"
    if different:
        raise CheckError(
            f"writing would have lost what its EXIF points at: {different}; left alone, write a"
            " sidecar instead (--sidecar)"
        )


def check_exif(tool: ExifTool, before: Path, after: Path) -> None:
    """Raise ``CheckError``, naming a tag, unless all EXIF but XPKeywords is the same.

    Maker notes and previews are part of it, places in the file are not.
    """
    different = _difference(tool, before, after, _READ)
    if different:
        raise CheckError(
            f"writing would have changed more than keywords: EXIF {different}; left alone, write a"
            " sidecar instead (--sidecar)"
        )


_Found = Counter[tuple[str, str]]


def _difference(tool: ExifTool, before: Path, after: Path, arguments: Sequence[str]) -> str:
    """A tag that is not the same in both; empty if all are."""
    one, other = (_values(_asked(tool, file, arguments)) for file in (before, after))
    return next((tag for tag, _ in (one - other) + (other - one)), "")


def _asked(tool: ExifTool, file: Path, arguments: Sequence[str]) -> ElementTree.Element:
    with tool.names([file]) as (name,):
        output, _ = tool.execute([*arguments, name], share=PREVIEW_SHARE)
    try:
        return ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise CheckError(f"its EXIF cannot be read back ({error})") from error


def _values(answer: ElementTree.Element) -> _Found:
    found: _Found = Counter()
    for element in answer.iterfind("*/*"):
        tag = element.tag.rpartition("}")[2]
        if not _PLACES.search(tag):
            found[tag, "".join(element.itertext())] += 1
    return found


def _pointed_at(tool: ExifTool, file: Path) -> _Found:
    """Digests of what is where previews should begin in the file, of as many bytes as they have."""
    found: _Found = Counter()
    answer = _asked(tool, file, _POINTERS)
    said = {element.tag: element.text or "" for element in answer.iterfind("*/*")}
    for tag, start in said.items():
        size = said.get(tag.removesuffix("Start") + "Length", "")
        if tag.endswith("ImageStart") and start.isdecimal() and size.isdecimal():
            found[tag.rpartition("}")[2], _digest(file, int(start), int(size))] += 1
    return found


def _digest(file: Path, start: int, size: int) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        opened.seek(start)
        while size > 0 and (data := opened.read(min(size, _AT_ONCE))):
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()

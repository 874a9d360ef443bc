"""Whether a photo's EXIF is the same in two files, wherever in them it lies."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool

_READ = (
    *("-X", "-b", "-n", "-u", "-a", "-EXIF:all", "-MakerNotes:all"),
    *("-x", "IFD0:XPKeywords", "-x", "IFD0:ApplicationNotes", "-x", "IFD0:IPTC-NAA"),
)
# Where something lies in the file, or how large the block is that we write to.
_PLACES = re.compile("(Offsets?|Start|Pointer|XPKeywords)$")


def check_exif(tool: ExifTool, before: Path, after: Path) -> None:
    """Raise ``MetadataError``, naming a tag, unless all EXIF but XPKeywords is the same.

    Maker notes and previews are part of it, places in the file are not.
    """
    with tool.names([before, after]) as names:
        one, other = (_values(tool, name) for name in names)
    different = (one - other) + (other - one)
    if different:
        tag, _ = next(iter(different))
        raise MetadataError(f"writing would have changed more than keywords: EXIF {tag}")


def _values(tool: ExifTool, name: str) -> Counter[tuple[str, str]]:
    output, _ = tool.execute([*_READ, name])
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

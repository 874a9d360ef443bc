"""Evidence in a file that two pictures are one photo: when and by which camera it was taken."""

import json
import re
from pathlib import Path
from typing import Any

from PIL import Image

from tagonaut.data.splitting.groups import capture_of
from tagonaut.pixels.open_image import open_image

_DOCUMENT = re.compile(
    rb"""xmpMM:(?:Original)?DocumentID(?:\s*=\s*["']|\s*>)\s*([^"'<>\s]{8,200})""", re.ASCII
)
# The EXIF of a PNG may come last: Pillow would decode the whole picture first.
_EXIF_IS_DEAR = "PNG"
_XMP_IN_TIFF = 700


def capture(file: Path) -> str | None:
    """What the metadata says of the picture's origin, for ``is_same``; None if it says nothing.

    That is the time with the camera, from EXIF, and the ids of the document, from XMP.
    """
    found: dict[str, Any] = {}
    try:
        with open_image(file) as image:
            if documents := {*map(bytes.decode, _DOCUMENT.findall(_xmp(image)))}:
                found["documents"] = sorted(documents)
            taken = None if image.format == _EXIF_IS_DEAR else capture_of(image)
            if taken is not None:
                found["taken"] = [taken.seconds, *taken.camera]
    except Exception:  # a hostile file can make a decoder raise anything
        return None
    return json.dumps(found) if found else None


def is_same(one: str | None, other: str | None) -> bool | None:
    """Whether two values of ``capture`` are of one photo; None if they do not tell.

    Raises ``ValueError`` for a text that is no such value.
    """
    first, second = (_read(text) for text in (one, other))
    if {*first.get("documents", ())} & {*second.get("documents", ())}:
        return True
    taken, also = first.get("taken"), second.get("taken")
    if not taken or not also:
        return None
    if taken != also:
        return False
    # A clock that no camera is named with may have stood still.
    return True if any(taken[1:]) else None


def _read(text: str | None) -> dict[str, list[Any]]:
    values = {} if text is None else json.loads(text)
    if not isinstance(values, dict) or not all(isinstance(one, list) for one in values.values()):
        raise ValueError("the origin of a picture is none")
    return values


def _xmp(image: Image.Image) -> bytes:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if image.format == "TIFF":
        packet = image.tag_v2.get(_XMP_IN_TIFF) or packet  # type: ignore[attr-defined]
    return packet.encode() if isinstance(packet, str) else bytes(packet)

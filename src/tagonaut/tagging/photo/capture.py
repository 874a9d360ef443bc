"""Evidence in a file that two pictures are one photo: when and by which camera it was taken."""

import json
from pathlib import Path
from typing import Any

from tagonaut.files.reading import parse_json
from tagonaut.pixels.capture_time import origin


def capture(file: Path) -> str | None:
    """What the metadata says of the picture's origin, for ``is_same``; None if it says nothing.

    That is the time with the camera, from EXIF, and the ids of the document, from XMP.
    """
    found: dict[str, Any] = {}
    taken, documents = origin(file)
    if documents:
        found["documents"] = list(documents)
    if taken is not None:
        found["taken"] = [taken.seconds, *taken.camera]
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
    values = {} if text is None else parse_json(text)
    if not isinstance(values, dict) or not all(isinstance(one, list) for one in values.values()):
        raise ValueError("the origin of a picture is none")
    return values

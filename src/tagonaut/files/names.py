"""Names of files and folders that are made of other names."""

import hashlib
import os
from pathlib import Path

from tagonaut.errors import TagonautError

LONGEST = 255
"""Bytes of a name, on nearly every file system."""
# Of a default name, so that a number, a suffix and a hidden name beside it have room.
_LONGEST_DEFAULT = 200


def hidden(path: Path, kind: str) -> Path:
    """The hidden name beside ``path`` for its ``lock``, the ``new`` or the ``old`` folder."""
    name = f".{path.name}.tagonaut-{kind}"
    if len(os.fsencode(name)) > LONGEST:
        digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()
        name = f".{digest[:32]}.tagonaut-{kind}"
    return path.parent / name


def shortened(name: str) -> str:
    """The beginning of a default name that is too long for a file system."""
    return os.fsencode(name)[:_LONGEST_DEFAULT].decode("utf-8", "ignore") or name


def check_name(name: str, what: str) -> str:
    """Return ``name``, which is to be part of a path; ``what`` it names, for the message.

    Raises ``TagonautError`` for one that would lead elsewhere, hide the folder or be no name.
    """
    if not name.strip() or name[0] == "." or "/" in name or "\\" in name or not name.isprintable():
        raise TagonautError(
            f"{what} {name!r:.80} cannot be the name of a folder: it is empty, begins with a dot,"
            " or holds a slash or a control character; change it, or give --out"
        )
    return name

"""Reading files that somebody else may have made: regular files alone, and of bounded size."""

import json
import os
import stat
import tomllib
from io import BufferedReader
from pathlib import Path
from typing import Any

MOST_BYTES = 256 << 20
"""No text file of a run is larger."""
MOST_DEPTH = 60
"""No document of ours is nested more deeply."""


def open_regular(path: Path, *, follow: bool = False) -> BufferedReader:
    """Open a regular file for reading, without ever waiting for it.

    ``follow``: the path may be a link to one. Raises ``OSError`` for a link, a pipe, a device or a
    folder: reading those may wait for ever, never end, or read what lies elsewhere.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    if not follow and path.is_symlink():
        raise OSError("it is a link, not a file")
    handle = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is not a regular file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bytes(path: Path, most: int = MOST_BYTES, *, follow: bool = False) -> bytes:
    """The content of a regular file; raises ``OSError`` for another, or for a larger one."""
    with open_regular(path, follow=follow) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"it is larger than {most / 1e6:,.0f} MB")
    return content


def parse_json(content: str | bytes) -> Any:
    """The values of a JSON document; raises ``ValueError`` for one that is nested too deeply."""
    try:
        values = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_depth(values)
    return values


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a TOML document; raises ``ValueError``."""
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_depth(values)
    return values


def check_depth(values: Any) -> None:
    """Raises ``ValueError`` for lists and tables nested more than ``MOST_DEPTH`` times."""
    level = [values]
    for _ in range(MOST_DEPTH):
        inner = [one for one in level if isinstance(one, dict | list)]
        if not inner:
            return
        level = [
            value for one in inner for value in (one.values() if isinstance(one, dict) else one)
        ]
    raise ValueError("nested too deeply")

"""Reading files that somebody else may have made: regular files alone, and of bounded size."""

import json
import os
import stat
import tomllib
from io import BufferedReader
from pathlib import Path
from typing import Any

from tagonaut.limits import DEPTH, MEMORY, TEXT_SHARE


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


def read_bytes(path: Path, most: int | None = None, *, follow: bool = False) -> bytes:
    """The content of a regular file; raises ``OSError`` for another, or for a larger one.

    ``most``: its bytes; by default those that a document may have.
    """
    limit = MEMORY.value // TEXT_SHARE if most is None else most
    with open_regular(path, follow=follow) as file:
        content = file.read(limit + 1)
    if most is None:
        check_document(len(content))
    elif len(content) > most:
        raise OSError(f"it is larger than {most / 1e6:,.0f} MB")
    return content


def check_document(size: int) -> None:
    """Raise ``OSError`` for a document of more bytes than one may have."""
    limit = MEMORY.value // TEXT_SHARE
    if size > limit:
        raise OSError(
            f"it is larger than {limit / 1e6:,.0f} MB: it is{MEMORY.over(share=TEXT_SHARE)}"
        )


def parse_json(content: str | bytes) -> Any:
    """The values of a JSON document; raises ``ValueError`` for one that is nested too deeply."""
    try:
        values = json.loads(content)
    except RecursionError:
        raise _too_deep() from None
    check_depth(values)
    return values


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a TOML document; raises ``ValueError``."""
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    check_depth(values)
    return values


def check_depth(values: Any) -> None:
    """Raise ``ValueError`` for lists and tables nested more deeply than ``DEPTH``."""
    level = [values]
    for _ in range(DEPTH.value):
        inner = [one for one in level if isinstance(one, dict | list)]
        if not inner:
            return
        level = [
            value for one in inner for value in (one.values() if isinstance(one, dict) else one)
        ]
    raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"nested too deeply: its levels are{DEPTH.over()}")

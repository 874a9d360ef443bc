"""Checks that a picture may be opened: it is a plain file, and not too large."""

import os
import stat
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError

MAX_PIXELS_VARIABLE = "TAGONAUT_MAX_PIXELS"
DEFAULT_MAX_PIXELS = 178_956_970


def max_pixels() -> int:
    """The most pixels a picture may have."""
    text = os.environ.get(MAX_PIXELS_VARIABLE, "")
    try:
        return int(text) if text else DEFAULT_MAX_PIXELS
    except ValueError:
        raise TagonautError(f"{MAX_PIXELS_VARIABLE} is {text!r}: not a number of pixels") from None


def check_pixels(width: int, height: int) -> None:
    """Raise ``PictureError`` for a picture over the limit; it names the way to raise that."""
    limit = max_pixels()
    if width * height > limit:
        raise PictureError(
            f"{width} × {height} pixels are over the limit of {limit:,}"
            f" (to raise it, set {MAX_PIXELS_VARIABLE})"
        )


def check_file(path: Path) -> None:
    """Raise ``PictureError`` unless it is a plain file: reading a pipe or device may never end.

    Raises ``OSError`` for a file that is not there.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise PictureError("cannot be read (it is a folder)")
    if not stat.S_ISREG(mode):
        raise PictureError("cannot be read (it is not a plain file)")

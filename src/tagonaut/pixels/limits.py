"""What is opened as a picture at all: plain files, and not too large ones."""

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
    """``PictureError`` that names the way to raise the limit, for a picture over it."""
    limit = max_pixels()
    if width * height > limit:
        raise PictureError(
            f"{width} × {height} pixels are over the limit of {limit:,}"
            f" (to raise it, set {MAX_PIXELS_VARIABLE})"
        )


def check_file(path: Path) -> None:
    """``PictureError`` for what is not a plain file: reading a pipe or a device may never end.

    Raises ``OSError`` for a file that is not there.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise PictureError("cannot be read (it is a folder)")
    if not stat.S_ISREG(mode):
        raise PictureError("cannot be read (it is not a plain file)")

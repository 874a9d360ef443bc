"""Checks that a file may be replaced by a new one of the same name."""

from pathlib import Path
from stat import S_ISLNK, S_ISREG

from tagonaut.errors import PictureError


def check_own_file(path: Path) -> None:
    """Raise ``PictureError`` unless a path is a plain file, ``OSError`` if there is none."""
    mode = path.lstat().st_mode
    if S_ISLNK(mode):
        raise PictureError("a symbolic link: left alone")
    if not S_ISREG(mode):
        raise PictureError("not a file")


def check_one_name(path: Path) -> None:
    """Raise ``PictureError`` for a file with several hard links: only one would get the new file.

    Raises ``OSError`` for a file that is not there.
    """
    names = path.lstat().st_nlink
    if names > 1:
        raise PictureError(
            f"it has {names} names (hard links): left alone; --break-links gives this name a file"
            " of its own"
        )

"""Checks that a file may be replaced by a new one, and of who else may write in its folder."""

import grp
import os
import pwd
from functools import cache
from pathlib import Path
from stat import S_ISLNK, S_ISREG, S_ISVTX, S_IWGRP, S_IWOTH

from tagonaut.errors import PictureError
from tagonaut.files.held import HeldFolder


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


def others_may_write(folder: HeldFolder) -> bool:
    """Whether another user, root aside, may replace our files in a folder."""
    found = os.fstat(folder.handle)
    if found.st_uid not in {os.geteuid(), 0}:
        return True
    if found.st_mode & S_ISVTX:
        return False
    by_group = bool(found.st_mode & S_IWGRP) and not _is_own_group(found.st_gid)
    return by_group or bool(found.st_mode & S_IWOTH)


@cache
def _is_own_group(number: int) -> bool:
    """Whether a group is that of this user alone, as many systems give everybody one."""
    try:
        group, user = grp.getgrgid(number), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return number == user.pw_gid and group.gr_name == user.pw_name and not group.gr_mem

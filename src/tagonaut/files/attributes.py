"""Owner, rights, extended attributes and time of a new file, as far as its disk can keep them.

Many disks keep only some of these: network shares, cameras and phones, FAT. An attribute that is
already as wanted is not set, and one that the disk does not know is left out. A file that others
could then read or change, although the original was closed to them, is refused.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE
from typing import Any

from tagonaut.errors import PictureError

_OWNER, _RIGHTS, _EXTENDED, _TIME = "owner", "permissions", "extended attributes", "time"
# What a system answers for a disk that does not know a request.
_UNKNOWN = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}
_ACCESS_LIST = "system.posix_acl_access"
# Of everybody but the owner.
_READ, _WRITE, _ENTER = 0o044, 0o022, 0o011


def not_kept(lost: set[str]) -> str:
    """The note for the user about attributes that the disk did not keep."""
    return (
        f"the disk of the tagged photos cannot keep their {', '.join(sorted(lost))}: new files have"
        " its own (to keep them, choose another disk)"
    )


def copy_rights(new: int, old: int, mode: int, *, extended: bool) -> set[str]:
    """Give an open file the owner of another one, ``mode`` and perhaps its extended attributes.

    Returns the names of what the disk does not keep. Raises ``PictureError`` for a file that is
    more open than that, and ``OSError``.
    """
    model = os.fstat(old)
    names = _copy_extended(new, old) if extended else set()
    lost = {_EXTENDED} if any(_is_of_people(name) for name in names) else set()
    if not _has_owner(new, model):
        lost.add(_OWNER)
    if _ACCESS_LIST in names or os.fstat(new).st_gid != model.st_gid:
        # The rights of one group are not those of another, nor those that a list gave it.
        mode &= ~0o070 | (mode & 0o007) << 3
    if S_IMODE(os.fstat(new).st_mode) != mode:
        _is_done(os.fchmod, new, mode)
    found = S_IMODE(os.fstat(new).st_mode)
    _check_closed(found, mode, _READ | _WRITE)
    return lost if found == mode else lost | {_RIGHTS}


def check_private(folder: int, like: Path) -> None:
    """Raise ``PictureError`` if others may enter a folder of ours who may not read ``like``.

    Before anything of the photo is written there: some disks give all folders the same rights.
    """
    found = S_IMODE(os.fstat(folder).st_mode)
    if found & _ENTER:
        _check_closed(found, S_IMODE(like.stat().st_mode), _READ)


def _check_closed(found: int, wanted: int, rights: int) -> None:
    if found & ~wanted & rights:
        raise PictureError(
            f"its disk would let others read or change it (permissions {found:03o} and not"
            f" {wanted:03o}): left alone; choose another disk, or give others these permissions"
            " first"
        )


def copy_time(new: int, old: int) -> set[str]:
    """Give an open file the time of modification of another; as ``copy_rights``."""
    model = os.fstat(old)
    if os.fstat(new).st_mtime_ns == model.st_mtime_ns:
        return set()
    times = (model.st_atime_ns, model.st_mtime_ns)
    return set() if _is_done(os.utime, new, ns=times) else {_TIME}


def sync(handle: int) -> None:
    """Sync an open file to disk, unless its disk knows no such request. Raises ``OSError``."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNKNOWN - {errno.EPERM}:
            raise


def _is_done(call: Callable[..., None], *values: Any, **named: Any) -> bool:
    """Whether the disk did what a call asks; false if it knows no such request."""
    try:
        call(*values, **named)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        return False
    return True


def _has_owner(handle: int, model: os.stat_result) -> bool:
    """Whether a new file has the owner and the group of its model, or could be given them."""
    now = os.fstat(handle)
    if (now.st_uid, now.st_gid) == (model.st_uid, model.st_gid):
        return True
    for owner in (model.st_uid, -1):  # only root may give a file away
        try:
            os.fchown(handle, owner, model.st_gid)
        except OSError:
            continue
        return owner == model.st_uid
    return False


def _copy_extended(new: int, old: int) -> set[str]:
    """Copy the extended attributes; return the names of those that the disk does not keep."""
    lost = set()
    for name, value in _extended(old).items():
        if _extended_value(new, name) != value:
            try:
                os.setxattr(new, name, value)
            except OSError:
                lost.add(name)
    return lost


def _extended(handle: int) -> dict[str, bytes]:
    if not hasattr(os, "listxattr"):
        return {}
    try:
        values = {name: _extended_value(handle, name) for name in os.listxattr(handle)}
    except OSError:
        return {}
    return {name: value for name, value in values.items() if value is not None}


def _extended_value(handle: int, name: str) -> bytes | None:
    try:
        return os.getxattr(handle, name)
    except OSError:
        return None


def _is_of_people(name: str) -> bool:
    """Whether a person set an extended attribute; systems keep some for themselves."""
    return name.startswith("user.") or name == _ACCESS_LIST

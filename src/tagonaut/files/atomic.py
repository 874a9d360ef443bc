"""Atomic, durable replacement of files: all or nothing, even if the power fails."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from tagonaut.errors import PictureError

_TEMPORARY = re.compile(r"\.tagonaut-[0-9a-f]{16}(_exiftool_tmp)?")


class Stamp(NamedTuple):
    """A cheap sign that a file is unchanged: its size in bytes and time of modification."""

    size: int
    mtime_ns: int


ABSENT = Stamp(-1, -1)
"""The stamp of a missing file, in the journal."""


class Identity(NamedTuple):
    """A sign, within a run, that a file is unchanged even if its time of modification was set back.

    It lacks the inode's number: some network disks change that of an unchanged file.
    """

    stamp: Stamp
    ctime_ns: int
    links: int

    def is_still(self, now: "Identity") -> bool:
        """Whether the file is the same; a changed number of hard links also sets ``ctime_ns``."""
        return self.stamp == now.stamp and (
            self.ctime_ns == now.ctime_ns or self.links != now.links
        )


def stamp(path: Path) -> Stamp:
    """The stamp of a file. Raises ``OSError`` if it is missing."""
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns)


def identity(path: Path) -> Identity:
    """The identity of a file. Raises ``OSError`` if it is missing."""
    found = path.stat()
    return Identity(Stamp(found.st_size, found.st_mtime_ns), found.st_ctime_ns, found.st_nlink)


def stamp_or_absent(path: Path) -> Stamp:
    """The stamp of a file, or ``ABSENT`` if it is missing."""
    return stamp(path) if path.exists() else ABSENT


def is_temporary(name: str) -> bool:
    """Whether ``temporary`` gives such names."""
    return _TEMPORARY.fullmatch(name) is not None


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """Yield an unused path in ``folder``; a file there is removed at the end.

    It has no suffix: ExifTool trusts suffixes, and people's may be wrong.
    """
    path = folder / f".tagonaut-{secrets.token_hex(8)}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_temporaries(folder: Path) -> None:
    """Remove a killed run's temporary files; no other run may be writing to the folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        left = [entry for entry in entries if is_temporary(entry.name)]
        for entry in left:
            if entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    Path(entry.path).unlink()


def digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copy the content of ``source`` to a new file ``target``."""
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def copy_attributes(path: Path, like: Path, *, keep_time: bool = False) -> None:
    """Give a new file the owner, mode and extended attributes of ``like``, and sync it to disk.

    With ``keep_time`` also its time of modification.
    """
    model = like.stat()
    with suppress(OSError):  # only root may give a file away
        os.chown(path, model.st_uid, model.st_gid)
    path.chmod(model.st_mode & 0o7777)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(like):
                with suppress(OSError):
                    os.setxattr(path, name, os.getxattr(like, name))
    if keep_time:
        os.utime(path, ns=(model.st_atime_ns, model.st_mtime_ns))
    sync_file(path)


def finish_sidecar(path: Path, photo: Path) -> None:
    """Give a new sidecar the photo's owner and mode, and sync it to disk.

    Its owner may write to it even if the photo is read-only.
    """
    model = photo.stat()
    with suppress(OSError):
        os.chown(path, model.st_uid, model.st_gid)
    path.chmod(model.st_mode & 0o666 | 0o200)
    sync_file(path)


def sync_file(path: Path) -> None:
    """Sync a file's content to disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def take_place(new: Path, old: Path) -> None:
    """Replace ``old`` by ``new``, in the same folder, atomically and durably."""
    new.replace(old)
    sync_folder(old.parent)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, durably. Raises ``PictureError`` if a file is in the way."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    if not folder.is_dir():
        raise PictureError(f"{folder.name!r} is in the way: it has to be a folder")
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder's names to disk, if the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

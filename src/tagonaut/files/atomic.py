"""A new file takes an old one's place, all or nothing, and stays there when the power fails."""

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
    """What tells cheaply that a file is as it was: its size in bytes, and its time of change."""

    size: int
    mtime_ns: int


ABSENT = Stamp(-1, -1)
"""The stamp of a file that is not there, in the journal."""


class Identity(NamedTuple):
    """What tells within a run that a file is as it was, even where its time of change was set back.

    Not the inode's number: some network disks give a file a new one while it lies there.
    """

    stamp: Stamp
    ctime_ns: int
    links: int

    def is_still(self, now: "Identity") -> bool:
        """Whether nobody has written or replaced it; a name more or less also sets ``ctime_ns``."""
        return self.stamp == now.stamp and (
            self.ctime_ns == now.ctime_ns or self.links != now.links
        )


def stamp(path: Path) -> Stamp:
    """The stamp of a file; ``OSError`` if it is not there."""
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns)


def identity(path: Path) -> Identity:
    """The identity of a file; ``OSError`` if it is not there."""
    found = path.stat()
    return Identity(Stamp(found.st_size, found.st_mtime_ns), found.st_ctime_ns, found.st_nlink)


def stamp_or_absent(path: Path) -> Stamp:
    """The same, and ``ABSENT`` for a file that is not there."""
    return stamp(path) if path.exists() else ABSENT


def is_temporary(name: str) -> bool:
    """Whether a name is one of those that ``temporary`` gives."""
    return _TEMPORARY.fullmatch(name) is not None


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """The name of a file in ``folder`` that is not there yet; nothing is left of it at the end.

    It has no suffix: ExifTool goes by a suffix where there is one, and people's may be wrong.
    """
    path = folder / f".tagonaut-{secrets.token_hex(8)}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_temporaries(folder: Path) -> None:
    """Remove what a run that was killed has left in a folder; nobody else may be writing there."""
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
    """The content of ``source`` in a new file ``target``."""
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def copy_attributes(path: Path, like: Path, *, keep_time: bool = False) -> None:
    """Give a new file the owner, rights and extended attributes of ``like``, and put it on disk.

    With ``keep_time`` its time of change too.
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
    """Give a new sidecar the photo's owner and rights, and put it on disk.

    Its owner may write it even where nobody may write the photo.
    """
    model = photo.stat()
    with suppress(OSError):
        os.chown(path, model.st_uid, model.st_gid)
    path.chmod(model.st_mode & 0o666 | 0o200)
    sync_file(path)


def sync_file(path: Path) -> None:
    """Put a file's content on disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def take_place(new: Path, old: Path) -> None:
    """``new`` becomes ``old``, in the same folder, at one instant, and durably."""
    new.replace(old)
    sync_folder(old.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    if not folder.is_dir():
        raise PictureError(f"{folder.name!r} is in the way: a folder has to stand there")
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's names on disk, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""Atomic, durable replacement of files: all or nothing, even if the power fails."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple, Self

from tagonaut.errors import PictureError
from tagonaut.files.attributes import copy_rights, copy_time, sync
from tagonaut.files.held import PRIVATE, HeldFolder, clear_private, private_file

# Earlier versions had their temporary files among the photos.
_TEMPORARY = re.compile(r"\.tagonaut-[0-9a-f]{16}(_exiftool_tmp)?")
_PRIVATE = re.compile(re.escape(PRIVATE) + "[0-9a-f]{16}")
# Of all later times a journal keeps this one, in the year 2262.
_LAST_NS = 2**63 - 1


class Stamp(NamedTuple):
    """A cheap sign that a file is unchanged: its size in bytes and time of modification.

    The time is one that a journal can hold: times before 1677 or after 2262 become the nearest.
    """

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """The stamp of a file with this state."""
        return cls(found.st_size, max(-_LAST_NS, min(found.st_mtime_ns, _LAST_NS)))


ABSENT = Stamp(-1, -1)
"""The stamp of a missing file, in the journal."""


class Identity(NamedTuple):
    """A sign, within a run, that a file is unchanged even if its time of modification was set back.

    It lacks the inode's number: some network disks change that of an unchanged file.
    """

    stamp: Stamp
    ctime_ns: int
    links: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """The identity of a file with this state."""
        return cls(Stamp.of(found), found.st_ctime_ns, found.st_nlink)

    def is_still(self, now: "Identity") -> bool:
        """Whether the file is the same; a changed number of hard links also sets ``ctime_ns``."""
        return self.stamp == now.stamp and (
            self.ctime_ns == now.ctime_ns or self.links != now.links
        )


def stamp(path: Path) -> Stamp:
    """The stamp of a file. Raises ``OSError`` if it is missing."""
    return Stamp.of(path.stat())


def identity(path: Path) -> Identity:
    """The identity of a file. Raises ``OSError`` if it is missing."""
    return Identity.of(path.stat())


def stamp_or_absent(path: Path) -> Stamp:
    """The stamp of a file, or ``ABSENT`` if it is missing."""
    return stamp(path) if path.exists() else ABSENT


def is_temporary(name: str) -> bool:
    """Whether a name is one of our temporary files and folders."""
    return _TEMPORARY.fullmatch(name) is not None or _PRIVATE.fullmatch(name) is not None


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """Yield an unused path, on the disk of ``folder``; a file there is removed at the end.

    No other user can reach the file. It has no suffix: ExifTool trusts suffixes, and people's may
    be wrong.
    """
    with HeldFolder.open(folder) as held, private_file(held) as file:
        yield file.path


def clear_temporaries(folder: Path | HeldFolder) -> None:
    """Remove a killed run's temporary files; no other run may be writing to the folder."""
    with ExitStack() as stack, suppress(OSError):
        if isinstance(folder, HeldFolder):
            held = folder
        else:
            held = stack.enter_context(HeldFolder.open(folder))
        with os.scandir(held.handle) as entries:
            left = [entry for entry in entries if is_temporary(entry.name)]
        for entry in left:
            if _PRIVATE.fullmatch(entry.name):
                clear_private(held, entry.name)
            elif entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    held.unlink(entry.name)


def digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copy the content of ``source`` to a new file ``target``."""
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def copy_attributes(path: Path, like: Path, *, keep_time: bool = False) -> set[str]:
    """Give a new file the owner, mode and extended attributes of ``like``, and sync it to disk.

    With ``keep_time`` also its time of modification. Returns the names of those that the disk does
    not keep. Raises ``PictureError`` for a file that would be more open than ``like``, ``OSError``
    for a symbolic link at ``path``.
    """
    with _opened(path, os.O_NOFOLLOW) as new, _opened(like) as old:
        lost = copy_rights(new, old, os.fstat(old).st_mode & 0o777, extended=True)
        if keep_time:
            lost |= copy_time(new, old)
        sync(new)
    return lost


def finish_sidecar(path: Path, photo: Path) -> set[str]:
    """Give a new sidecar the photo's owner and mode, and sync it to disk; as ``copy_attributes``.

    Its owner may write to it even if the photo is read-only.
    """
    with _opened(path, os.O_NOFOLLOW) as new, _opened(photo) as old:
        lost = copy_rights(new, old, os.fstat(old).st_mode & 0o666 | 0o200, extended=False)
        sync(new)
    return lost


@contextmanager
def _opened(path: Path, flags: int = 0) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    try:
        yield handle
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Sync a file's content to disk."""
    with path.open("rb") as file:
        sync(file.fileno())


def take_place(new: Path, old: Path) -> None:
    """Replace ``old`` by ``new``, of ``temporary``, atomically and durably."""
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

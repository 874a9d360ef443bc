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


def stamp(path: Path) -> Stamp:
    """The stamp of a file; ``OSError`` if it is not there."""
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns)


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


def finish(path: Path, like: Path) -> None:
    """Give a new file the owner, rights and extended attributes of ``like``, and put it on disk."""
    model = like.stat()
    with suppress(OSError):  # only root may give a file away
        os.chown(path, model.st_uid, model.st_gid)
    path.chmod(model.st_mode & 0o7777)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(like):
                with suppress(OSError):
                    os.setxattr(path, name, os.getxattr(like, name))
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

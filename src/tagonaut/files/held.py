"""Folders and files that are held open: nobody can put others in their places meanwhile.

Where other users may write in a folder, a path says nothing for longer than a moment: any part of
it may be swapped for a symbolic link. Here names are looked up in a folder that is open already,
symbolic links are not followed, and new files are made in a folder that nobody else may enter.
"""

import errno
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Self

from tagonaut.errors import PictureError
from tagonaut.files.attributes import check_private

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe that was put in a file's place must not be waited for.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
# Linux has a path for each open file, which leads to that very file, also for our child processes.
_HAS_PATHS = os.path.isdir("/proc/self/fd")  # noqa: PTH112
PRIVATE = ".tagonaut-work-"
_NEW = "new"


def path_of(handle: int, path: Path) -> Path:
    """A path of an open file or folder that holds as long as it is open.

    Where the system has no such paths, ``path``.
    """
    return Path(f"/proc/{os.getpid()}/fd/{handle}") if _HAS_PATHS else path


class HeldFolder:
    """A folder held open; ``path`` is its name for people, ``inside`` a path that leads into it."""

    def __init__(self, handle: int, path: Path) -> None:
        self.handle = handle
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """The folder at a path that the user named; links in it count. Raises ``OSError``."""
        return cls(os.open(path, _FOLDER), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self.handle)

    @property
    def inside(self) -> Path:
        """A path that leads into this very folder as long as it is held."""
        return path_of(self.handle, self.path)

    def below(self, folder: Path, *, make: bool = False) -> "HeldFolder":
        """A folder below this one, which ``make`` creates durably.

        Raises ``PictureError`` for a symbolic link on the way, or a file in the way of a new
        folder, and ``OSError`` for a missing folder.
        """
        if folder.is_absolute() or ".." in folder.parts:
            raise PictureError(f"{str(folder)!r} leads out of {self.path}: left alone")
        if not folder.parts:
            return HeldFolder(os.open(".", _FOLDER, dir_fd=self.handle), self.path)
        here = self._child(folder.parts[0], make=make)
        for name in folder.parts[1:]:
            with here:
                here = here._child(name, make=make)
        return here

    def _child(self, name: str, *, make: bool) -> "HeldFolder":
        flags = _FOLDER | os.O_NOFOLLOW
        try:
            return HeldFolder(os.open(name, flags, dir_fd=self.handle), self.path / name)
        except FileNotFoundError:
            if not make:
                raise
        except OSError:
            self._explain(name, in_the_way=make)
            raise
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self.handle)
        self.sync()
        return self._child(name, make=False)

    def _explain(self, name: str, *, in_the_way: bool) -> None:
        with suppress(OSError):
            mode = self.stat(name).st_mode
            if S_ISLNK(mode):
                raise PictureError(
                    f"the folder {name!r} is a symbolic link: nothing is done behind it"
                )
            if in_the_way and not S_ISDIR(mode):
                raise PictureError(f"{name!r} is in the way: it has to be a folder")

    def stat(self, name: str) -> os.stat_result:
        """The state of an entry; a symbolic link is not followed. Raises ``OSError``."""
        return os.stat(name, dir_fd=self.handle, follow_symlinks=False)

    def unlink(self, name: str) -> None:
        """Remove a file. Raises ``OSError``."""
        os.unlink(name, dir_fd=self.handle)

    def sync(self) -> None:
        """Sync the names in the folder to disk, if the system can."""
        with suppress(OSError):
            os.fsync(self.handle)

    @contextmanager
    def file(self, name: str, *, follow: bool = False) -> Iterator[Path]:
        """A path of a plain file in the folder, which leads to this very file in the block.

        Raises ``PictureError`` for a symbolic link, unless ``follow``, and for anything else that
        is no file; ``OSError`` if it cannot be opened.
        """
        flags = _FILE if follow else _FILE | os.O_NOFOLLOW
        try:
            handle = os.open(name, flags, dir_fd=self.handle)
        except OSError:
            with suppress(OSError):
                if not follow and S_ISLNK(self.stat(name).st_mode):
                    raise PictureError("a symbolic link: left alone") from None
            raise
        try:
            if not S_ISREG(os.fstat(handle).st_mode):
                raise PictureError("not a file")
            yield path_of(handle, self.path / name)
        finally:
            os.close(handle)


class Root:
    """The folder that a run works in, held from its first use until it is closed.

    Threads may share it. ``not_kept`` are the names of attributes that its disk did not keep.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.not_kept: set[str] = set()
        self._held: HeldFolder | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def below(self, folder: Path, *, make: bool = False) -> HeldFolder:
        """As ``HeldFolder.below``, of the folder itself; ``make`` creates that too."""
        with self._lock:
            if self._held is None:
                if make:
                    self.path.mkdir(parents=True, exist_ok=True)
                self._held = HeldFolder.open(self.path)
            held = self._held
        return held.below(folder, make=make)

    def has_still(self, folder: HeldFolder, name: Path) -> bool:
        """Whether ``folder`` is still the one called ``name`` below this one."""
        with self._lock:
            held = self._held
        if held is None:
            return False
        try:
            now = os.stat(name, dir_fd=held.handle)
        except OSError:
            return False
        return os.path.samestat(now, os.fstat(folder.handle))

    @contextmanager
    def file(self, name: Path, *, follow: bool = False) -> Iterator[Path]:
        """As ``HeldFolder.file``, of a path below the folder."""
        with self.below(name.parent) as folder, folder.file(name.name, follow=follow) as path:
            yield path


class PrivateFile:
    """A new file in a folder of its own, within ``folder``, that no other user may enter.

    Nobody but us can change the file, or put another in its place, before it is moved out.
    """

    def __init__(self, folder: HeldFolder) -> None:
        self.folder = folder
        self._there = True
        self.name = f"{PRIVATE}{secrets.token_hex(8)}"
        os.mkdir(self.name, 0o700, dir_fd=folder.handle)
        try:
            self._held = folder.below(Path(self.name))
        except BaseException:
            self._leave()
            raise
        if not _is_ours(self._held, folder):
            self._held.close()
            raise PictureError("somebody else is at work in its folder: left alone")

    @property
    def path(self) -> Path:
        """The file's path; it has no suffix, as ExifTool trusts suffixes."""
        return self._held.inside / _NEW

    def check_private(self, like: Path) -> None:
        """Raise ``PictureError`` if others, who may not read ``like``, could read the new file."""
        check_private(self._held.handle, like)

    def put(self, name: str) -> None:
        """Move the file to ``name`` in the folder, atomically and durably."""
        held, folder = self._held.handle, self.folder.handle
        os.replace(_NEW, name, src_dir_fd=held, dst_dir_fd=folder)
        # With the same sync, as no later run may clear it away.
        self._leave()
        self.folder.sync()

    def put_new(self, name: str) -> None:
        """As ``put``, but in nothing's place; raises ``FileExistsError`` if the name is taken.

        Where the disk has no hard links, another file may just then come to be replaced.
        """
        try:
            self.link(name)
        except FileExistsError:
            raise
        except OSError:
            with suppress(FileNotFoundError):
                self.folder.stat(name)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            self.put(name)
        else:
            self.remove()
            self.folder.sync()

    def link(self, name: str) -> None:
        """Give the file also the name ``name`` in the folder; ``FileExistsError`` if it is taken.

        Raises ``OSError`` where the disk has no hard links.
        """
        held, folder = self._held.handle, self.folder.handle
        os.link(_NEW, name, src_dir_fd=held, dst_dir_fd=folder, follow_symlinks=False)

    def remove(self) -> None:
        """Remove the file, if it is there, and its folder."""
        if self._there:
            _empty(self._held)
            self._leave()

    def close(self) -> None:
        """Remove whatever is left, and let go."""
        with suppress(OSError):
            self.remove()
        self._held.close()

    def _leave(self) -> None:
        with suppress(OSError):
            os.rmdir(self.name, dir_fd=self.folder.handle)
            self._there = False


@contextmanager
def private_file(folder: HeldFolder) -> Iterator[PrivateFile]:
    """A new file to write, which is removed at the end unless it was put in its place."""
    file = PrivateFile(folder)
    try:
        yield file
    finally:
        file.close()


def take_place(new: PrivateFile, name: str) -> None:
    """Replace the file called ``name``, in the folder of ``new``, atomically and durably."""
    new.put(name)


def clear_private(folder: HeldFolder, name: str) -> None:
    """Remove a private folder that a killed run left, with nothing but the file of ours in it."""
    with suppress(OSError, PictureError):
        with folder.below(Path(name)) as held:
            _empty(held)
        os.rmdir(name, dir_fd=folder.handle)


def _empty(held: HeldFolder) -> None:
    for name in (_NEW, f"{_NEW}_exiftool_tmp"):
        with suppress(FileNotFoundError):
            held.unlink(name)


def _is_ours(held: HeldFolder, around: HeldFolder) -> bool:
    """Whether a new folder is ours, and not one that somebody has put in its place."""
    owner = os.fstat(held.handle).st_uid
    if owner == os.geteuid():
        return True
    # Some disks, mounted from elsewhere, show other owners: a file that is ours for certain tells.
    name = f"{PRIVATE}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, 0o600, dir_fd=around.handle)
    try:
        return os.fstat(handle).st_uid == owner
    finally:
        os.close(handle)
        around.unlink(name)

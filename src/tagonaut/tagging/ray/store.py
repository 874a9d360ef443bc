"""A store of files: a local folder, or a bucket of any object store that fsspec knows."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath, PurePosixPath
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Any, Self

from fsspec import AbstractFileSystem
from fsspec.callbacks import Callback
from fsspec.core import url_to_fs
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import copy_attributes, sync_file
from tagonaut.files.held import HeldFolder, PrivateFile, Root, private_file
from tagonaut.files.reading import check_document, read_bytes
from tagonaut.limits import MEMORY

# Over these a file appears in part before it is whole, and a rename may leave neither file.
_NOT_ATOMIC = {"sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs", "arrow_hdfs", "webdav", "memory"}
_MORE = "the store gives more of it than it says that there is"
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")


@dataclass(frozen=True)
class Entry:
    """An entry of a folder; ``size`` in bytes, ``time`` of modification in ns, 0 if unknown.

    ``version`` is an object store's identifier of the content.
    """

    name: str
    is_folder: bool
    is_file: bool
    size: int
    time: int
    version: str = ""

    def is_still(self, now: "Entry") -> bool:
        """Whether the file is unchanged; some stores keep times by the second only."""
        if self.version and now.version:
            return self.version == now.version
        return self.size == now.size and abs(self.time - now.time) < 10**9


class Store:
    """Files by their name relative to a root, with ``/`` between folders.

    A written file appears whole or not at all: in a local folder by a durable rename, elsewhere
    because an object store's put is atomic. Errors are ``OSError``, or whatever the file system
    raises.
    """

    def __init__(self, files: AbstractFileSystem, root: str) -> None:
        while isinstance(files, DirFileSystem):
            root = files._join(root)
            files = files.fs
        self.files = files
        self.root = root.rstrip("/")
        self.is_local = isinstance(files, LocalFileSystem)

    @classmethod
    def of(cls, place: str) -> Self:
        """The store at a path or fsspec URL. Raises ``TagonautError`` for an unknown URL."""
        if "://" not in place and "::" not in place:
            return cls(LocalFileSystem(), str(Path(place).absolute()))
        try:
            return cls(*url_to_fs(place, use_listings_cache=False))
        except (ValueError, ImportError, OSError) as error:
            raise TagonautError(f"{place}: {' '.join(str(error).split())}") from None

    def __str__(self) -> str:
        return self.root if self.is_local else self.files.unstrip_protocol(self.root)

    def check_writable(self) -> None:
        """Raise ``TagonautError`` for a file system that does not write files atomically."""
        kinds = (
            {self.files.protocol}
            if isinstance(self.files.protocol, str)
            else {*self.files.protocol}
        )
        if found := sorted(kinds & _NOT_ATOMIC):
            raise TagonautError(
                f"{self}: over {found[0]} a file appears in part before it is whole: mount it and"
                " name the folder, or write to an object store"
            )

    @property
    def place(self) -> PurePath:
        """The root; a local one without symbolic links."""
        return Path(self.root).resolve() if self.is_local else PurePosixPath(self.root)

    def shares_files_with(self, other: "Store") -> bool:
        """Whether both are parts of one file system."""
        return self.files == other.files or (self.is_local and other.is_local)

    def path(self, name: str) -> str:
        """The file system's path of a file or folder."""
        if not name:
            return self.root
        return f"{self.root}/{name}" if self.root or self.is_local else name

    def entries(self, folder: str = "") -> list[Entry]:
        """The entries of a folder, unsorted; raises ``FileNotFoundError`` if there is none."""
        if self.is_local:
            with self._held(folder) as held, os.scandir(held.handle) as found:
                return [one for entry in found if (one := _local_entry(held, entry.name))]
        place = self.path(folder)
        # An object with the name of the folder stands for the folder, if that is empty.
        # Some stores list a folder, or those above it, in itself.
        here = f"{place.strip('/')}/"
        return [
            _entry(info)
            for info in self.files.ls(place, detail=True)
            if not here.startswith(f"{info['name'].strip('/')}/")
        ]

    def look(self, name: str) -> Entry | None:
        """The entry of a file; None if there is none."""
        try:
            if self.is_local:
                above, own = _split(name)
                with self._held(above) as held:
                    return _local_entry(held, own)
            return _entry(self.files.info(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none if there is no folder."""
        try:
            return sorted(entry.name for entry in self.entries(folder))
        except FileNotFoundError:
            return []

    def confuses_case(self, name: str) -> bool:
        """Whether a file of this name, which has letters and is there, has another one too."""
        above, own = _split(name)
        other = f"{above}/{own.swapcase()}"
        return self.look(other) is not None and own.swapcase() not in self.names(above)

    def get(self, name: str, to: Path) -> None:
        """Copy a file to this machine, with its time of modification if that is known.

        No link is followed, and no more is copied than the store says that there is.
        """
        self.check_inside(name)
        if self.is_local:
            above, own = _split(name)
            with self._held(above) as held, _as_os_error(), held.file(own) as file:
                shutil.copyfile(file, to)
                shutil.copystat(file, to)
            return
        found = self.look(name)
        if found is None:
            raise FileNotFoundError(name)
        try:
            MEMORY.check(found.size, f"its {found.size:,} bytes are")
        except PictureError as error:
            raise OSError(str(error)) from None
        self.files.get_file(self.path(name), str(to), callback=_Bounded(found.size))
        if to.stat().st_size > found.size:
            to.unlink()
            raise OSError(_MORE)
        if found.time:
            os.utime(to, ns=(found.time, found.time))

    def put(self, source: Path, name: str, *, new: bool = False) -> set[str]:
        """Put a photo into the store, with its permissions and times if the store has such.

        A ``new`` one replaces no other: ``FileExistsError``. Returns the names of attributes that
        the disk does not keep. Raises ``OSError`` too if it would make a closed photo an open one.
        """
        self.check_inside(name)
        if not self.is_local:
            self.files.put_file(str(source), self.path(name))
            return set()
        with self._written(name, new=new) as file:
            file.check_private(source)
            shutil.copyfile(source, file.path)
            return copy_attributes(file.path, source, keep_time=True)

    def put_own(self, source: Path, name: str) -> None:
        """Put a file of ours into the store, or replace it."""
        self.check_inside(name)
        if not self.is_local:
            self.files.put_file(str(source), self.path(name))
            return
        with self._written(name) as file:
            mode = source.stat().st_mode & 0o777
            os.close(os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            shutil.copyfile(source, file.path)
            sync_file(file.path)

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None if there is none."""
        self.check_inside(name)
        try:
            if self.is_local:
                above, own = _split(name)
                with self._held(above) as held, _as_os_error(), held.file(own) as file:
                    return read_bytes(file, follow=True)
            if found := self.look(name):
                check_document(found.size)
            return self.files.cat_file(self.path(name))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a small file, or replace it."""
        self.check_inside(name)
        if not self.is_local:
            self.files.pipe_file(self.path(name), content)
            return
        with self._written(name) as file:
            file.path.write_bytes(content)
            sync_file(file.path)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        self.check_inside(name)
        with suppress(FileNotFoundError):
            if not self.is_local:
                self.files.rm_file(self.path(name))
                return
            above, own = _split(name)
            with self._held(above) as held:
                held.unlink(own)
                held.sync()

    def check_inside(self, name: str) -> None:
        """Raise ``OSError`` for a name that leads out of the root, by itself or by a link."""
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\0" in name:
            raise OSError(f"{name!r:.60} leads out of {self}")
        if self.is_local:
            above = Path(self.root)
            for part in parts[:-1]:
                above /= part
                if above.is_symlink():
                    raise OSError(f"{above} is a link: not followed")

    @contextmanager
    def _held(self, folder: str, *, make: bool = False) -> Iterator[HeldFolder]:
        """A folder held open: nothing is done behind a link in it, even if somebody puts one."""
        with Root(Path(self.root)) as root, ExitStack() as stack:
            with _as_os_error():
                held = stack.enter_context(root.below(Path(folder), make=make))
            yield held

    @contextmanager
    def _written(self, name: str, *, new: bool = False) -> Iterator[PrivateFile]:
        """A file to write, which takes its place in the store at the end of the block."""
        above, own = _split(name)
        with self._held(above, make=True) as held, _as_os_error(), private_file(held) as file:
            yield file
            if new:
                file.put_new(own)
            else:
                file.put(own)


class _Bounded(Callback):
    """Ends a transfer that brings more than a number of bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def relative_update(self, inc: int = 1) -> None:
        self._left -= inc
        if self._left < 0:
            raise OSError(_MORE)


def _split(name: str) -> tuple[str, str]:
    above, _, own = name.rpartition("/")
    return above, own


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Raise the errors of held folders as those of a file system."""
    try:
        yield
    except PictureError as error:
        raise OSError(str(error)) from None


def _local_entry(folder: HeldFolder, name: str) -> Entry | None:
    """An entry of a local folder, if it is there: links to photos count, as in a local run."""
    try:
        found = folder.stat(name)
    except FileNotFoundError:
        return None
    is_folder, is_file = S_ISDIR(found.st_mode), S_ISREG(found.st_mode)
    size = found.st_size
    if S_ISLNK(found.st_mode):
        is_file, size = True, 0
        with suppress(OSError):
            behind = os.stat(name, dir_fd=folder.handle)
            is_file, size = not S_ISDIR(behind.st_mode), behind.st_size
    return Entry(name, is_folder, is_file, size, _nanoseconds(found.st_mtime))


def _entry(info: Mapping[str, Any]) -> Entry:
    kind = info["type"]
    time = next((_nanoseconds(info[key]) for key in _TIMES if info.get(key)), 0)
    return Entry(
        info["name"].rstrip("/").rpartition("/")[2],
        kind == "directory",
        kind == "file",
        info["size"] or 0,
        time,
        str(info.get("ETag") or info.get("etag") or ""),
    )


def reason_of(error: Exception) -> str:
    """The error of a file system in one line."""
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or " ".join(str(error).split()) or type(error).__name__


def _nanoseconds(time: Any) -> int:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if isinstance(time, datetime):
        time = time.timestamp()
    # Microseconds: a float loses anything finer, and the result has to be the same every time.
    return round(float(time) * 1e6) * 1000

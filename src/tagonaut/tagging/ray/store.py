"""A store of files: a local folder, or a bucket of any object store that fsspec knows."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Self

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import (
    copy_attributes,
    make_folder,
    sync_file,
    sync_folder,
    take_place,
    temporary,
)
from tagonaut.files.reading import open_regular, read_bytes

# Over these a file appears in part before it is whole, and a rename may leave neither file.
_NOT_ATOMIC = {"sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs", "arrow_hdfs", "webdav", "memory"}
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
        place = self.path(folder)
        found = self.files.ls(place, detail=True)
        # An object with the name of the folder stands for the folder, if that is empty.
        # Some stores list a folder, or those above it, in itself.
        here = f"{place.strip('/')}/"
        return [
            self._entry(info)
            for info in found
            if not here.startswith(f"{info['name'].strip('/')}/")
        ]

    def look(self, name: str) -> Entry | None:
        """The entry of a file; None if there is none."""
        try:
            return self._entry(self.files.info(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none if there is no folder."""
        try:
            return sorted(entry.name for entry in self.entries(folder))
        except FileNotFoundError:
            return []

    def get(self, name: str, to: Path) -> None:
        """Copy a file to this machine, with its time of modification if that is known."""
        path = self._checked(name)
        if self.is_local:
            # A photo may be a link; a pipe or a device is none.
            with open_regular(Path(path), follow=True) as source, to.open("wb") as target:
                shutil.copyfileobj(source, target)
            shutil.copystat(path, to)
            return
        self.files.get_file(path, str(to))
        if (found := self.look(name)) and found.time:
            os.utime(to, ns=(found.time, found.time))

    def put(self, source: Path, name: str) -> None:
        """Put a local file into the store, with its permissions and times if the store has such."""
        target = Path(path := self._checked(name))
        if not self.is_local:
            self.files.put_file(str(source), path)
            return
        _make_folder(target.parent)
        with temporary(target.parent) as new:
            shutil.copyfile(source, new)
            copy_attributes(new, source, keep_time=True)
            take_place(new, target)

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None if there is none."""
        path = self._checked(name)
        try:
            return read_bytes(Path(path)) if self.is_local else self.files.cat_file(path)
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a small file, or replace it."""
        target = Path(path := self._checked(name))
        if not self.is_local:
            self.files.pipe_file(path, content)
            return
        _make_folder(target.parent)
        with temporary(target.parent) as new:
            new.write_bytes(content)
            sync_file(new)
            take_place(new, target)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        path = self._checked(name)
        try:
            self.files.rm_file(path)
        except FileNotFoundError:
            return
        if self.is_local:
            sync_folder(Path(path).parent)

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

    def _checked(self, name: str) -> str:
        self.check_inside(name)
        return self.path(name)

    def _entry(self, info: Mapping[str, Any]) -> Entry:
        path = info["name"].rstrip("/")
        kind = info["type"]
        if self.is_local and info.get("islink"):
            # As in a local run: links to photos count, links to folders are not entered.
            kind = "other" if os.path.isdir(path) else "file"  # noqa: PTH112
        time = next((_nanoseconds(info[key]) for key in _TIMES if info.get(key)), 0)
        return Entry(
            path.rpartition("/")[2],
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


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except PictureError as error:
        raise OSError(str(error)) from None


def _nanoseconds(time: Any) -> int:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if isinstance(time, datetime):
        time = time.timestamp()
    # Microseconds: a float loses anything finer, and the result has to be the same every time.
    return round(float(time) * 1e6) * 1000

"""Files below one place: a local folder, or a bucket of any object store that fsspec knows."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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

# A file written over these is there in part before it is whole, and a rename may leave neither.
_NOT_ATOMIC = {"sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs", "arrow_hdfs", "webdav", "memory"}
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")


@dataclass(frozen=True)
class Entry:
    """One name in a folder; ``size`` in bytes, ``time`` of change in ns, 0 where nobody knows.

    ``version`` is what an object store calls the content.
    """

    name: str
    is_folder: bool
    is_file: bool
    size: int
    time: int
    version: str = ""

    def is_still(self, now: "Entry") -> bool:
        """Whether nobody has written it; stores tell times by the second here, by less there."""
        if self.version and now.version:
            return self.version == now.version
        return self.size == now.size and abs(self.time - now.time) < 10**9


class Store:
    """Files by their name relative to a root, with ``/`` between folders.

    What is written is there whole or not at all: in a local folder by a rename, durably; elsewhere
    because an object store's put is so. Errors are ``OSError``, or whatever the file system raises.
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
        """From a path or an fsspec URL. Raises ``TagonautError`` for what fsspec does not know."""
        if "://" not in place and "::" not in place:
            return cls(LocalFileSystem(), str(Path(place).absolute()))
        try:
            return cls(*url_to_fs(place, use_listings_cache=False))
        except (ValueError, ImportError, OSError) as error:
            raise TagonautError(f"{place}: {' '.join(str(error).split())}") from None

    def __str__(self) -> str:
        return self.root if self.is_local else self.files.unstrip_protocol(self.root)

    def check_writable(self) -> None:
        """Raise ``TagonautError`` for a file system that does not write whole files at once."""
        kinds = (
            {self.files.protocol}
            if isinstance(self.files.protocol, str)
            else {*self.files.protocol}
        )
        if found := sorted(kinds & _NOT_ATOMIC):
            raise TagonautError(
                f"{self}: files written over {found[0]} are there in part before they are whole:"
                " mount it and give the folder, or write to an object store"
            )

    def path(self, name: str) -> str:
        """What the file system calls it."""
        return f"{self.root}/{name}" if name else self.root

    def entries(self, folder: str = "") -> list[Entry]:
        """What is in a folder, unsorted; raises ``FileNotFoundError`` where there is none."""
        place = self.path(folder)
        found = self.files.ls(place, detail=True)
        # An object that is called as the folder is stands for the empty folder.
        return [self._entry(told) for told in found if told["name"].rstrip("/") != place]

    def look(self, name: str) -> Entry | None:
        """One file; None where there is none."""
        try:
            return self._entry(self.files.info(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where there is no folder."""
        try:
            return sorted(entry.name for entry in self.entries(folder))
        except FileNotFoundError:
            return []

    def get(self, name: str, to: Path) -> None:
        """A copy of a file, with its time of change where that is known."""
        if self.is_local:
            shutil.copy2(self.path(name), to)
            return
        self.files.get_file(self.path(name), str(to))
        if (found := self.look(name)) and found.time:
            os.utime(to, ns=(found.time, found.time))

    def put(self, source: Path, name: str) -> None:
        """A local file takes the place of what is there, with its rights and times if it can."""
        if not self.is_local:
            self.files.put_file(str(source), self.path(name))
            return
        target = Path(self.path(name))
        _make_folder(target.parent)
        with temporary(target.parent) as new:
            shutil.copyfile(source, new)
            copy_attributes(new, source, keep_time=True)
            take_place(new, target)

    def read(self, name: str) -> bytes | None:
        """A small file; None where there is none."""
        try:
            return self.files.cat_file(self.path(name))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """A small file takes the place of what is there."""
        if not self.is_local:
            self.files.pipe_file(self.path(name), content)
            return
        target = Path(self.path(name))
        _make_folder(target.parent)
        with temporary(target.parent) as new:
            new.write_bytes(content)
            sync_file(new)
            take_place(new, target)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        try:
            self.files.rm_file(self.path(name))
        except FileNotFoundError:
            return
        if self.is_local:
            sync_folder(Path(self.path(name)).parent)

    def _entry(self, told: Mapping[str, Any]) -> Entry:
        path = told["name"].rstrip("/")
        kind = told["type"]
        if self.is_local and told.get("islink"):
            # As with a local run: links to photos count, links to folders are not entered.
            kind = "other" if os.path.isdir(path) else "file"  # noqa: PTH112
        time = next((_nanoseconds(told[key]) for key in _TIMES if told.get(key)), 0)
        return Entry(
            path.rpartition("/")[2],
            kind == "directory",
            kind == "file",
            told["size"] or 0,
            time,
            str(told.get("ETag") or told.get("etag") or ""),
        )


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
    # Microseconds: what lies beyond is lost in a float anyway, and has to be so every time.
    return round(float(time) * 1e6) * 1000

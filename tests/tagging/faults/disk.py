"""A model of a disk that loses in a power failure all that was not synced.

It promises no more than POSIX does: ``fsync`` of a file makes its content durable, ``fsync`` of a
folder the names in it, and nothing else is. What was not synced may or may not be there, each
change by itself: names in a folder in order up to some change or with some left out, content with
some of its writes, zeros in the place of what was never written, or nothing.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.tagging.faults.syscalls import Call


@dataclass(eq=False)
class File:
    """Content as programs see it, as it is on disk for certain, and the writes between."""

    now: bytearray = field(default_factory=bytearray)
    durable: bytes | None = None
    writes: list[tuple[int, bytes]] = field(default_factory=list)

    def write(self, place: int, data: bytes) -> None:
        self.now.extend(bytes(max(0, place + len(data) - len(self.now))))
        self.now[place : place + len(data)] = data
        self.writes.append((place, data))

    def truncate(self, size: int) -> None:
        del self.now[size:]
        self.now.extend(bytes(size - len(self.now)))
        self.writes.append((size, b""))

    def sync(self) -> None:
        self.durable, self.writes = bytes(self.now), []

    def after_failure(self, dice: random.Random | None) -> bytes:
        if dice is None or not self.writes:
            return self.durable or b""
        kind = dice.choice(["old", "new", "some"])
        if kind == "old":
            return self.durable or b""
        if kind == "new":
            return bytes(self.now)
        left = bytearray(self.durable or b"")
        left.extend(bytes(max(0, len(self.now) - len(left))))
        for place, data in self.writes:
            if dice.random() < 0.5:
                left[place : place + len(data)] = data
        return bytes(left)


@dataclass(eq=False)
class Folder:
    """Names as programs see them, those on disk for certain, and the changes between.

    A change puts files to names, or takes them away (None); a rename is one change of two.
    """

    now: dict[bytes, "File | Folder"] = field(default_factory=dict)
    durable: dict[bytes, "File | Folder"] = field(default_factory=dict)
    changes: list[dict[bytes, "File | Folder | None"]] = field(default_factory=list)

    def change(self, names: dict[bytes, "File | Folder | None"]) -> None:
        _apply(self.now, names)
        self.changes.append(names)

    def sync(self) -> None:
        self.durable, self.changes = dict(self.now), []

    def after_failure(self, dice: random.Random | None) -> dict[bytes, "File | Folder"]:
        left = dict(self.durable)
        if dice is not None and self.changes:
            in_order = dice.random() < 0.5
            stop = dice.randrange(len(self.changes) + 1)
            for place, names in enumerate(self.changes):
                if place < stop if in_order else dice.random() < 0.5:
                    _apply(left, names)
        return left


def _apply(
    names: dict[bytes, "File | Folder"], changes: dict[bytes, "File | Folder | None"]
) -> None:
    for name, put in changes.items():
        if put is None:
            names.pop(name, None)
        else:
            names[name] = put


class Disk:
    """The folder ``root`` and all below; ``files``, contents by path below it, are durable."""

    def __init__(self, root: Path, files: dict[bytes, bytes]) -> None:
        self.root = os.fsencode(root)
        self.top = _loaded(files)
        self.links: dict[bytes, bytes] = {}
        self.at: dict[int, bytes] = {}
        self.places: dict[tuple[int, bytes], int] = {}

    def moments(self, calls: list[Call], *, deaf: frozenset[str] = frozenset()) -> Iterator[Call]:
        """Do each call; after each that changes anything here the power may fail.

        ``deaf`` are calls that lie: they return and do nothing ("fsync", "fsync of a folder").
        """
        # What a sync makes durable is what was there when it was asked for.
        for call in sorted(calls, key=_when):
            if self._do(call, deaf):
                yield call

    def left(self, dice: random.Random | None) -> dict[bytes, bytes | None]:
        """What a failure at this moment leaves: content by path below the root; None a folder.

        Without dice the least that is promised.
        """
        return dict(_left(self.top, b"", dice))

    def current(self) -> dict[bytes, bytes | None]:
        """What programs see at this moment."""
        return dict(_current(self.top, b""))

    def _do(self, call: Call, deaf: frozenset[str]) -> bool:
        """Do a call; whether it has changed anything here."""
        if call.name in {"fsync", "fdatasync"}:
            return self._sync(call, deaf)
        do = _CALLS.get(call.name)
        if do is not None:
            return bool(do(self, call))
        known = call.name == "close" or not any(self._inside(path) for _, path in call.files)
        assert known, f"the model does not know {call.name}"
        return False

    def _fork(self, call: Call) -> None:
        self.at[call.result] = self.at.get(call.process, b"/")

    def _chdir(self, call: Call) -> None:
        self.at[call.process] = self._path(call, call.strings[0])

    def _symlink(self, call: Call) -> None:
        self.links[self._path(call, call.strings[1], follow=False)] = call.strings[0]

    def _open(self, call: Call) -> bool:
        number, path = call.result, call.files[-1][1]
        self.places[number, path] = 0
        if not self._inside(path) or not any(
            flag in call.rest for flag in (b"O_CREAT", b"O_TRUNC")
        ):
            return False
        found = self._find(path)
        if found is None:
            return self._change(path, File())
        if b"O_TRUNC" in call.rest and isinstance(found, File) and found.now:
            found.truncate(0)
            return True
        return False

    def _seek(self, call: Call) -> None:
        key = call.files[0]
        if call.name == "lseek":
            self.places[key] = call.result
        else:
            self.places[key] = self.places.get(key, 0) + call.result

    def _write(self, call: Call) -> bool:
        number, path = call.files[0]
        file = self._find(path)
        if not isinstance(file, File):
            return False
        data = call.strings[0][: call.result]
        if call.name == "pwrite64":
            place = int(call.rest.rpartition(b",")[2])
        else:
            place = self.places.get((number, path), 0)
            self.places[number, path] = place + len(data)
        file.write(place, data)
        return True

    def _truncate(self, call: Call) -> bool:
        path = call.files[0][1] if call.files else self._path(call, call.strings[0])
        file = self._find(path)
        if not isinstance(file, File):
            return False
        file.truncate(int(call.rest.rpartition(b",")[2]))
        return True

    def _rename(self, call: Call) -> bool:
        old, new = self._two(call)
        if not (self._inside(old) and self._inside(new)):
            return False
        moved = self._find(old)
        assert moved is not None, f"the model lost {old!r}"
        if os.path.dirname(old) == os.path.dirname(new):  # noqa: PTH120
            folder, name = self._folder(old)
            folder.change({name: None, os.path.basename(new): moved})  # noqa: PTH119
        else:
            self._change(new, moved)
            self._change(old, None)
        for number, path in list(self.places):
            if path == old:
                self.places[number, new] = self.places.pop((number, path))
        return True

    def _link(self, call: Call) -> bool:
        old, new = self._two(call)
        return self._change(new, self._find(old))

    def _unlink(self, call: Call) -> bool:
        return self._change(self._path(call, call.strings[0], follow=False), None)

    def _mkdir(self, call: Call) -> bool:
        return self._change(self._path(call, call.strings[0]), Folder())

    def _change(self, path: bytes, put: "File | Folder | None") -> bool:
        if not self._inside(path):
            self.links.pop(path, None)
            return False
        folder, name = self._folder(path)
        folder.change({name: put})
        return True

    def _sync(self, call: Call, deaf: frozenset[str]) -> bool:
        found = self._find(call.files[0][1])
        kind = "fsync" if isinstance(found, File) else "fsync of a folder"
        # SQLite says fdatasync; it is not SQLite that is put to the test here.
        if found is None or (call.name == "fsync" and kind in deaf):
            return False
        found.sync()
        return True

    def _two(self, call: Call) -> tuple[bytes, bytes]:
        """The paths of a call that takes two, each in a folder of its own."""
        old, new = call.strings
        return self._path(call, old), self._path(call, new, within=call.files[1:2])

    def _path(
        self,
        call: Call,
        name: bytes,
        *,
        follow: bool = True,
        within: Sequence[tuple[int, bytes]] = (),
    ) -> bytes:
        """Absolute, and through the symbolic links that the recorded processes made."""
        folders = within or call.files
        base = folders[0][1] if folders else self.at.get(call.process, b"/")
        path = os.path.normpath(os.path.join(base, name))  # noqa: PTH118
        for link, target in self.links.items():
            if path.startswith(link + b"/") or (follow and path == link):
                return target + path[len(link) :]
        return path

    def _inside(self, path: bytes) -> bool:
        return path.startswith(self.root + b"/")

    def _find(self, path: bytes) -> "File | Folder | None":
        if path == self.root:
            return self.top
        if not self._inside(path):
            return None
        folder, name = self._folder(path)
        return folder.now.get(name)

    def _folder(self, path: bytes) -> tuple[Folder, bytes]:
        *above, name = path[len(self.root) + 1 :].split(b"/")
        folder = self.top
        for part in above:
            found = folder.now[part]
            assert isinstance(found, Folder)
            folder = found
        return folder, name


_CALLS: dict[str, Callable[[Disk, Call], bool | None]] = {
    **dict.fromkeys(("clone", "clone3", "vfork"), Disk._fork),
    "chdir": Disk._chdir,
    "symlink": Disk._symlink,
    **dict.fromkeys(("open", "openat", "creat"), Disk._open),
    **dict.fromkeys(("lseek", "read"), Disk._seek),
    **dict.fromkeys(("write", "pwrite64"), Disk._write),
    **dict.fromkeys(("ftruncate", "truncate"), Disk._truncate),
    **dict.fromkeys(("rename", "renameat", "renameat2"), Disk._rename),
    **dict.fromkeys(("link", "linkat"), Disk._link),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), Disk._unlink),
    **dict.fromkeys(("mkdir", "mkdirat"), Disk._mkdir),
}


def _when(call: Call) -> int:
    return call.started if call.name in {"fsync", "fdatasync"} else call.ended


def _loaded(files: dict[bytes, bytes]) -> Folder:
    top = Folder()
    for path, content in files.items():
        *above, name = path.split(b"/")
        folder = top
        for part in above:
            found = folder.now.setdefault(part, Folder())
            assert isinstance(found, Folder)
            folder.durable[part] = folder = found
        folder.now[name] = folder.durable[name] = File(bytearray(content), content)
    return top


def _left(
    folder: Folder, above: bytes, dice: random.Random | None
) -> Iterator[tuple[bytes, bytes | None]]:
    for name, found in folder.after_failure(dice).items():
        if isinstance(found, Folder):
            yield above + name, None
            yield from _left(found, above + name + b"/", dice)
        else:
            yield above + name, found.after_failure(dice)


def _current(folder: Folder, above: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    for name, found in folder.now.items():
        if isinstance(found, Folder):
            yield above + name, None
            yield from _current(found, above + name + b"/")
        else:
            yield above + name, bytes(found.now)

"""Parts of an archive: folders and photos that a command names, below the archive's one root."""

import codecs
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from stat import S_ISLNK

from tagonaut.errors import PictureError, TagonautError
from tagonaut.limits import MEMORY
from tagonaut.tagging.files.nested_archives import archive_around
from tagonaut.tagging.journal import is_archive
from tagonaut.tagging.summary import shown

# A list of half a million long paths.
_MOST_BYTES = 256 << 20
# What a path in memory takes, with what is found out about it.
_PATH_BYTES = 1 << 10


@dataclass(frozen=True)
class Parts:
    """Paths relative to an archive's root; without any, all of the archive is meant."""

    paths: frozenset[Path] | None = None

    @cached_property
    def _above(self) -> frozenset[Path]:
        return frozenset(above for path in self.paths or () for above in path.parents)

    def hold(self, path: Path) -> bool:
        """Whether a relative path is one of the parts, or lies in one."""
        if self.paths is None or path in self.paths:
            return True
        return not self.paths.isdisjoint(path.parents)

    def touch(self, folder: Path) -> bool:
        """Whether anything in a relative folder can be in a part."""
        return self.hold(folder) or folder in self._above


@dataclass(frozen=True)
class Found:
    """An archive, the parts of it that are meant, and lines on paths that are not taken.

    ``faults`` are paths with the reason why they are left out, ``notes`` lines for the user.
    """

    root: Path
    parts: Parts
    faults: tuple[tuple[Path, str], ...] = ()
    notes: tuple[str, ...] = ()


def find_parts(
    given: Sequence[Path], listed: Sequence[Path] | None = None, *, upward: bool = True
) -> Found:
    """The archive of what a command names, and the parts of it that are meant.

    ``given`` are folders and photos. ``listed``: paths from a list; the command is about these
    alone, and ``given`` then names at most their archive. The archive is the tagged folder at or
    (``upward``) above the first path; else the one folder that is given. Raises ``TagonautError``
    for paths without an archive, and if no path is left.
    """
    if listed is not None and len(given) > 1:
        raise TagonautError("with --from, name at most the folder of the archive")
    wanted = given if listed is None else listed
    if not wanted:
        raise TagonautError("no photos are named: give a folder, or photos of a tagged one")
    root = _archive_of([*given, *wanted], upward=upward)
    if root is None:
        if len(given) != 1:
            raise TagonautError(
                f"{wanted[0]} lies in no folder that was tagged: name the folder of the whole"
                " archive, alone or with --from"
            )
        root = given[0]
        if root.exists() and not root.is_dir():
            raise TagonautError(
                f"{root} is not a folder, and lies in none that was tagged: name the folder of the"
                " whole archive"
            )
    if listed is None and len(given) == 1 and given[0] == root:
        return Found(root, Parts())
    return _divided(root, wanted)


def _divided(root: Path, wanted: Iterable[Path]) -> Found:
    paths: set[Path] = set()
    faults: list[tuple[Path, str]] = []
    repeated = 0
    real, resolved = root.resolve(), cache(Path.resolve)
    for path in wanted:
        try:
            part = _relative(root, real, path, resolved)
        except PictureError as error:
            faults.append((path, str(error)))
            continue
        repeated += part in paths
        paths.add(part)
    if not paths:
        lines = [f"{shown(path)}: {fault}" for path, fault in faults]
        more = f" (and {len(lines) - 1:,} more)" if len(lines) > 1 else ""
        raise TagonautError(f"{lines[0]}{more}: nothing done")
    inside = {path for path in paths if not paths.isdisjoint(path.parents)}
    repeated += len(inside)
    notes = (f"{repeated:,} paths are named more than once: done once",) if repeated else ()
    parts = Parts() if Path() in paths else Parts(frozenset(paths - inside))
    return Found(root, parts, tuple(faults), notes)


def _archive_of(paths: Iterable[Path], *, upward: bool) -> Path | None:
    """The archive of the first path that has one."""
    for path in paths:
        if path.is_dir() and is_archive(path):
            return path
        if upward and (around := archive_around(path)) is not None:
            return around
    return None


def _relative(root: Path, real: Path, path: Path, resolved: Callable[[Path], Path]) -> Path:
    """A path relative to the root, whose resolved path is ``real``.

    Raises ``PictureError`` for a path that is none of its.
    """
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        raise PictureError("there is no such file or folder") from None
    if S_ISLNK(mode):
        raise PictureError("a symbolic link: left alone")
    # As it is no link, only the folder has to be resolved: one for many photos.
    place = path.resolve() if path.name in {"", ".."} else resolved(path.parent) / path.name
    if not place.is_relative_to(real):
        raise PictureError(f"it is not in {root}: left alone")
    return place.relative_to(real)


def read_paths(source: Path) -> list[Path]:
    """The paths in a file, or for ``-`` in standard input: a line each, or ended by zero bytes.

    Raises ``TagonautError``.
    """
    try:
        if str(source) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with source.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TagonautError(f"{source}: cannot be read ({error.strerror})") from None
    if len(data) > _MOST_BYTES:
        raise TagonautError(f"{source}: the list has more than {_MOST_BYTES >> 20} MiB")
    data = data.removeprefix(codecs.BOM_UTF8)
    mark = b"\0" if b"\0" in data else b"\n"
    MEMORY.check(data.count(mark) * _PATH_BYTES, f"{source}: its paths are", TagonautError)
    names = data.split(mark) if mark == b"\0" else data.replace(b"\r\n", b"\n").split(mark)
    return [Path(os.fsdecode(name)) for name in names if name.strip()]

"""The folder that a command leaves: its place is chosen, and reserved from then on."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.files.folder_kind import FolderKind
from tagonaut.files.locks import claimed
from tagonaut.files.names import hidden, shortened

LEAST_FREE = 1 << 20
"""Bytes that have to be free on a disk before a command begins to work for a folder on it."""
_SHOWN = 3


@dataclass(frozen=True)
class OutFolder:
    """A place, ``path``, that no other command writes to while it is reserved.

    ``kind``: of the folder that is going to be there; None: a folder that has to be new, which is
    then filled in its place. ``stood``: whether a folder was there when the place was chosen;
    ``replaces``: whether that was one of the kind.
    """

    path: Path
    kind: FolderKind | None = None
    stood: bool = False
    replaces: bool = False
    real: Path = field(init=False)
    """Where it is, whatever symbolic links lead there."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "real", Path(os.path.realpath(self.path)))

    def beside(self, kind: str) -> Path:
        """The hidden name beside the folder for a ``lock``, the ``new`` folder or the ``old`` one.

        A process that is killed leaves such names. The next command that writes to the folder
        clears them away.
        """
        return hidden(self.real, kind)

    @property
    def inside(self) -> Path:
        """The hidden name in the folder for files that are going to replace those in it."""
        return self.real / ".tagonaut-new"

    @property
    def filled_in_place(self) -> bool:
        """Whether files are put into the folder; else it is replaced as a whole."""
        return self.kind is None or self.kind.own is not None

    def is_vacant(self) -> bool:
        """Whether nothing is there but, at most, an empty folder."""
        if not self.real.exists():
            return True
        return self.real.is_dir() and not {*self.real.iterdir()} - {self.inside}

    def is_marked(self) -> bool:
        """Whether a folder that such a command left is there."""
        return self.kind is not None and self.kind.is_marked(self.real)

    def foreign(self) -> list[str]:
        """The names in the folder that would be lost if it was replaced, and are not ours."""
        if self.kind is None or self.filled_in_place:
            return []
        return self.kind.foreign(self.real)

    def recover(self) -> None:
        """End what a kill cut short; for the process that holds the ``lock`` alone.

        Between its two renamings the new folder is complete, and takes its place now. After them
        the old one is not needed any more. Before them the new one is not complete.
        """
        new, old = self.beside("new"), self.beside("old")
        if old.is_dir() and self.is_vacant():
            (new if new.is_dir() else old).replace(self.real)
        if self.is_marked() or not old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def out_folder(
    out: Path | None, default: str, kind: FolderKind | None = None, *, first: str = ""
) -> Iterator[OutFolder]:
    """Reserve ``out``, else the first free of ``default`` + ``first``, ``default-2``, ….

    Names that another process has reserved are not free; a reservation ends with its process.
    Raises ``TagonautError`` for a folder that is neither empty nor of the ``kind``, for one that
    is replaced as a whole and holds anything else, for one that another command is writing to, and
    for a place that cannot be written.
    """
    parent, name = os.path.split(default)
    default = str(Path(parent, shortened(name)))
    names = (Path(f"{default}-{n}" if n > 1 else f"{default}{first}") for n in count(1))
    for path in names if out is None else [out]:
        place = OutFolder(path, kind)
        if out is None and os.path.lexists(path):
            continue
        with ExitStack() as stack:
            try:
                ours = _reserve(place, stack)
            except OSError as error:
                raise TagonautError(f"{path}: cannot be written ({error.strerror})") from None
            if out is None and (not ours or os.path.lexists(path)):
                continue
            if not ours:
                raise TagonautError(
                    f"{path}: another command is writing there: wait for it to end, or choose"
                    f" another --out (if none is at work, remove {place.beside('lock')})"
                )
            _check(place)
            yield OutFolder(path, kind, place.real.exists(), place.is_marked())
            return


def recover(folder: Path, kind: FolderKind) -> None:
    """Bring back a folder whose replacement a kill cut short, unless a process is still at it."""
    place = OutFolder(folder, kind)
    if not place.beside("old").is_dir():
        return
    with suppress(OSError), claimed(place.beside("lock")) as ours:
        if ours:
            place.recover()


def _reserve(place: OutFolder, stack: ExitStack) -> bool:
    if place.real.is_symlink():
        raise OSError(errno.ELOOP, "its symbolic links lead in a circle")
    if place.filled_in_place and place.real.is_dir():
        # Its files are replaced in it, under a lock of the folder itself; its parent may be
        # anybody's.
        tempfile.TemporaryFile(dir=place.real).close()
        if place.kind is None:
            with suppress(OSError):
                return stack.enter_context(claimed(place.beside("lock")))
        return True
    place.real.parent.mkdir(parents=True, exist_ok=True)
    ours = stack.enter_context(claimed(place.beside("lock")))
    if ours:
        place.recover()
    return ours


def _check(place: OutFolder) -> None:
    """Raise ``TagonautError`` for what is known to fail, before any work is done."""
    name = place.kind.name if place.kind else "empty folder"
    stood = place.real.exists()
    if not place.is_vacant():
        if not place.is_marked():
            raise TagonautError(
                f"{place.path} exists already and is not {_an(name)}: choose another --out"
            )
        if foreign := place.foreign():
            raise TagonautError(
                f"{place.path} is {_an(name)} that also holds {named(foreign)}, and would be"
                " replaced as a whole: move that away, or choose another --out"
            )
    if stood and not place.filled_in_place:
        _check_replaceable(place)
    disk = shutil.disk_usage(place.real if stood else place.real.parent)
    if disk.total and disk.free < LEAST_FREE:
        raise TagonautError(
            f"{place.path}: cannot be written ({disk.free >> 10:,} KiB are free on its disk)"
        )


def named(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _check_replaceable(place: OutFolder) -> None:
    """Raise ``TagonautError`` for a folder that cannot be renamed."""
    if place.real.is_mount():
        raise TagonautError(f"{place.path} is where a disk is mounted: name a new folder in it")
    with suppress(OSError):
        if Path.cwd().is_relative_to(place.real):
            raise TagonautError(
                f"{place.path} holds the folder that this command was started in, and cannot be"
                " replaced: name another --out, or start it elsewhere"
            )


def _an(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"

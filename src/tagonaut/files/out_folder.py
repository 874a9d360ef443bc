"""The folder that a command leaves: its place is chosen, and reserved from then on."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.files.locks import claimed


@dataclass(frozen=True)
class OutFolder:
    """A place, ``path``, that no other command writes to while it is reserved.

    ``stood``: whether a folder was there when the place was chosen; ``replaces``: whether that was
    one which such a command left, so that it holds the file ``marked_by``. ``own``: the names of
    the files that are replaced in it, so that others stay; None: it is replaced as a whole.
    """

    path: Path
    marked_by: str | None = None
    own: Collection[str] | None = None
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
        return self.real.with_name(f".{self.real.name}.tagonaut-{kind}")

    @property
    def inside(self) -> Path:
        """The hidden name in the folder for files that are going to replace those in it."""
        return self.real / ".tagonaut-new"

    def is_vacant(self) -> bool:
        """Whether nothing is there but, at most, an empty folder."""
        if not self.real.exists():
            return True
        return self.real.is_dir() and not {*self.real.iterdir()} - {self.inside}

    def is_marked(self) -> bool:
        """Whether a folder that such a command left is there."""
        return self.marked_by is not None and (self.real / self.marked_by).is_file()

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
    out: Path | None,
    default: str,
    what: str,
    *,
    marked_by: str | None = None,
    first: str = "",
    own: Collection[str] | None = None,
) -> Iterator[OutFolder]:
    """Reserve ``out``, else the first free of ``default`` + ``first``, ``default-2``, ….

    Names that another process has reserved are not free; a reservation ends with its process.
    ``what`` the command leaves, for messages; ``marked_by`` and ``own`` are those of ``OutFolder``.
    Raises ``TagonautError`` for a folder that is neither empty nor marked, one that another command
    is writing to, and a place that cannot be written.
    """
    names = (Path(f"{default}-{n}" if n > 1 else f"{default}{first}") for n in count(1))
    for path in names if out is None else [out]:
        place = OutFolder(path, marked_by, own)
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
            if not place.is_vacant() and not place.is_marked():
                raise TagonautError(
                    f"{path} exists already and is not "
                    f"{'an' if what[0] in 'aeiou' else 'a'} {what}: choose another --out"
                )
            stood = place.real.exists()
            if stood and own is None:
                _check_replaceable(place)
            yield OutFolder(path, marked_by, own, stood, place.is_marked())
            return


def recover(folder: Path, marked_by: str) -> None:
    """Bring back a folder whose replacement a kill cut short, unless a process is still at it."""
    place = OutFolder(folder, marked_by)
    if not place.beside("old").is_dir():
        return
    with suppress(OSError), claimed(place.beside("lock")) as ours:
        if ours:
            place.recover()


def _reserve(place: OutFolder, stack: ExitStack) -> bool:
    if place.own is not None and place.real.is_dir():
        # Its files are replaced in it, under a lock of the folder itself; its parent may be
        # anybody's.
        tempfile.TemporaryFile(dir=place.real).close()
        return True
    place.real.parent.mkdir(parents=True, exist_ok=True)
    ours = stack.enter_context(claimed(place.beside("lock")))
    if ours:
        place.recover()
    return ours


def _check_replaceable(place: OutFolder) -> None:
    """Raise ``TagonautError`` for a folder that cannot be renamed, before any work is done."""
    if place.real.is_mount():
        raise TagonautError(f"{place.path} is where a disk is mounted: name a new folder in it")
    with suppress(OSError):
        if Path.cwd().is_relative_to(place.real):
            raise TagonautError(
                f"{place.path} holds the folder that this command was started in, and cannot be"
                " replaced: name another --out, or start it elsewhere"
            )

"""A folder appears whole or not at all, and the one that it replaces is deleted after that."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

from tagonaut.errors import Interrupted, TagonautError
from tagonaut.files.atomic import sync_file, sync_folder
from tagonaut.files.locks import locked_folder
from tagonaut.files.out_folder import OutFolder, named
from tagonaut.interrupts import Stop, deferred

T = TypeVar("T")


class Unwritten(TagonautError):
    """A folder that could not be written, of which nothing is kept."""


def write_whole(place: OutFolder, write: Callable[[Path], T], *, stop: Stop | None = None) -> T:
    """Fill a folder by ``write``, as in a block of ``written_whole``, and return what that returns.

    Where that fails, the work of hours is not lost with it: ``write`` fills a folder on another
    disk, and the ``TagonautError`` says where. If it fails there too, its first error is raised.
    """
    try:
        with written_whole(place, stop=stop) as folder:
            done = write(folder)
        return done
    except Unwritten as error:
        failure: Exception = error
    except TagonautError:
        raise
    except Exception as error:
        # Libraries have errors of their own for a full disk.
        failure = error
    with deferred(f"{place.path} is being written elsewhere: stopping after that"):
        found = _written_elsewhere(place.real.name, write)
    if found is None:
        raise failure
    reason = failure if isinstance(failure, Unwritten) else f"{place.path}: {failure}"
    raise TagonautError(f"{reason}; it is complete in {found}: move it to where it shall be")


def _written_elsewhere(name: str, write: Callable[[Path], object]) -> Path | None:
    """A complete folder where there is room for it; None if there is none."""
    for parent in dict.fromkeys((tempfile.gettempdir(), str(Path.home()), str(Path.cwd()))):
        try:
            above = Path(tempfile.mkdtemp(prefix="tagonaut-", dir=parent))
        except OSError:
            continue
        folder = above / name
        try:
            folder.mkdir()
            write(folder)
            _sync(folder)
        except Exception:
            shutil.rmtree(above, ignore_errors=True)
        else:
            return folder
    return None


@contextmanager
def written_whole(place: OutFolder, *, stop: Stop | None = None) -> Iterator[Path]:
    """An empty folder to write into; at the end of the block it is what stands at ``place``.

    An error in the block leaves everything as it was. Ctrl-C and SIGTERM, however often, wait until
    all is written: then ``stop`` is asked, or else ``Interrupted`` raised. What a kill leaves is
    cleared away by the next command for the same place (``OutFolder.recover``). Where something
    else has come to stand at ``place`` meanwhile, the folder is kept under another name, which the
    ``TagonautError`` gives; another error of the disk is ``Unwritten``.
    """
    with deferred(f"{place.path} is being written: stopping after that") as heard:
        try:
            if place.filled_in_place and place.stood:
                own, mark = (place.kind.own, place.kind.mark) if place.kind else ((), None)
                with files_replaced(place.real, own=own or (), last=mark) as new:
                    yield new
            else:
                new = place.beside("new")
                new.parent.mkdir(parents=True, exist_ok=True)
                new.mkdir()
                try:
                    yield new
                    _sync(new)
                except BaseException:
                    shutil.rmtree(new, ignore_errors=True)
                    raise
                _take_place(new, place)
        except OSError as error:
            raise Unwritten(f"{place.path}: cannot be written ({error})") from error
    if heard and stop is not None:
        stop.asked = True
    elif heard:
        raise Interrupted(f"stopped; {place.path} is complete")


@contextmanager
def files_replaced(
    folder: Path, *, own: Collection[str] = (), last: str | None = None
) -> Iterator[Path]:
    """A folder to write files into, which replace those of the same names in ``folder`` at the end.

    The file ``last`` does so last. Files called one of ``own`` that are not written are removed;
    all others stay. Ctrl-C and SIGTERM wait meanwhile. An error in the block leaves everything as
    it was; a kill at the end may leave new files beside old ones, each of them whole. Raises
    ``TagonautError`` while another process writes into the folder, ``OSError`` for the disk.
    """
    new = OutFolder(folder).inside
    with ExitStack() as stack:
        stack.enter_context(locked_folder(folder))
        heard = stack.enter_context(deferred(f"{folder} is being written: stopping after that"))
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        stack.callback(shutil.rmtree, new, ignore_errors=True)
        yield new
        _sync(new)
        written = sorted(new.iterdir(), key=lambda file: file.name == last)
        for name in {*own} - {file.name for file in written}:
            (folder / name).unlink(missing_ok=True)
        for file in written:
            file.replace(folder / file.name)
        sync_folder(folder)
    if heard:
        raise Interrupted(f"stopped; {folder} is complete")


def _take_place(new: Path, place: OutFolder) -> None:
    real, old = place.real, place.beside("old")
    try:
        if place.replaces and place.is_marked():
            if foreign := place.foreign():
                raise OSError(errno.ENOTEMPTY, f"{named(foreign)} came to be there")
            real.rename(old)
            try:
                new.rename(real)
            except OSError:
                old.rename(real)
                raise
        else:
            # Takes the place of an empty folder, and of nothing else.
            new.rename(real)
    except OSError as error:
        raise TagonautError(
            f"{place.path} cannot be put in its place ({error.strerror}): it is complete in"
            f" {_kept(new, real)}"
        ) from error
    sync_folder(real.parent)
    shutil.rmtree(old, ignore_errors=True)


def _kept(new: Path, real: Path) -> Path:
    """Where a complete folder is whose place is taken: under the next free name, if it can be."""
    free = next(path for n in count(2) if not (path := Path(f"{real}-{n}")).exists())
    try:
        return new.rename(free)
    except OSError:
        return new


def _sync(folder: Path) -> None:
    for parent, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(parent, name))
        sync_folder(Path(parent))

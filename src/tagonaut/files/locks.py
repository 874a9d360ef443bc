"""Locks that let one process at a time work on a journal, on a folder, or on a name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG

from tagonaut.errors import TagonautError

# Nobody else may hold a lock of ours, and a link or a pipe in its place is no lock.
_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MODE = 0o600


@contextmanager
def locked(path: Path, called: Path | None = None) -> Iterator[None]:
    """Hold a lock file, which the system releases when the process ends in any way.

    ``called`` is its name for people. Raises ``TagonautError`` if another process holds it, or if
    it cannot be created.
    """
    name = called or path
    try:
        handle = os.open(path, _FLAGS | os.O_CREAT, _MODE)
    except OSError as error:
        raise TagonautError(f"{name}: the lock cannot be created ({error.strerror})") from None
    try:
        if not S_ISREG(os.fstat(handle).st_mode):
            raise TagonautError(f"{name}: the lock is no file: remove it")
        _take(handle, name)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Lock a folder itself, without a file in it, if it exists and its disk can do that.

    Raises ``TagonautError`` if another process holds it.
    """
    with ExitStack() as stack:
        # Network disks cannot lock folders; the journal's own lock remains.
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, handle)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _at_work(folder) from None
        yield


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Hold a lock file that is removed afterwards; false if another process holds it.

    A file that a killed process left holds nothing, except on a disk that cannot lock files: there
    it stands for a process at work. Raises ``OSError`` if the file cannot be made.
    """
    handle = _claim(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _claim(path: Path) -> int | None:
    """A handle that holds the lock file; None if another process has it."""
    while True:
        made = True
        try:
            handle = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
        except FileExistsError:
            made = False
            try:
                handle = os.open(path, _FLAGS)
            except FileNotFoundError:
                continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if made and not isinstance(error, BlockingIOError):
                return handle
            os.close(handle)
            return None
        # Whoever held it may have removed the file between these calls.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _at_work(path: Path) -> TagonautError:
    return TagonautError(f"another run is at work here ({path} is locked): wait for it to end")


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _at_work(path) from None
    except OSError as error:
        raise TagonautError(f"{path}: the file cannot be locked ({error.strerror})") from None

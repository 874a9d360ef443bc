"""One run at a time on one journal."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagonaut.errors import TagonautError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it ends.

    Raises ``TagonautError`` if another process holds it, or if it cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise TagonautError(f"{path}: the lock cannot be made ({error.strerror})") from None
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TagonautError(
            f"another run is at work here ({path} is locked): wait for it to end"
        ) from None
    except OSError as error:
        raise TagonautError(f"{path}: the file cannot be locked ({error.strerror})") from None

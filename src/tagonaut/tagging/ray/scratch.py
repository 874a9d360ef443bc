"""A worker's folder for what it works on, which outlives a kill only until the next worker."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "tagonaut-ray-"
_LOCK = "lock"
_held: list[int] = []


def scratch() -> Path:
    """A new folder, held while this process lives; those that nobody holds any more are removed."""
    above = Path(tempfile.gettempdir())
    for left in above.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            handle = os.open(left / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)
    # It is held before others see it under its name.
    new = Path(tempfile.mkdtemp(prefix=".tagonaut-new-"))
    handle = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    _held.append(handle)
    return new.rename(above / f"{_PREFIX}{new.name.rpartition('-')[2]}")

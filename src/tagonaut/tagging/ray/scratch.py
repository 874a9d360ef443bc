"""An actor's scratch folder; that of a killed actor is removed by the next one."""

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
    """Create a folder, locked while this process lives, and remove those that are not locked."""
    above = Path(tempfile.gettempdir())
    for left in above.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            handle = os.open(left / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)
    # It is locked before others see it under its name.
    new = Path(tempfile.mkdtemp(prefix=".tagonaut-new-"))
    handle = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    _held.append(handle)
    return new.rename(above / f"{_PREFIX}{new.name.rpartition('-')[2]}")

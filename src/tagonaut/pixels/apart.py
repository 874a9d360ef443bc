"""Has a picture decoded in a process of its own, which the system ends at the limits.

That costs a quarter of a second, so it is done for pictures that are very large, or packed in a way
that few are: nothing else can end a decoder that does not come back.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import PictureError
from tagonaut.limits import MEMORY, SECONDS

MESSAGE = "error: "
"""Begins the last line of the process's errors where these are meant for people."""
_PROGRAM = "tagonaut.pixels.decode_process"


def decode_apart(
    path: Path, size: tuple[int, int] | None, bands: Sequence[str] = ()
) -> NDArray[Any]:
    """The array that ``decode`` gives, or ``decode_bands`` if there are ``bands``.

    Raises ``PictureError``, also where the process takes too much time or memory.
    """
    question = json.dumps([os.fsencode(path.absolute()).hex(), size, list(bands)])
    try:
        done = subprocess.run(
            # Not from the folder that we are in, which may hold modules of other people.
            [sys.executable, "-P", "-m", _PROGRAM, question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS.value,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                # A thread for each core would take address space that is counted.
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
    except subprocess.TimeoutExpired:
        raise PictureError(f"the time for decoding it is{SECONDS.over()}") from None
    if done.returncode:
        raise PictureError(_reason(done.stderr))
    head, _, pixels = done.stdout.partition(b"\n")
    shape, kind = json.loads(head)
    return np.frombuffer(pixels, dtype=np.dtype(kind)).reshape(shape)


def _reason(errors: bytes) -> str:
    """The child's own message, or what the system will have ended it for."""
    lines = errors.decode(errors="replace").strip().splitlines()
    if lines and lines[-1].startswith(MESSAGE):
        return lines[-1].removeprefix(MESSAGE)
    return f"its decoder ended without a picture; its memory may be{MEMORY.over()}"

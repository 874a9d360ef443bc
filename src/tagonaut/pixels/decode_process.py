"""Decodes one picture under limits that the system holds; started by ``apart``."""

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.limits import MEMORY, SECONDS
from tagonaut.pixels.apart import MESSAGE
from tagonaut.pixels.decode import decode_bands_here, decode_here

Pixels = NDArray[np.unsignedinteger[Any]]

# Of what libraries reserve beside the picture, such as stacks of threads.
_SPARE_BYTES = 512 << 20


def main() -> int:
    """Write the shape and type in a line, then the pixels; the exit status."""
    name, size, bands = json.loads(sys.argv[1])
    path = Path(os.fsdecode(bytes.fromhex(name)))
    _limit_process()
    pixels: Pixels
    try:
        if bands:
            pixels = decode_bands_here(path, tuple(size), tuple(bands))
        else:
            pixels = decode_here(path, tuple(size) if size else None)
    except TagonautError as error:
        sys.stderr.write(f"{MESSAGE}{error}\n")
        return 1
    sys.stdout.buffer.write(json.dumps([pixels.shape, pixels.dtype.str]).encode() + b"\n")
    sys.stdout.buffer.write(pixels.tobytes())
    return 0


def _limit_process() -> None:
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[0]) if statm.exists() else 0
    here = pages * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: here + MEMORY.value + _SPARE_BYTES,
        resource.RLIMIT_CPU: SECONDS.value,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        # Some systems refuse some of them; the time is limited in any case.
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())

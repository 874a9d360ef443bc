"""Taggers that tell which process they are in, take their time, or die."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.tagging.scorer import ByColour

DEADLY = b"deadly"


class Watched(ByColour):
    """Leaves the number of its process in a folder."""

    def __init__(self, folder: Path, seconds: float = 0.0) -> None:
        super().__init__()
        self.folder, self.seconds = folder, seconds
        (folder / str(os.getpid())).touch()

    def score_pixels(self, pictures: Any) -> NDArray[np.float32]:
        time.sleep(self.seconds)
        return super().score_pixels(pictures)


class KilledOnce(Watched):
    """Of all processes, the first in the middle of its work is killed."""

    def score_pixels(self, pictures: Any) -> NDArray[np.float32]:
        self.batches = getattr(self, "batches", 0) + 1
        if self.batches == 5:
            with suppress(FileExistsError):
                (self.folder / "killed").touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return super().score_pixels(pictures)


class Mortal(Watched):
    """Dies of a photo, as a decoder does that has a hole."""

    def prepare(self, path: Path) -> NDArray[np.uint8]:
        if path.read_bytes().endswith(DEADLY):
            os.abort()
        return super().prepare(path)

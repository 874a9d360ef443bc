"""An honest little tagger: it looks at a picture's mean colour, and at nothing else."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.labels import LabelSet
from tagonaut.pixels.decode import decode

NAMES = ("red", "green", "blue", "Café crème")


class ByColour:
    """Scores are the means of red, green and blue; the fourth is their opposite."""

    batch_size = 4

    def __init__(self, run_id: str = "run-1", names: tuple[str, ...] = NAMES) -> None:
        self.run_id = run_id
        self.labels = LabelSet(names)
        self.prepared: list[Path] = []

    def prepare(self, path: Path) -> NDArray[np.uint8]:
        self.prepared.append(path)
        return decode(path, (8, 8))

    def score_pixels(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        means = np.stack(pictures).mean((1, 2), dtype=np.float32) / 255
        return np.concatenate([means, 1 - means.mean(1, keepdims=True)], axis=1)

    def decide(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        return scores >= 0.5


def colour(path: Path, *names: str, form: str = "JPEG", size: int = 24) -> Path:
    """A picture that gets exactly these of the first three tags (and the fourth if it is dark)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((size, size, 3), dtype=np.uint8)
    for place, name in enumerate(NAMES[:3]):
        pixels[..., place] = 220 if name in names else 40
    pixels[::3, ::2] += 9
    Image.fromarray(pixels).save(path, form)
    return path


def expected(*names: str) -> tuple[str, ...]:
    """The tags that ``ByColour`` gives such a picture."""
    return tuple(names) if len(names) > 1 else (*names, "Café crème")

"""A shot: the frame size, random generator and camera drift that all parts of one photo share."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from tagonaut.drawing.canvas import turned
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.fractal import Field

T = TypeVar("T")


@dataclass(frozen=True)
class Shot:
    """One frame of a pass.

    ``rng`` starts alike for all frames of the pass, which therefore show the same scene; what
    differs between them is ``drift``, in seconds since the first frame, and ``sway``, how far
    the camera points aside, in longer sides of the frame.
    """

    width: int
    height: int
    rng: Generator
    drift: float
    sway: tuple[float, float]

    @property
    def longer(self) -> int:
        """Pixels along the longer side."""
        return max(self.width, self.height)

    def between(self, low: float, high: float) -> float:
        """A random number between the two."""
        return low + (high - low) * self.rng.random()

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self.rng.random() < share

    def pick(self, choices: tuple[T, ...]) -> T:
        """One of the choices."""
        return choices[int(self.rng.random() * len(choices))]

    def direction(self) -> tuple[np.float32, np.float32]:
        """Cosine and sine of a random angle."""
        cosine, sine = turned(self.between(0, 6.2832))
        return np.float32(cosine), np.float32(sine)

    def field(self) -> Field:
        """A random field."""
        return Field.drawn(self.rng)

    def places(self) -> tuple[Plane, Plane]:
        """The places of the pixels, in longer sides from the centre: x ``[1, w]`` and y ``[h, 1]``.

        x goes right and y goes down; a camera that points to the right sees all further left.
        """
        pixel = np.float32(1 / self.longer)
        x = (np.arange(self.width, dtype=np.float32) + np.float32(0.5 - self.width / 2)) * pixel
        y = (np.arange(self.height, dtype=np.float32) + np.float32(0.5 - self.height / 2)) * pixel
        return x[None, :] + np.float32(self.sway[0]), y[:, None] + np.float32(self.sway[1])

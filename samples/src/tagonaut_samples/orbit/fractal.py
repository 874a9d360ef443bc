"""Rough fields that can be asked at any place of an endless plane: land, clouds, lights."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagonaut.drawing.canvas import turned
from tagonaut.drawing.noise import Plane

SIDE = 512  # texels of the tile that repeats
CELLS = 16  # features of its broadest octave along a side
TEXELS = SIDE // CELLS
FINER = 16  # the second tile's features are this much smaller


def _octave(rng: Generator, cells: int) -> Plane:
    """A smooth field ``[SIDE, SIDE]`` that goes on at the other edge where it ends."""
    at = (np.arange(SIDE) + 0.5) * (cells / SIDE)
    first = at.astype(np.intp)
    t = (at - first)[:, None]
    weights = (
        (1 - t) * (1 - t) * (1 - t) / 6,
        (3 * t * t * t - 6 * t * t + 4) / 6,
        (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6,
        t * t * t / 6,
    )
    field = rng.random((cells, cells)) * 2 - 1
    for _ in range(2):
        taps = field.T
        rows = [w * taps[(first + k) % cells] for k, w in enumerate(weights)]
        field = rows[0] + rows[1] + rows[2] + rows[3]
    return (field / 0.277).astype(np.float32)


@lru_cache(maxsize=1)
def _tile() -> NDArray[np.complex128]:
    """Each texel of four octaves with what bilinear interpolation needs, 16 bytes in all.

    They pose as one complex number, because NumPy picks those out much faster than rows of four.
    """
    rng = np.random.default_rng(29)
    a = np.zeros((SIDE, SIDE), dtype=np.float32)
    for k in range(4):
        a += np.float32(0.5**k) * _octave(rng, CELLS << k)
    a /= a.std()
    right, below = np.roll(a, -1, axis=1), np.roll(a, -1, axis=0)
    across = np.roll(below, -1, axis=1)
    quads = np.stack([a, right - a, below - a, across - below - right + a], axis=2)
    return np.ascontiguousarray(quads).view(np.complex128).ravel()


def _sampled(x: Plane, y: Plane) -> Plane:
    """The tile at ``x``, ``y`` in texels, from zero up."""
    column, row = x.astype(np.int32), y.astype(np.int32)
    s, t = x - column, y - row
    row &= SIDE - 1
    row *= SIDE
    column &= SIDE - 1
    row += column
    corner = _tile().take(row).view(np.float32).reshape(*row.shape, 4)
    slope = corner[..., 3] * s
    slope += corner[..., 2]
    slope *= t
    s *= corner[..., 1]
    s += slope
    s += corner[..., 0]
    return s


@dataclass(frozen=True)
class Field:
    """A random field of mean 0 and deviation about 1 whose broadest features are one unit wide."""

    start: tuple[float, float]
    cosine: float
    sine: float

    @classmethod
    def drawn(cls, rng: Generator) -> "Field":
        """A field that nothing else is like."""
        x, y, angle = rng.random(3)
        cosine, sine = turned(6.2832 * angle)
        # Far from zero: what is asked for left of it has positive texels all the same.
        return cls((64 + CELLS * float(x), 64 + CELLS * float(y)), cosine, sine)

    def broad(self, x: Plane, y: Plane) -> Plane:
        """Features from one unit down to an eighth; x and y within ±40 units, broadcast."""
        return _sampled(*self._texels(x, y))

    def deep(self, x: Plane, y: Plane, pixel: Plane | float, rough: float = 0.1) -> Plane:
        """Features from one unit down to 1/128, the finer ones ``rough`` times as strong.

        ``pixel`` is a pixel's extent in units there: what is finer fades out.
        """
        s, t = self._texels(x, y)
        fine = _sampled(s * FINER + 77, t * FINER + 31)
        fine *= np.clip(np.float32(1.4 * rough) - np.float32(11 * rough) * pixel, 0, rough)
        fine += _sampled(s, t)
        return fine

    def _texels(self, x: Plane, y: Plane) -> tuple[Plane, Plane]:
        c, s = np.float32(self.cosine * TEXELS), np.float32(self.sine * TEXELS)
        across = x * c + (np.float32(self.start[0] * TEXELS) - y * s)
        down = x * s + (np.float32(self.start[1] * TEXELS) + y * c)
        return across, down

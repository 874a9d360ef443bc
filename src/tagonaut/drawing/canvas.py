"""The planes that a chip is painted on, and shapes with smooth edges to paint through.

Lengths and places are in units of 1/128 of the chip's side, some 2.5 m on the ground; x goes
east (right) and y goes south (down). A mask is ``[size, size]`` in 0…1, a picture is
``[3, size, size]`` in 0…1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tagonaut.drawing.noise import Plane, Textures

SIDE = 128
FINER = 2  # shapes are drawn this much finer than the chip, then averaged

Points = NDArray[np.float64]  # [..., 2]: x, y
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """The size, random generator, light and climate that all parts of one chip share."""

    size: int
    rng: Generator
    textures: Textures
    sun: tuple[float, float]  # unit vector along the ground towards the sun
    shadow: float  # units of shadow a house casts
    dry: float  # 0 lush … 1 dry

    def detail(self, kind: str) -> Plane:
        """A random window of the texture of that name."""
        texture: Plane = getattr(self.textures, kind)
        return texture[self.textures.window(self.rng, self.size)]

    def between(self, low: float, high: float) -> float:
        """A random number between the two."""
        return low + (high - low) * self.rng.random()

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self.rng.random() < share

    def pick(self, choices: tuple[Colour, ...]) -> Colour:
        """One of the colours, a little off."""
        r, g, b = choices[int(self.rng.random() * len(choices))]
        light = self.between(0.92, 1.08)
        return round(r * light), round(g * light), round(b * light * self.between(0.97, 1.03))

    def picks(self, choices: tuple[Colour, ...], n: int) -> NDArray[np.float64]:
        """``n`` of the colours, each a little off: ``[n, 3]`` in 0…255 and slightly above."""
        base = np.array(choices)[self.rng.integers(len(choices), size=n)]
        light = self.rng.uniform(0.92, 1.08, (n, 1))
        return base * light * self.rng.uniform(0.97, 1.03, (n, 3))

    def places(self) -> tuple[Plane, Plane]:
        """The places of the pixels, in units: x ``[1, size]`` and y ``[size, 1]``."""
        at = (np.arange(self.size, dtype=np.float32) + np.float32(0.5)) * np.float32(
            SIDE / self.size
        )
        return at[None, :], at[:, None]


def colours(levels: NDArray[np.float64]) -> list[Colour]:
    """Rows of ``levels[n, 3]`` as whole numbers up to 255."""
    return [(r, g, b) for r, g, b in np.minimum(np.rint(levels), 255).astype(int).tolist()]


def turned(angle: float) -> tuple[float, float]:
    """Cosine and sine, rounded to where all machines' mathematics libraries agree."""
    return round(math.cos(angle), 9), round(math.sin(angle), 9)


def step(field: Plane, low: float, high: float) -> Plane:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((field - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def shifted(mask: Plane, view: View, x: float, y: float) -> Plane:
    """The mask moved by ``x``, ``y`` units; what comes in at the edges is the edge repeated."""
    scale = view.size / SIDE
    at = np.arange(view.size)
    rows, columns = (np.clip(at - round(d * scale), 0, view.size - 1) for d in (y, x))
    return mask[rows][:, columns]


def plane(colour: Colour) -> Plane:
    """A colour of 0…255 as ``[3, 1, 1]`` in 0…1."""
    return np.array(colour, dtype=np.float32)[:, None, None] * np.float32(1 / 255)


def ramp(low: Colour, high: Colour, t: Plane) -> Plane:
    """From one colour at t = 0 to the other at t = 1, and beyond: ``[3, size, size]``."""
    a, b = plane(low), plane(high)
    return a + (b - a) * t


def paint(picture: Plane, mask: Plane, colour: Plane) -> None:
    """Lay a colour, or a picture, over the picture where the mask says."""
    picture += mask * (colour - picture)


def box(centre: Points, ahead: Points, length: Points, width: Points) -> Points:
    """Corners ``[n, 4, 2]`` of n rectangles, ``length[n]`` along ``ahead[n, 2]``."""
    along = ahead * (length / 2)[:, None]
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) * (width / 2)[:, None]
    ends = [along + across, along - across, -along - across, -along + across]
    return centre[:, None] + np.stack(ends, axis=1)


class Stencil:
    """A mask in the making."""

    mode = "L"

    def __init__(self, size: int) -> None:
        self._image = Image.new(self.mode, (size * FINER, size * FINER))
        self._draw = ImageDraw.Draw(self._image)
        self._scale = size * FINER / SIDE
        self._ink: int | tuple[int, ...] = 255

    def _pixels(self, points: Points) -> list[list[int]]:
        # Whole numbers: Pillow's drawing is then exact arithmetic.
        shape = len(points), math.prod(points.shape[1:])
        return np.rint(points * self._scale).astype(int).reshape(shape).tolist()

    def polygons(self, corners: Points) -> None:
        """Fill the polygons ``corners[n, m, 2]``."""
        for flat in self._pixels(corners):
            self._draw.polygon(flat, fill=self._ink)

    def stroke(self, points: Points, width: float) -> None:
        """A line without sharp bends through ``points[n, 2]``, the same width everywhere."""
        flat = [number for pair in self._pixels(points) for number in pair]
        self._draw.line(flat, fill=self._ink, width=max(1, round(width * self._scale)))

    def ribbon(self, points: Points, aside: Points, widths: Points) -> None:
        """A band through ``points[n, 2]``, ``widths[n]`` wide along ``aside[n, 2]``."""
        half = aside * (widths / 2)[:, None]
        left, right = points - half, points + half
        self.polygons(np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1))

    def mask(self) -> Plane:
        """The finished mask, ``[size, size]``."""
        return np.asarray(self._image.reduce(FINER)) * np.float32(1 / 255)


class Sheet(Stencil):
    """A transparent sheet that keeps its colours; ``use`` one before drawing."""

    mode = "RGBX"  # Pillow would weigh the colours of RGBA by the fourth band while averaging

    def use(self, colour: Colour) -> None:
        """Draw in this colour from now on."""
        self._ink = (*colour, 255)

    def coloured(self, corners: Points, inks: Sequence[Colour]) -> None:
        """Fill the polygons ``corners[n, m, 2]``, each in its own colour."""
        for flat, colour in zip(self._pixels(corners), inks, strict=True):
            self._draw.polygon(flat, fill=(*colour, 255))

    def layers(self) -> tuple[Plane, Plane]:
        """The colours ``[3, size, size]``, already weighed by the mask, and the mask."""
        pixels = np.asarray(self._image.reduce(FINER))
        bands = np.ascontiguousarray(pixels.transpose(2, 0, 1)) * np.float32(1 / 255)
        return bands[:3], bands[3]

"""A transparent sheet over the picture, on which things with edges are drawn."""

import math
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from tagonaut.drawing.canvas import Colour, Points
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.shot import Shot

FINER = 2  # drawn this much finer than the picture, then averaged


def shaded(colour: Colour, light: float) -> Colour:
    """The colour in more or less light."""
    r, g, b = (min(255, max(0, round(level * light))) for level in colour)
    return r, g, b


class Overlay:
    """Places are in longer sides of the frame from its centre, x to the right, y down."""

    def __init__(self, shot: Shot) -> None:
        # RGBX: Pillow would weigh the colours of RGBA by the fourth band while averaging.
        self._image = Image.new("RGBX", (shot.width * FINER, shot.height * FINER))
        self._draw = ImageDraw.Draw(self._image)
        self._scale = shot.longer * FINER
        self._shift = np.array(
            [
                shot.width / 2 - shot.sway[0] * shot.longer,
                shot.height / 2 - shot.sway[1] * shot.longer,
            ]
        )

    def _pixels(self, points: Points) -> list[float]:
        return np.rint(points * self._scale + self._shift * FINER).ravel().tolist()

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fill a polygon, ``points[n, 2]``."""
        self._draw.polygon(self._pixels(np.asarray(points)), fill=(*colour, 255))

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """A line through ``points[n, 2]``, at least a pixel wide."""
        ink = max(1, round(width * self._scale))
        self._draw.line(self._pixels(np.asarray(points)), (*colour, 255), ink, joint="curve")

    def disc(self, centre: Points, radius: Points, colour: Colour) -> None:
        """Fill an ellipse with its axes along the frame."""
        corners = np.stack([np.asarray(centre) - radius, np.asarray(centre) + radius])
        self._draw.ellipse(self._pixels(corners), fill=(*colour, 255))

    def layers(self) -> tuple[Plane, Plane]:
        """The colours ``[3, h, w]``, already weighed by the mask, and the mask."""
        pixels = np.asarray(self._image.reduce(FINER))
        bands = np.ascontiguousarray(pixels.transpose(2, 0, 1)) * np.float32(1 / 255)
        return bands[:3], bands[3]

    def lay(self, picture: Plane) -> None:
        """Lay the sheet over the picture."""
        colours, mask = self.layers()
        picture *= 1 - mask
        picture += colours


def quad(corners: Points, u: float, v: float) -> Points:
    """The place at ``u``, ``v`` in 0…1 between four corners, the first to the second being u."""
    a, b, c, d = corners
    return (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v


def round_body(
    overlay: Overlay,
    start: Points,
    ahead: Points,
    profile: tuple[tuple[float, float, Colour], ...],
    light: float,
    rng: Generator,
) -> None:
    """A body turned about an axis: ``(place along it, radius, colour from here on)`` in order.

    ``light`` is how bright it is lit; from which side is drawn.
    """
    aside = np.array([-ahead[1], ahead[0]])
    sun = rng.uniform(-0.8, 0.8)
    strips = 12 + round(200 * max(radius for _, radius, _ in profile))
    edges = np.sin(np.linspace(-math.pi / 2, math.pi / 2, strips + 1))
    middle = (edges[:-1] + edges[1:]) / 2
    across = np.sqrt(1 - middle * middle)
    glow = np.clip(middle * sun + across * math.sqrt(1 - sun * sun), 0, 1) * 0.88 + 0.12
    for (at, radius, colour), (end, wide, _) in pairwise(profile):
        near, far = start + ahead * at, start + ahead * end
        for low, high, bright in zip(edges, edges[1:], glow, strict=False):
            corners = [
                near + aside * radius * low,
                near + aside * radius * high,
                far + aside * wide * high,
                far + aside * wide * low,
            ]
            overlay.polygon(np.array(corners), shaded(colour, float(bright) * light))

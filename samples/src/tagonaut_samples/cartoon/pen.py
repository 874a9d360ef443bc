"""Flat shapes with ink around them, as they are painted on a film's transparent sheets.

A place is a complex number: its real part goes right, its imaginary part goes down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tagonaut.drawing.canvas import Colour, turned

Points = NDArray[np.complex128]

SHARPEST = 3.0  # ink widths that a corner of the ink may stand out
STEPS = 6  # straight pieces that a curve has from knot to knot
KEPT = 2048  # shapes: those of the characters' bodies come again in each frame


@dataclass(frozen=True, eq=False)
class Shape:
    """A closed outline, and from each of its points the way to the outer edge of its ink."""

    points: Points
    outward: Points  # in ink widths


def direction(degrees: float) -> complex:
    """The unit vector at that angle; 0 is to the right, 90 is down."""
    return complex(*turned(degrees * (pi / 180)))


@lru_cache(maxsize=KEPT)
def polygon(*corners: complex) -> Shape:
    """A shape with straight sides."""
    return _closed(np.array(corners, dtype=np.complex128))


def box(left: float, top: float, right: float, bottom: float) -> Shape:
    """An upright rectangle."""
    return polygon(
        complex(left, top), complex(right, top), complex(right, bottom), complex(left, bottom)
    )


@lru_cache(maxsize=KEPT)
def blob(*knots: complex) -> Shape:
    """A smooth closed curve through the knots."""
    ring = np.array(knots, dtype=np.complex128)
    return _closed(_curve(np.concatenate([ring[-1:], ring, ring[:2]])))


@lru_cache(maxsize=KEPT)
def oval(centre: complex, wide: float, high: float) -> Shape:
    """An ellipse; ``wide`` and ``high`` are its half-axes."""
    circle = _circle()
    points: Points = circle.real * wide + 1j * (circle.imag * high)
    outward: Points = circle.real * high + 1j * (circle.imag * wide)
    outward /= np.abs(outward)
    return Shape(points + centre, outward)


def limb(knots: Sequence[complex], widths: Sequence[float]) -> Shape:
    """A band along a smooth curve through the knots, so wide at each, with round ends."""
    return _limb(tuple(knots), tuple(widths))


@lru_cache(maxsize=KEPT)
def _limb(knots: tuple[complex, ...], widths: tuple[float, ...]) -> Shape:
    first, last = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
    spine = np.append(_curve(np.array((first, *knots, last))), knots[-1])
    along = np.diff(spine, prepend=spine[:1], append=spine[-1:])
    along = along[:-1] + along[1:]
    along /= np.abs(along)
    width = np.array(widths) / 2
    pieces = width[:-1, None] + (width[1:] - width[:-1])[:, None] * _share()
    half = np.append(pieces.ravel(), width[-1])
    cap, aside = _cap(), along * 1j
    out = aside * half
    ends = along[-1] * cap, -along[0] * cap
    points = (
        spine + out,
        spine[-1] + half[-1] * ends[0],
        (spine - out)[::-1],
        spine[0] + half[0] * ends[1],
    )
    return Shape(np.concatenate(points), np.concatenate([aside, ends[0], -aside[::-1], ends[1]]))


def shrunk(shape: Shape, towards: complex, share: float) -> Shape:
    """The shape drawn together towards a place: the lit part of it, if that lies on its edge."""
    return Shape(towards + (shape.points - towards) * share, shape.outward)


@lru_cache(maxsize=1)
def _circle() -> Points:
    return np.array([direction(15 * k) for k in range(24)])


@lru_cache(maxsize=1)
def _cap() -> Points:
    return np.array([direction(angle) for angle in (67, 45, 22, 0, -22, -45, -67)])


@lru_cache(maxsize=1)
def _share() -> NDArray[np.float64]:
    return np.arange(STEPS) / STEPS


@lru_cache(maxsize=1)
def _weights() -> NDArray[np.float64]:
    """The weights of the four nearest knots on the pieces between the middle two."""
    t = _share()
    weights = (
        -t * t * t + 2 * t * t - t,
        3 * t * t * t - 5 * t * t + 2,
        -3 * t * t * t + 4 * t * t + t,
        t * t * t - t * t,
    )
    return np.stack(weights)[:, None, :] / 2


def _curve(knots: Points) -> Points:
    """A Catmull-Rom curve from the second knot up to the last but one, that one left out."""
    w = _weights()
    k = knots[:, None]
    return (k[:-3] * w[0] + k[1:-2] * w[1] + k[2:-1] * w[2] + k[3:] * w[3]).ravel()


def _closed(points: Points) -> Shape:
    before = np.diff(points, prepend=points[-1:])
    before /= np.maximum(np.abs(before), 1e-9)
    after = np.append(before[1:], before[0])
    across = (before.real * after.imag - before.imag * after.real).sum()
    turn = -1j if across >= 0 else 1j
    normal = before * turn
    both = normal + after * turn
    outward = both * (2 / np.maximum(np.abs(both) ** 2, 1e-9))
    far = np.maximum(np.abs(outward) / SHARPEST, 1)
    return Shape(points, outward / far)


class Pen:
    """Draws shapes in its own units on an image; ``at`` gives pens for the parts of a thing."""

    def __init__(
        self,
        image: Image.Image,
        turn: complex,
        shift: complex,
        line: float,
        ink: Colour,
        mirrored: bool = False,
    ) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)
        self._turn, self._shift, self._mirrored = turn, shift, mirrored
        self._line, self._ink = line, ink

    def at(
        self,
        place: complex,
        scale: float = 1,
        degrees: float = 0,
        mirrored: bool = False,
        line: float = 1,
    ) -> "Pen":
        """A pen whose units lie at that place in this one's, mirrored first, then turned.

        ``line`` makes the ink so much wider.
        """
        turn = scale * direction(degrees)
        if self._mirrored:
            turn = turn.conjugate()
        other = object.__new__(type(self))
        other._image, other._draw, other._ink = self._image, self._draw, self._ink
        other._turn, other._shift = self._turn * turn, self._pixel(place)
        other._mirrored = self._mirrored != mirrored
        other._line = self._line * line
        return other

    def fill(self, shape: Shape, colour: Colour, line: float = 1) -> None:
        """The shape with ink around it, ``line`` times as wide as usual."""
        ink = line * self._line / abs(self._turn)
        self._polygon(shape.points + shape.outward * ink, self._ink)
        self._polygon(shape.points, colour)

    def flat(self, shape: Shape, colour: Colour) -> None:
        """The shape without ink, on top of one with."""
        self._polygon(shape.points, colour)

    def stroke(self, knots: Sequence[complex], width: float, colour: Colour | None = None) -> None:
        """A smooth line, in ink unless a colour is given, on top of a shape."""
        widths = [width * 0.5, *[width] * (len(knots) - 2), width * 0.5]
        self.flat(limb(knots, widths), colour or self._ink)

    def wash(
        self, left: float, top: float, right: float, bottom: float, above: Colour, below: Colour
    ) -> None:
        """An upright rectangle that goes from the one colour to the other downwards."""
        first, last = self._pixel(complex(left, top)), self._pixel(complex(right, bottom))
        corner = round(first.real), round(first.imag)
        wide, high = round(last.real) - corner[0], max(round(last.imag) - corner[1], 1)
        t = ((np.arange(high) + 0.5) / high)[:, None]
        rows = np.full((high, 1, 4), 255, dtype=np.uint8)
        rows[:, 0, :3] = np.rint(np.array(above) * (1 - t) + np.array(below) * t)
        column = Image.frombytes("RGBX", (1, high), rows.tobytes())
        self._image.paste(column.resize((wide, high), Image.Resampling.NEAREST), corner)

    def _pixel(self, place: complex) -> complex:
        # Mirrored units: x counts to the left.
        own = complex(-place.real, place.imag) if self._mirrored else place
        return self._turn * own + self._shift

    def _polygon(self, points: Points, colour: Colour) -> None:
        self._draw.polygon(self._pixels(points), fill=(*colour, 255))

    def _pixels(self, points: Points) -> list[int]:
        own = -points.conj() if self._mirrored else points
        # Whole numbers: Pillow's drawing is then exact arithmetic.
        return np.rint((own * self._turn + self._shift).view(np.float64)).astype(int).tolist()


class Stencil(Pen):
    """Draws only where things are, on an image of one band."""

    def fill(self, shape: Shape, colour: Colour, line: float = 1) -> None:
        """The shape with its ink."""
        ink = line * self._line / abs(self._turn)
        self._draw.polygon(self._pixels(shape.points + shape.outward * ink), fill=255)

    def flat(self, shape: Shape, colour: Colour) -> None:
        """Nothing: it lies on a shape that is there."""

    def stroke(self, knots: Sequence[complex], width: float, colour: Colour | None = None) -> None:
        """Nothing: it lies on a shape that is there."""

"""Rivers and lakes."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from tagonaut.drawing.canvas import SIDE, Colour, Stencil, View, paint, plane, ramp, step
from tagonaut.drawing.courses import course
from tagonaut.drawing.ground import patch
from tagonaut.drawing.noise import Plane

CLEAR: tuple[Colour, ...] = ((30, 56, 72), (38, 66, 68), (46, 68, 88))
MUDDY: tuple[Colour, ...] = ((56, 78, 64), (106, 102, 74), (118, 108, 78))
SAND: Colour = (200, 186, 152)
MUD: Colour = (126, 116, 86)
REEDS: Colour = (64, 82, 48)


@dataclass(frozen=True)
class Water:
    """A river or a lake, its bank, and the sand beside it."""

    mask: Plane
    bank: Plane
    sand: Plane
    colour: Colour

    def paint(self, picture: Plane, view: View) -> None:
        """Banks first, then water that is darker where it is deeper."""
        fine = view.detail("fine")
        patchy = self.bank * step(view.detail("broad") + np.float32(0.4) * fine, -1, 1)
        lush = REEDS if view.dry < 0.6 else MUD
        paint(picture, patchy * np.float32(0.85), plane(lush) * (1 + np.float32(0.08) * fine))
        paint(picture, self.sand, plane(SAND) * (1 + np.float32(0.05) * fine))
        r, g, b = self.colour
        shallow = r + 12, g + 17, b + 10
        depth = step(_blurred(self.mask, 2.5 * view.size / SIDE), 0.4, 1.0)
        water = ramp(shallow, self.colour, depth)
        water *= 1 + np.float32(0.035) * view.detail("broad")
        water += np.float32(0.005) * view.detail("fine")
        paint(picture, self.mask, water)


def _blurred(mask: Plane, radius: float) -> Plane:
    image = Image.fromarray((mask * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius))) * np.float32(1 / 255)


def river(view: View, colour: Colour) -> Water:
    """A meandering river from edge to edge, with sand on the inside of its bends."""
    x, y = view.between(30, 98), view.between(30, 98)
    sway, wave = view.between(0.4, 1.2), view.between(70, 130)
    line = course(view, x, y, view.between(0, 6.2832), sway, wave)
    n = len(line.points)
    slow = np.interp(np.arange(n), np.linspace(0, n, 12), view.rng.uniform(0.7, 1.3, 12))
    widths = view.between(8, 17) * slow
    water, bank, sand = (Stencil(view.size) for _ in range(3))
    water.ribbon(line.points, line.aside, widths)
    bank.ribbon(line.points, line.aside, widths + view.between(3, 7))
    if view.chance(0.65):
        turn = (line.aside[:-1] * line.ahead[1:]).sum(axis=1, keepdims=True)  # sine of the bend
        inward = np.clip(turn * view.between(7, 15), -1, 1) * line.aside[1:]
        beach = line.points[1:] + inward * widths[1:, None] * 0.3
        sand.ribbon(beach, line.aside[1:], widths[1:])
    return Water(water.mask(), bank.mask(), sand.mask(), colour)


def lake(view: View, colour: Colour, taken: Plane) -> Water:
    """A lake or a pond with a narrow shore, where least is ``taken``."""
    scale, best = view.size / SIDE, 2.0
    for _ in range(12):
        a, b = view.between(20, 108), view.between(20, 108)
        top, bottom, left, right = (
            round(max(0, c) * scale) for c in (b - 30, b + 30, a - 30, a + 30)
        )
        share = np.count_nonzero(taken[top:bottom, left:right] > 0.5) / view.size**2
        if share < best:
            x, y, best = a, b, share
    shape = patch(view, x, y, view.between(22, 38), 0.26)
    bank = step(shape, -0.22, -0.05)
    sand = np.zeros_like(shape)
    if view.chance(0.4):
        sand = bank * step(shape + np.float32(0.1) * view.detail("broad"), -0.1, -0.02)
    return Water(step(shape, 0.0, 0.06), bank, sand, colour)

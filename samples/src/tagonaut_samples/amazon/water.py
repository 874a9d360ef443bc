"""Rivers, streams and lakes."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import Stencil, View, step, turned
from tagonaut.drawing.courses import Course, course
from tagonaut.drawing.ground import patch
from tagonaut.drawing.noise import Plane, octaves
from tagonaut_samples.amazon.layers import (
    Layer,
    Spectrum,
    blurred,
    material,
    mottled,
    ragged,
)
from tagonaut_samples.amazon.spectra import (
    BLACK_WATER,
    BROWN_SOIL,
    BROWN_WATER,
    DARK_WATER,
    GREEN_WATER,
    LUSH_GRASS,
    REGROWTH,
    SAND,
    TAN_WATER,
)

WATERS: tuple[Spectrum, ...] = (BLACK_WATER, DARK_WATER, GREEN_WATER, BROWN_WATER, TAN_WATER)
TURBID: tuple[Spectrum, ...] = (BROWN_WATER, TAN_WATER)


@dataclass(frozen=True)
class Water:
    """Water, and the strip of land along it, which people settle on."""

    layers: list[Layer]
    bank: Plane


def water(view: View, alone: bool) -> Water:
    """A river or a lake; ``alone``: with no forest around, a river that fills much of the chip."""
    kind = view.rng.random()
    if alone or kind < 0.25:
        return _wide(view, view.between(36, 75) if alone else view.between(10, 34))
    line = river_course(view, view.between(0.35, 1.25))
    if kind < 0.62:
        return _along(view, line, view.between(4, 11), material(view, *WATERS))
    if kind < 0.88:
        line = river_course(view, view.between(0.75, 1.3))
        return _along(view, line, view.between(2, 4), material(view, *WATERS))
    return _lakes(view)


def muddy_river(view: View, line: Course) -> Water:
    """The river that a placer mine works on."""
    return _along(view, line, view.between(2.5, 6), material(view, *TURBID))


def river_course(view: View, sway: float) -> Course:
    """A course across the chip that winds by ``sway`` radians to each side."""
    x, y = view.between(30, 98), view.between(30, 98)
    return course(view, x, y, view.between(0, 6.2832), sway, view.between(40, 120))


def _surface(view: View, mask: Plane, stuff: Plane) -> Layer:
    """Water that is a little lighter towards its shores, with slow streaks."""
    deep = step(blurred(mask, view, 2), 0.45, 1.0)
    light = (np.float32(1.16) - np.float32(0.16) * deep) * (
        1 + np.float32(0.035) * view.detail("broad")
    )
    return Layer("water", mask, stuff * light)


def _wide(view: View, half: float) -> Water:
    """A river wider than its bends, with islands and beaches."""
    cos, sin = (np.float32(c) for c in turned(view.between(0, 6.2832)))
    east, south = view.places()
    middle = view.between(-24, 24)
    across = (south - 64) * cos - (east - 64) * sin + np.float32(middle)
    bend = octaves(view.rng, view.size, 1, 3, 0.4)
    away: Plane = np.abs(across + np.float32(view.between(5, 15)) * bend) - np.float32(half)
    if view.chance(0.45):
        island = octaves(view.rng, view.size, 4, 2, 0.5) - np.float32(view.between(1.0, 1.6))
        away = np.maximum(away, np.float32(9) * island)
    shore = np.float32(0.7) * view.detail("fine") + np.float32(0.8) * view.detail("rough")
    mask = step(shore * np.float32(-0.5) - away, -0.5, 0.5)
    reach = np.float32(view.between(-1, 3)) * (view.detail("broad") + np.float32(0.4))
    beach = step(np.maximum(reach, 0) + np.float32(0.4) - away, 0.0, 0.9)
    sand = mottled(view, material(view, SAND, BROWN_SOIL, SAND), 0.05, 0.05, 0.06)
    layers = [Layer("", beach, sand), _surface(view, mask, material(view, *WATERS))]
    return Water(layers, step(np.float32(7) - away, 0, 1) * (1 - mask))


def _along(view: View, line: Course, width: float, stuff: Plane) -> Water:
    """A river along a course, with sand on the inside of its bends and bare or grassy banks."""
    n = len(line.points)
    slow = np.interp(np.arange(n), np.linspace(0, n, 14), view.rng.uniform(0.6, 1.4, 14))
    widths = width * slow * view.rng.uniform(0.85, 1.15, n)
    stray = view.rng.uniform(-0.12, 0.12, (n, 1)) * widths[:, None] * line.aside
    river, bank, beach, strip = (Stencil(view.size) for _ in range(4))
    river.ribbon(line.points + stray, line.aside, widths)
    bank.ribbon(line.points, line.aside, widths + view.between(1.0, 2.8))
    strip.ribbon(line.points, line.aside, widths + 14)
    turn = (line.aside[:-1] * line.ahead[1:]).sum(axis=1, keepdims=True)  # sine of the bend
    inward = np.clip(turn * view.between(4, 14), -1, 1) * line.aside[1:]
    beach.ribbon(
        line.points[1:] + inward * widths[1:, None] * 0.35, line.aside[1:], 0.9 * widths[1:]
    )
    torn = view.detail("rough") + np.float32(0.6) * view.detail("fine")
    bare = view.chance(0.5)
    edge = material(view, SAND, BROWN_SOIL) if bare else material(view, LUSH_GRASS, REGROWTH)
    lined = view.between(-0.3, 1.2)
    layers = [Layer("", ragged(bank.mask(), view, 0.7, 0.15) * step(torn, lined - 1, lined), edge)]
    sand = mottled(view, material(view, SAND, BROWN_SOIL, SAND), 0.05, 0.05, 0.05)
    if view.chance(0.65):
        layers.append(Layer("", ragged(beach.mask(), view, 0.6, 0.12), sand))
    mask = ragged(river.mask(), view, 0.5, 0.08)
    return Water([*layers, _surface(view, mask, stuff)], strip.mask() * (1 - mask))


def _lakes(view: View) -> Water:
    """One to three lakes with grassy or muddy shores."""
    shape = np.full((view.size, view.size), -9, dtype=np.float32)
    for _ in range(int(view.rng.integers(1, 4))):
        x, y = view.between(20, 108), view.between(20, 108)
        shape = np.maximum(shape, patch(view, x, y, view.between(12, 26), 0.3))
    mask = step(shape, 0, 0.06)
    shore = step(shape + np.float32(0.08) * view.detail("fine"), -0.22, 0.0)
    edge = mottled(view, material(view, LUSH_GRASS, REGROWTH, BROWN_SOIL), 0.05, 0.1, 0.08)
    return Water(
        [Layer("", shore * np.float32(0.9), edge), _surface(view, mask, material(view, *WATERS))],
        step(shape, -0.5, -0.3) * (1 - mask),
    )

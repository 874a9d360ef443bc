"""Mines: pits dug by machines, and the diggings of gold washers along rivers."""

import numpy as np

from tagonaut.drawing.canvas import Stencil, View, step
from tagonaut.drawing.courses import Course, course
from tagonaut.drawing.ground import fields, patch
from tagonaut.drawing.noise import Plane, octaves
from tagonaut_samples.amazon.layers import Layer, between, blurred, material, mottled, shade
from tagonaut_samples.amazon.spectra import (
    BROWN_SOIL,
    GREY_ROCK,
    MILKY_POOL,
    OCHRE,
    OCHRE_POOL,
    ORE,
    PALE_ROCK,
    PALE_SOIL,
    RED_SOIL,
    SAND,
    SCRUB,
    TURQUOISE_POOL,
)


def conventional_mine(view: View) -> list[Layer]:
    """An open pit with terraces, heaps in blocks beside it, and haul roads between."""
    shape = patch(view, view.between(36, 92), view.between(36, 92), view.between(50, 76), 0.3)
    blocks = fields(view, 1.0)
    edges = np.minimum(blocks.u, blocks.v) * np.float32(0.004)
    mask = step(shape + edges, 0.0, 0.05)
    main, other = (ORE, OCHRE) if view.chance(0.65) else (GREY_ROCK, PALE_ROCK)
    tone = view.rng.random(blocks.count).astype(np.float32).take(blocks.parcel)
    tone += np.float32(0.22) * view.detail("rough")
    ground = between(material(view, main), material(view, other, PALE_SOIL, OCHRE), tone)
    rows = view.rng.random(blocks.count) < 0.4
    heaps = _furrows(blocks.u * np.float32(view.between(0.22, 0.4)))
    heaps *= rows.astype(np.float32).take(blocks.parcel) * blocks.mask
    ground = mottled(view, ground * (1 - np.float32(0.3) * heaps), 0.05, 0.08, 0.06)
    layers = [Layer("conventional_mine", mask, ground), _pit(view, mask)]
    roads = Stencil(view.size)
    for _ in range(int(view.rng.integers(2, 5))):
        x, y = view.between(30, 98), view.between(30, 98)
        way = course(view, x, y, view.between(0, 6.2832), view.between(0.1, 0.5), 70)
        roads.stroke(way.points, view.between(1.4, 2.4))
    haul = material(view, PALE_SOIL, OCHRE, PALE_ROCK)
    layers.append(Layer("conventional_mine", roads.mask() * mask * np.float32(0.75), haul))
    return [*layers, shade(view, mask, 1.6, 0.4)]


def _furrows(phase: Plane) -> Plane:
    """1 at the bottom of each furrow, 0 at the top; ``phase`` grows by 1 from one to the next."""
    return np.abs(phase - np.floor(phase) - np.float32(0.5)) * 2


def _pit(view: View, within: Plane) -> Layer:
    """Terraces down to the floor of the pit: lit treads, dark risers."""
    depth = patch(view, view.between(30, 98), view.between(30, 98), view.between(22, 40), 0.4)
    bench = octaves(view.rng, view.size, 4, 3)
    level = (np.clip(depth, 0, None) + np.float32(0.12) * bench) * np.float32(view.between(3, 6))
    riser = step(_furrows(level), 0.55, 0.95) * step(depth, 0.0, 0.08)
    riser *= np.clip(np.float32(0.6) + np.float32(0.4) * view.detail("rough"), 0.1, 1)
    light = np.float32(1.0) - np.float32(0.3) * riser - np.float32(0.25) * step(depth, 0.3, 0.8)
    rock = material(view, GREY_ROCK, ORE, RED_SOIL)
    ground = mottled(view, rock * light, 0.05, 0.06, 0.05)
    return Layer("conventional_mine", within * step(depth, -0.02, 0.06), ground)


def artisinal_mine(view: View, line: Course, turquoise: bool) -> list[Layer]:
    """The torn bed of a river: sand and mud in braids, with pools that are milky or ochre.

    Not ``turquoise``: the pools are mud.
    """
    scar = Stencil(view.size)
    n = len(line.points)
    slow = np.interp(np.arange(n), np.linspace(0, n, 12), view.rng.uniform(0.35, 1.5, 12))
    scar.ribbon(line.points, line.aside, view.between(13, 28) * slow)
    lobes = octaves(view.rng, view.size, 7, 3, 0.6)
    mask = blurred(scar.mask(), view, 6) + np.float32(0.17) * lobes
    mask = step(mask + np.float32(0.05) * view.detail("fine"), 0.4, 0.5)
    wild = np.float32(0.7) * view.detail("rough") + np.float32(0.5) * view.detail("fine")
    mud = between(
        material(view, PALE_SOIL, SAND),
        material(view, BROWN_SOIL, RED_SOIL, SCRUB),
        step(wild, -0.9, 1.4),
    )
    holes = octaves(view.rng, view.size, 18, 2, 0.6)
    level = view.between(0.25, 0.7)
    pools = step(holes, level, level + 0.16) * step(mask, 0.5, 0.9)
    kinds = (MILKY_POOL, TURQUOISE_POOL) if turquoise else (OCHRE_POOL,)
    each = step(octaves(view.rng, view.size, 7, 1), -0.15, 0.15)
    pool = between(material(view, *kinds), material(view, OCHRE_POOL, *kinds), each)
    rim = step(holes, level - 0.3, level) * mask
    return [
        Layer("artisinal_mine", mask, mottled(view, mud, 0.04, 0.08, 0.1)),
        Layer("", rim * np.float32(0.45), material(view, PALE_SOIL, SAND)),
        Layer("artisinal_mine", pools, pool),
        shade(view, mask, 1.4, 0.4),
    ]

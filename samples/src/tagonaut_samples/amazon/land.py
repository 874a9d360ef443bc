"""Ground that people cleared, tilled or burnt, and ground that is bare by nature."""

import numpy as np

from tagonaut.drawing.canvas import SIDE, Points, Sheet, Stencil, View, step, turned
from tagonaut.drawing.ground import fields, patch
from tagonaut.drawing.noise import Plane, octaves
from tagonaut_samples.amazon.forest import Canopy
from tagonaut_samples.amazon.layers import (
    Layer,
    any_place,
    between,
    blended,
    blurred,
    material,
    mottled,
    ragged,
    shade,
)
from tagonaut_samples.amazon.spectra import (
    ASH,
    BROWN_SOIL,
    CANOPY,
    CHAR,
    CROP,
    DRY_GRASS,
    GRASS,
    LUSH_GRASS,
    PALE_SOIL,
    RED_SOIL,
    REGROWTH,
    SAND,
    SCORCHED,
    SCRUB,
    STUBBLE,
)


def agriculture(view: View, canopy: Canopy, share: float) -> list[Layer]:
    """Pastures and fields on about ``share`` of the chip, and the trees that were left in them."""
    parcels = fields(view, share)
    cleared = np.maximum(parcels.mask, parcels.hedge)
    style = view.rng.random() if share < 0.9 else 0.2
    if style > 0.4:  # a clearing with an edge of its own, which parcels go through
        cleared = _clearing(view, share)
    cleared = ragged(cleared, view, view.between(0.5, 1.4), 0.13)
    n = parcels.count
    tone = np.clip(view.dry + view.rng.uniform(-0.22, 0.22, n), 0, 1).astype(np.float32)
    light = view.rng.uniform(0.86, 1.12, n).astype(np.float32)
    dryness = tone.take(parcels.parcel)
    dryness += np.float32(0.16) * view.detail("rough") + np.float32(0.12) * view.detail("broad")
    green = between(material(view, LUSH_GRASS), material(view, GRASS), np.clip(2 * dryness, 0, 1))
    grass = between(green, material(view, DRY_GRASS, STUBBLE), np.clip(2 * dryness - 1, 0, 1))
    grass = mottled(view, grass * light.take(parcels.parcel), 0.05, 0.06, 0.05)
    fallow = view.rng.random(n) < (0.3 if style < 0.25 else 0.08)
    tilled = fallow.astype(np.float32).take(parcels.parcel) * parcels.mask
    grass = between(grass, material(view, BROWN_SOIL, STUBBLE, CROP, RED_SOIL), 0.8 * tilled)
    layers = [Layer("agriculture", cleared, grass)]
    fence = cleared * parcels.hedge * (1 - parcels.mask) * np.float32(view.between(0, 0.75))
    line = material(view, REGROWTH, STUBBLE, LUSH_GRASS, REGROWTH)
    layers.append(Layer("", fence, line))
    if view.chance(0.6):
        bush = step(view.detail("rough") + view.detail("fine"), 0.9, 2.3) * cleared
        layers.append(Layer("", bush * np.float32(0.6), material(view, REGROWTH)))
    trees = canopy.lone_trees(view, view.between(0, 0.04), blurred(cleared, view, 1))
    return [*layers, trees, shade(view, cleared, view.between(1, 2.2), 0.6)]


def _clearing(view: View, share: float) -> Plane:
    """An opening in the forest, straight along some of its sides."""
    region = octaves(view.rng, view.size, 2, 3, 0.5) + np.float32(0.1) * view.detail("rough")
    region += np.float32(0.05) * view.detail("fine")
    east, south = view.places()
    for _ in range(int(view.rng.integers(0, 4))):
        cos, sin = turned(view.between(0, 6.2832))
        away = (east - SIDE / 2) * cos + (south - SIDE / 2) * sin + view.between(10, 60)
        region = np.minimum(region, away * np.float32(0.1))
    sample = np.sort(region[::4, ::4], axis=None)
    edge = sample[int((1 - share) * (len(sample) - 1))]
    return step(region, edge - 0.04, edge + 0.04)


def _plot(view: View, x: float, y: float, radius: float) -> Points:
    """The corners ``[m, 2]`` of an irregular plot."""
    m = int(view.rng.integers(4, 7))
    angles = (np.arange(m) + view.rng.uniform(-0.28, 0.28, m)) * (6.2832 / m) + view.between(0, 6)
    away = radius * view.rng.uniform(0.75, 1.3, m)
    spokes = np.round(np.stack([np.cos(angles), np.sin(angles)], axis=1), 6)
    return np.array([x, y]) + away[:, None] * spokes


def cultivation(view: View, canopy: Canopy, near: Plane | None, woods: bool) -> list[Layer]:
    """Small plots, some ripe, some bare, some grown over, around one to three places.

    In ``woods``: young forest around them, on what was tilled before.
    """
    sheet, around = Sheet(view.size), Stencil(view.size)
    for _ in range(int(view.rng.integers(1, 4))):
        x, y = any_place(view, near)
        spread = view.between(7, 16)
        for _ in range(int(view.rng.integers(3, 7))):
            at = x + view.between(-spread, spread), y + view.between(-spread, spread)
            radius = view.between(4, 9)
            around.polygons(_plot(view, *at, radius * view.between(1.1, 1.9))[None])
            kind = int(view.rng.integers(3))
            inks = [round(view.between(0, 60)) for _ in range(3)]
            inks[kind] = 255 - sum(inks) + inks[kind]
            sheet.coloured(_plot(view, *at, radius)[None], [(inks[0], inks[1], inks[2])])
    stuffs = material(view, CROP, LUSH_GRASS), material(view, STUBBLE, BROWN_SOIL, DRY_GRASS)
    drawn, light = blended(sheet, (*stuffs, material(view, REGROWTH, GRASS)))
    mask = ragged(drawn, view, 1.2, 0.16) * step(drawn, 0.02, 0.4)
    young = ragged(around.mask(), view, 2.5, 0.2)
    regrowth = between(material(view, CANOPY), material(view, REGROWTH, SCRUB), canopy.light)
    return [
        Layer("", young * np.float32(0.85 if woods else 0.35), regrowth),
        Layer("cultivation", mask, mottled(view, light, 0.05, 0.13, 0.12)),
        canopy.lone_trees(view, view.between(0.01, 0.1), mask),
        shade(view, mask, 1.2, 0.4),
    ]


def bare_ground(view: View, large: bool) -> list[Layer]:
    """Soil, sand or rock that nothing grows on, in one to three patches."""
    mask = np.zeros((view.size, view.size), dtype=np.float32)
    for _ in range(int(view.rng.integers(1, 4))):
        x, y = view.between(18, 110), view.between(18, 110)
        radius = view.between(34, 60) if large else view.between(9, 26)
        shape = patch(view, x, y, radius, view.between(0.25, 0.5))
        mask = np.maximum(mask, step(shape + np.float32(0.06) * view.detail("fine"), -0.02, 0.1))
    soil = between(
        material(view, RED_SOIL, PALE_SOIL, BROWN_SOIL, SAND),
        material(view, PALE_SOIL, DRY_GRASS, SAND),
        step(view.detail("broad") + np.float32(0.5) * view.detail("fine"), -0.9, 1.5),
    )
    tufts = 1 - np.float32(0.6) * step(view.detail("fine") + view.detail("rough"), 1.2, 2.6)
    layers = [Layer("bare_ground", mask * tufts, mottled(view, soil, 0.06, 0.07, 0.06))]
    return [*layers, shade(view, mask, 1.5, 0.4)]


def slash_burn(view: View) -> list[Layer]:
    """A felled and burnt plot: char, grey ash towards its edge, scorched ground around."""
    x, y = view.between(34, 94), view.between(34, 94)
    shape = patch(view, x, y, view.between(22, 36), 0.3)
    corners = _plot(view, x, y, view.between(30, 42))
    straight = Stencil(view.size)
    straight.polygons(corners[None])
    felled = ragged(straight.mask(), view, 1.2, 0.14) * step(shape, -0.15, -0.08)
    torn = np.float32(0.2) * view.detail("rough") + np.float32(0.12) * view.detail("fine")
    fire = np.minimum(shape, np.float32(0.3)) + torn + np.float32(view.between(-0.2, 0.15))
    burnt = step(fire, 0.0, 0.16) * felled
    grey = torn * np.float32(3.8) - fire * np.float32(2.2) + np.float32(0.75)
    floor = between(material(view, CHAR), material(view, ASH), np.clip(grey, 0, 1))
    scorched = between(
        material(view, SCORCHED), material(view, BROWN_SOIL, DRY_GRASS), step(torn, -0.4, 0.4)
    )
    trunks = step(view.detail("fine") + view.detail("grain"), 1.8, 2.8) * np.float32(0.3)
    return [
        Layer("slash_burn", felled * np.float32(0.92), scorched),
        shade(view, felled, 1.4, 0.35),
        Layer("slash_burn", burnt * np.float32(0.93), between(floor, material(view, ASH), trunks)),
    ]

"""Rain forest: its canopy, and what happens to the canopy alone."""

from functools import lru_cache

import numpy as np

from tagonaut.drawing.canvas import Stencil, View, box, shifted, step, turned
from tagonaut.drawing.courses import course
from tagonaut.drawing.noise import TILE, Crowns, Plane, crowns, octaves
from tagonaut_samples.amazon.layers import Layer, between, material, ragged, shade
from tagonaut_samples.amazon.spectra import (
    BROWN_SOIL,
    CANOPY,
    CANOPY_SHADE,
    DEAD_WOOD,
    DRY_GRASS,
    GRASS,
    LUSH_GRASS,
    SCRUB,
    WHITE_BLOSSOM,
    YELLOW_BLOSSOM,
)

CROWNS = 58  # from one side of a chip to the other: a crown every 16 m


@lru_cache(maxsize=4)
def _crowns(size: int) -> Crowns:
    return crowns(np.random.default_rng(71), TILE * size, TILE * CROWNS, (0.55, 1.05))


class Canopy:
    """The crowns over one chip, of which a forest, its blossoms and lone trees are made."""

    def __init__(self, view: View) -> None:
        tile = _crowns(view.size)
        here = view.textures.window(view.rng, view.size)
        self.cover, self.lot, self.tint = tile.cover[here], tile.lot[here], tile.tint[here]
        self.height = tile.light[here] - np.float32(0.28) * self.tint
        x, y = (np.float32(view.between(0.2, 0.42) * c) for c in view.sun)
        self.light = tile.light[here] + tile.east[here] * x + tile.south[here] * y

    def forest(self, view: View) -> Layer:
        """Closed canopy everywhere, over ground that is flat or hilly."""
        light = np.float32(0.05) + np.float32(view.between(1.1, 1.7)) * self.light
        relief = view.between(-0.1, 0.25)
        if relief > 0:
            light += np.float32(relief) * _slopes(view)
        light += np.float32(view.between(0.06, 0.14)) * view.detail("rough")
        light += np.float32(view.between(0.04, 0.1)) * view.detail("fine")
        light = np.maximum(light, np.float32(-0.15))
        picture = between(material(view, CANOPY_SHADE), material(view, CANOPY), light)
        odd = np.maximum(self.tint - np.float32(0.86), 0) * np.float32(view.between(0.01, 0.12))
        picture[1:3] += odd * step(self.light, 0.3, 0.7)
        hue = np.float32(0.009) * (self.tint - np.float32(0.5)) * self.cover
        picture[0] -= hue * np.float32(0.5)
        picture[2] += hue
        return Layer("primary", np.ones((view.size, view.size), dtype=np.float32), picture)

    def blossoms(self, view: View) -> Layer:
        """Crowns in flower, in loose groups."""
        group = step(view.detail("broad"), -0.6, 1.4)
        rate = np.float32(view.between(0.02, 0.06)) * group + np.float32(0.004)
        flower = material(view, YELLOW_BLOSSOM, YELLOW_BLOSSOM, WHITE_BLOSSOM)
        mask = (self.lot < rate) * step(self.height, 0.22, 0.4)
        return Layer("blooming", mask, flower * (np.float32(0.55) + np.float32(0.6) * self.light))

    def lone_trees(self, view: View, share: float, ground: Plane) -> Layer:
        """Single trees on the ground that the mask names."""
        mask = (self.lot > 1 - share) * step(self.height, 0.2, 0.38) * ground
        light = np.float32(0.4) + self.light
        return Layer("", mask, between(material(view, CANOPY_SHADE), material(view, CANOPY), light))


def _slopes(view: View) -> Plane:
    """The light on hillsides relative to level ground; deviation about 1."""
    hills = octaves(view.rng, view.size, int(view.rng.integers(3, 8)), 3, 0.55)
    x, y = view.sun
    return (hills - shifted(hills, view, 3 * x, 3 * y)) * np.float32(2.2)


def scrub(view: View) -> Layer:
    """Bushes and grass where there is no forest."""
    bushes = step(view.detail("fine") + view.detail("rough") + view.detail("broad"), -2.2, 3.4)
    bushes = np.clip(bushes + np.float32(0.12) * view.detail("fine"), 0, 1)
    picture = between(material(view, GRASS, DRY_GRASS, LUSH_GRASS), material(view, SCRUB), bushes)
    return Layer("", np.ones((view.size, view.size), dtype=np.float32), picture)


def blow_down(view: View) -> list[Layer]:
    """Trees laid by a gust: ragged streaks side by side, pale with trunks that all point away."""
    x, y = view.between(40, 88), view.between(40, 88)
    cos, sin = (np.float32(c) for c in turned(view.between(0, 6.2832)))
    east, south = view.places()
    along = (east - np.float32(x)) * cos + (south - np.float32(y)) * sin
    across = (south - np.float32(y)) * cos - (east - np.float32(x)) * sin
    wild = view.detail("rough") + np.float32(0.7) * view.detail("fine")
    shape: Plane = np.full((view.size, view.size), -9, dtype=np.float32)
    for _ in range(int(view.rng.integers(2, 8))):
        u = (along - np.float32(view.between(-30, 30))) / np.float32(view.between(12, 36))
        v = (across - np.float32(view.between(-18, 18))) / np.float32(view.between(3, 8))
        shape = np.maximum(shape, 1 - u * u - v * v)
    mask = step(wild * np.float32(0.5) + shape, 0.1, 0.7)
    trunks = _trunks(view, x, y, (float(cos), float(sin)))
    fallen = between(material(view, SCRUB), material(view, DEAD_WOOD), trunks)
    fallen = fallen * (1 + np.float32(0.14) * wild)
    return [Layer("blow_down", mask * np.float32(0.9), fallen), shade(view, mask, 1.6, 0.4)]


def _trunks(view: View, x: float, y: float, ahead: tuple[float, float]) -> Plane:
    n = 900
    places = np.array([x, y]) + view.rng.uniform(-45, 45, (n, 2))
    lie = np.array(ahead) + view.rng.uniform(-0.3, 0.3, (n, 2))
    stencil = Stencil(view.size)
    stencil.polygons(box(places, lie, view.rng.uniform(2, 5, n), np.full(n, 0.45)))
    return stencil.mask()


def selective_logging(view: View, canopy: Canopy) -> list[Layer]:
    """Winding tracks with side tracks, half under the crowns, and gaps where trees were felled."""
    tracks, gaps = Stencil(view.size), Stencil(view.size)
    heading = view.between(0, 6.2832)
    x, y = view.between(20, 108), view.between(20, 108)
    main = course(view, x, y, heading, view.between(0.25, 0.6), view.between(50, 90))
    tracks.stroke(main.points, view.between(0.9, 1.3))
    ends = []
    for _ in range(int(view.rng.integers(6, 15))):
        fork = int(view.rng.integers(len(main.points)))
        side = heading + view.between(0.6, 1.6) * view.rng.choice([-1, 1])
        x, y = main.points[fork]
        spur = course(view, x, y, side, 0.5, view.between(35, 70))
        start = int(np.abs(spur.points - (x, y)).sum(axis=1).argmin())
        spur = spur.part(start, start + int(view.rng.integers(4, 13)))
        if len(spur.points) > 2:
            tracks.stroke(spur.points, view.between(0.7, 1.0))
            ends += [spur.points[-1], spur.points[len(spur.points) // 2]]
    spots = np.array([*ends, *ends, *main.points[:: int(view.rng.integers(2, 5))]])
    spots = spots + view.rng.uniform(-4, 4, spots.shape)
    ahead = view.rng.uniform(-1, 1, spots.shape)
    sides = view.rng.uniform(1.0, 3.2, (2, len(spots)))
    gaps.polygons(box(spots, ahead, sides[0], sides[1]))
    open_ = 1 - np.float32(0.65) * canopy.cover * (canopy.lot < 0.45)
    path = tracks.mask() * open_
    gap = ragged(gaps.mask(), view, 0.5, 0.12)
    soil, slash = material(view, BROWN_SOIL, DRY_GRASS), material(view, BROWN_SOIL, SCRUB, GRASS)
    return [
        Layer("selective_logging", gap * np.float32(0.85), slash),
        shade(view, gap, 0.8, 0.4),
        Layer("selective_logging", path * np.float32(0.9), soil),
    ]

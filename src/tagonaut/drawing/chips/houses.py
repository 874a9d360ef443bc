"""Houses along roads or around a yard."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.drawing.canvas import (
    SIDE,
    Colour,
    Points,
    Sheet,
    Stencil,
    View,
    box,
    colours,
    paint,
    plane,
    turned,
)
from tagonaut.drawing.chips.roads import Road
from tagonaut.drawing.noise import Plane

ROOFS: tuple[Colour, ...] = (
    (182, 98, 72),
    (164, 84, 64),
    (196, 120, 88),
    (190, 190, 192),
    (222, 220, 214),
    (148, 148, 154),
    (138, 110, 96),
    (124, 142, 168),
)
YARDS: tuple[Colour, ...] = ((150, 140, 104), (118, 132, 78), (164, 150, 120))


@dataclass(frozen=True)
class Houses:
    """The houses of a chip: their roofs, the shadows they cast, the lots they stand on."""

    roofs: Plane  # [3, size, size], weighed by the mask
    mask: Plane
    shadow: Plane
    lots: Plane

    def paint(self, picture: Plane, view: View) -> None:
        """Lots, shadows, roofs."""
        yard = plane(view.pick(YARDS)) * (1 + np.float32(0.06) * view.detail("fine"))
        paint(picture, self.lots * np.float32(0.55), yard)
        picture *= 1 - np.float32(0.55) * self.shadow
        picture *= 1 - self.mask
        picture += self.roofs


def houses(view: View, along: tuple[Road, ...], taken: Plane, village: bool) -> Houses:
    """Houses along the roads, or around a yard where there is no road, off what is ``taken``."""
    centre, ahead = _along(view, along, village) if along else _around_yard(view)
    n = len(centre)
    barn = (view.rng.random(n) < 0.25) & (not village)
    length = np.where(barn, view.rng.uniform(9, 14, n), view.rng.uniform(5.2, 8, n))
    width = np.where(barn, view.rng.uniform(5.5, 7, n), view.rng.uniform(4.2, 5.6, n))
    free = _free(view, box(centre, ahead, length + 1, width + 1), taken)
    stand = np.flatnonzero(free)
    stand = stand[_apart(centre[stand], length[stand])]
    return _built(view, centre[stand], ahead[stand], length[stand], width[stand])


def _free(view: View, corners: Points, taken: Plane) -> NDArray[np.bool_]:
    """True ``[n]`` for boxes ``corners[n, 4, 2]`` that lie in the chip and off the taken ground."""
    spots = np.concatenate([corners, corners.mean(axis=1, keepdims=True)], axis=1)
    inside = ((spots > 1) & (spots < SIDE - 1)).all(axis=(1, 2))
    at = np.clip(spots * (view.size / SIDE), 0, view.size - 1).astype(int)
    return inside & (taken[at[..., 1], at[..., 0]] < 0.3).all(axis=1)


def _apart(centre: Points, length: Points) -> list[int]:
    """The houses to keep, first come first served, so that no two touch."""
    touching = np.abs(centre[:, None] - centre).max(axis=2) <= (length[:, None] + length) / 2
    blocked = np.zeros(len(centre), dtype=bool)
    kept: list[int] = []
    for k, others in enumerate(touching):
        if not blocked[k]:
            kept.append(k)
            blocked |= others
    return kept


def _along(view: View, along: tuple[Road, ...], village: bool) -> tuple[Points, Points]:
    """Places and ridges on both sides of the roads, all near one place of the first road."""
    rng, main = view.rng, along[0].course
    heart = (main.points[int(rng.integers(len(main.points)))] + SIDE / 2) / 2
    radius = view.between(40, 80) if village else view.between(18, 34)
    filled = view.between(0.6, 0.95)
    places, ridges = [], []
    for road in along:
        line = road.course
        for row in range(2 if village and view.chance(0.5) else 1):
            for side in (-1, 1):
                here = np.arange(int(rng.integers(3)), len(line.points), 3)
                away = road.width / 2 + rng.uniform(5, 7, len(here)) + 13 * row
                place = line.points[here] + side * away[:, None] * line.aside[here]
                near = np.abs(place - heart).max(axis=1) < radius
                kept = near & (rng.random(len(here)) < filled)
                gable = rng.random(len(here)) < 0.3
                ridge = np.where(gable[:, None], line.aside[here], line.ahead[here])
                places.append(place[kept])
                ridges.append(ridge[kept])
    return np.concatenate(places), np.concatenate(ridges)


def _around_yard(view: View) -> tuple[Points, Points]:
    """Places and ridges on a loose grid."""
    ahead = np.array(turned(view.between(0, 6.2832)))
    aside = np.array([-ahead[1], ahead[0]])
    i, j = (grid.ravel() for grid in np.mgrid[-2:3, -2:3])
    kept = view.rng.random(i.size) < 0.6
    i, j = (grid[kept] + view.rng.uniform(-0.15, 0.15, kept.sum()) for grid in (i, j))
    heart = np.array([view.between(32, 96), view.between(32, 96)])
    places = heart + 12 * i[:, None] * ahead + 11.5 * j[:, None] * aside
    gable = view.rng.random(len(places)) < 0.4
    return places, np.where(gable[:, None], aside, ahead)


def _built(view: View, centre: Points, ahead: Points, length: Points, width: Points) -> Houses:
    sheet, shadow, lots = Sheet(view.size), Stencil(view.size), Stencil(view.size)
    sun = np.array(view.sun)
    lots.polygons(box(centre, ahead, length + 5, width + 6))
    shadow.polygons(box(centre - sun * view.shadow, ahead, length, width))
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    lean = view.between(0.1, 0.2) * (aside[:, 0] * sun[0] + aside[:, 1] * sun[1])
    tiles = view.picks(ROOFS, len(centre))
    for side in (-1, 1):
        slope = box(centre + side * aside * (width / 4)[:, None], ahead, length, width / 2)
        sheet.coloured(slope, colours(tiles * (1 + side * lean)[:, None]))
    roofs, mask = sheet.layers()
    return Houses(roofs, mask, shadow.mask() * (1 - mask), lots.mask())

"""Roads, the bridges where they cross water, and the cars on them."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import (
    SIDE,
    Colour,
    Sheet,
    Stencil,
    View,
    box,
    colours,
    paint,
    plane,
    shifted,
)
from tagonaut.drawing.courses import Course, course
from tagonaut.drawing.noise import Plane

PAVED: tuple[Colour, ...] = ((156, 154, 148), (174, 171, 162), (140, 139, 136))
UNPAVED: tuple[Colour, ...] = ((204, 186, 152), (192, 172, 140))
CARS: tuple[Colour, ...] = ((236, 236, 236), (40, 40, 46), (160, 44, 38), (90, 110, 150))


@dataclass(frozen=True)
class Road:
    """One road: its course, its width in units, and whether it is paved."""

    course: Course
    width: float
    paved: bool


@dataclass(frozen=True)
class Roads:
    """The roads of a chip; ``verge`` is the strip that they and their sides take."""

    roads: tuple[Road, ...]
    surface: Plane  # [3, size, size], weighed by the mask
    mask: Plane
    verge: Plane

    def paint(self, picture: Plane, view: View, water: Plane | None) -> None:
        """Surface on its verge; over ``water`` a bridge with parapets and a shadow."""
        side, firm = plane((168, 158, 122)), np.full((1, 1), 0.4, dtype=np.float32)
        if water is not None:
            x, y = view.sun
            shade = shifted(self.verge, view, -1.8 * x, -1.8 * y) * water
            picture *= 1 - np.float32(0.5) * shade
            over = water > 0.3
            side = np.where(over, plane((206, 204, 198)), side)
            firm = np.where(over, np.float32(1), firm)
        paint(picture, self.verge * firm, side)
        picture *= 1 - self.mask
        picture += self.surface * (1 + np.float32(0.03) * view.detail("fine"))


def roads(view: View, village: bool) -> Roads:
    """A road, often with others that cross it or branch off; a village has streets."""
    heading = view.between(0, 6.2832)
    paved = view.chance(0.9 if village else 0.6)
    sway = view.between(0.0, 0.22)
    place = view.between(24, 104), view.between(24, 104)
    main = course(view, *place, heading, sway, view.between(120, 300))
    found = [Road(main, view.between(3.2, 5.0) if paved else view.between(2.4, 3.2), paved)]
    more = int(view.rng.integers(1, 4)) if village else int(view.chance(0.4))
    inside = main.points[((main.points > 0) & (main.points < SIDE)).all(axis=1)]
    for _ in range(more):
        x, y = inside[int(view.rng.integers(len(inside)))]
        branch = course(view, x, y, heading + 1.5708 + view.between(-0.25, 0.25), sway, 260)
        if view.chance(0.4):
            start = int(np.abs(branch.points - (x, y)).sum(axis=1).argmin())
            branch = branch.part(start, len(branch.points))
        if len(branch.points) > 6:
            found.append(Road(branch, view.between(2.4, 3.4), paved and view.chance(0.7)))
    return _drawn(view, tuple(found))


def _drawn(view: View, found: tuple[Road, ...]) -> Roads:
    sheet, verge = Sheet(view.size), Stencil(view.size)
    paved, unpaved = view.pick(PAVED), view.pick(UNPAVED)
    for road in reversed(found):
        verge.stroke(road.course.points, road.width + view.between(1.4, 2.4))
        sheet.use(paved if road.paved else unpaved)
        sheet.stroke(road.course.points, road.width)
    for road in found:
        if road.paved and view.chance(0.7):
            _drive(view, sheet, road)
    surface, mask = sheet.layers()
    return Roads(found, surface, mask, verge.mask())


def _drive(view: View, sheet: Sheet, road: Road) -> None:
    """Put a few cars on the road, each on one of its two lanes."""
    line = road.course
    at = view.rng.integers(0, len(line.points), int(view.rng.integers(1, 5)))
    lane = road.width * (0.44 * view.rng.integers(0, 2, (len(at), 1)) - 0.22)
    cars = box(
        line.points[at] + lane * line.aside[at],
        line.ahead[at],
        np.full(len(at), 1.9),
        np.full(len(at), 0.9),
    )
    sheet.coloured(cars, colours(view.picks(CARS, len(at))))

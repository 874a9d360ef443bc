"""Dirt roads, and the houses of villages and farms."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import SIDE, Points, Sheet, Stencil, View, box, turned
from tagonaut.drawing.courses import Course, course
from tagonaut.drawing.noise import Plane
from tagonaut_samples.amazon.layers import Layer, any_place, blended, blurred, material, mottled
from tagonaut_samples.amazon.spectra import (
    BROWN_SOIL,
    DIRT_ROAD,
    DRY_GRASS,
    GRASS,
    GREY_ROOF,
    LUSH_GRASS,
    RED_ROAD,
    SCRUB,
    TILES,
    TIN,
)

ROOFS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 140, 115), (110, 0, 145))


@dataclass(frozen=True)
class Roads:
    """The roads of a chip, the strip along them, and where they run."""

    layers: list[Layer]
    strip: Plane
    lines: list[Course]


def roads(view: View, town: bool) -> Roads:
    """A dirt road, straight or nearly so, with side roads; a town has a net of streets."""
    heading = view.between(0, 6.2832)
    sway = view.between(0, 0.1) if town or view.chance(0.6) else view.between(0.1, 0.4)
    place = view.between(30, 98), view.between(30, 98)
    lines = [course(view, *place, heading, sway, view.between(90, 260))]
    inside = lines[0].points[((lines[0].points > 4) & (lines[0].points < SIDE - 4)).all(axis=1)]
    forks = view.rng.integers(len(inside), size=int(view.rng.choice([0, 0, 1, 1, 2])))
    if town:
        forks = np.arange(view.rng.integers(4), len(inside), view.rng.integers(4, 8))
    for fork in forks:
        x, y = inside[fork]
        side = heading + 1.5708 + view.between(-0.15, 0.15) * (0.3 if town else 1)
        branch = course(view, x, y, side, sway, 200)
        start = int(np.abs(branch.points - (x, y)).sum(axis=1).argmin())
        if town:
            near, far = view.rng.integers(5, 14, 2)
            branch = branch.part(max(0, start - int(near)), start + int(far))
        elif view.chance(0.6):
            branch = branch.part(start, len(branch.points))
        lines.append(branch)
    surface, verge, strip = (Stencil(view.size) for _ in range(3))
    for k, line in enumerate(lines):
        if len(line.points) > 2:
            width = view.between(1.0, 1.9) * (1 if k == 0 else 0.75)
            surface.stroke(line.points, width)
            verge.stroke(line.points, width + view.between(1.0, 3.0))
            strip.stroke(line.points, width + 18)
    grass = mottled(view, material(view, GRASS, LUSH_GRASS, SCRUB), 0.05, 0.1, 0.08)
    dirt = mottled(view, material(view, DIRT_ROAD, RED_ROAD), 0.05, 0.05, 0.05)
    mask = surface.mask()
    layers = [
        Layer("", verge.mask() * np.float32(0.7), grass),
        Layer("road", mask * np.float32(0.92), dirt),
    ]
    return Roads(layers, strip.mask() * (1 - mask), lines)


def habitation(view: View, ways: Roads | None, near: Plane | None, town: bool) -> list[Layer]:
    """Roofs along the roads, or in a loose group where there is no road."""
    if ways:
        centre, ahead = _along(view, ways, town)
    else:
        centre, ahead = _hamlet(view, near)
    centre, ahead = (
        kept[((centre > 1) & (centre < SIDE - 1)).all(axis=1)] for kept in (centre, ahead)
    )
    n = len(centre)
    length = view.rng.uniform(0.9, 1.9, n) * np.where(view.rng.random(n) < 0.07, 1.9, 1)
    width = length * view.rng.uniform(0.5, 0.8, n)
    lots, shadows, sheet = Stencil(view.size), Stencil(view.size), Sheet(view.size)
    lots.polygons(box(centre, ahead, length + 1.6, width + 1.6))
    shadows.polygons(box(centre - 0.5 * np.array(view.sun), ahead, length, width))
    light = view.rng.uniform(0.7, 1.0, n)
    roofs = np.array(ROOFS)[view.rng.integers(len(ROOFS), size=n)] * light[:, None]
    sheet.coloured(box(centre, ahead, length, width), [(r, g, b) for r, g, b in roofs.astype(int)])
    mask, light_ = blended(
        sheet, (material(view, TILES), material(view, TIN), material(view, GREY_ROOF))
    )
    yard = mottled(view, material(view, BROWN_SOIL, DRY_GRASS, GRASS), 0.05, 0.1, 0.1)
    ground = blurred(lots.mask(), view, 1.2)
    return [
        Layer("", ground * np.float32(0.65), yard),
        Layer("", shadows.mask() * np.float32(0.5), np.zeros((4, 1, 1), dtype=np.float32)),
        Layer("habitation", mask, light_),
    ]


def _along(view: View, ways: Roads, town: bool) -> tuple[Points, Points]:
    """Places ``[n, 2]`` and directions of houses on both sides of the roads near one place."""
    main = ways.lines[0].points
    inside = main[((main > 10) & (main < SIDE - 10)).all(axis=1)]
    heart = inside[int(view.rng.integers(len(inside)))] if len(inside) else np.array([64.0, 64.0])
    radius = view.between(34, 80) if town else view.between(9, 30)
    filled = view.between(0.5, 0.9) if town else view.between(0.35, 0.85)
    places, aheads = [], []
    for line in ways.lines:
        for row in range(3 if town else 1):
            for side in (-1, 1):
                n = len(line.points)
                away = side * (2.2 + 2.4 * row + view.rng.uniform(-0.5, 0.5, n))
                spot = line.points + away[:, None] * line.aside
                far = np.sqrt(((spot - heart) ** 2).sum(axis=1)) / radius
                kept = view.rng.random(n) < filled * np.clip(3 - 3 * far, 0, 1)
                places.append(spot[kept])
                aheads.append(np.where(view.rng.random((n, 1)) < 0.5, line.ahead, line.aside)[kept])
    # One house for certain, where chance left all places empty.
    places.append(heart[None] + 3.0)
    aheads.append(np.array([[1.0, 0.0]]))
    return np.concatenate(places), np.concatenate(aheads)


def _hamlet(view: View, near: Plane | None) -> tuple[Points, Points]:
    n = int(view.rng.integers(12, 40))
    spread = view.between(5, 13)
    turn = np.array(turned(view.between(0, 6.2832)))
    centre = np.array(any_place(view, near)) + view.rng.uniform(-spread, spread, (n, 2))
    lie = np.where(view.rng.random((n, 1)) < 0.5, turn, turn[::-1] * [-1, 1])
    return centre, lie

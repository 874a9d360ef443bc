"""Forests, and the trees that stand alone."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import Colour, View, paint, ramp, shifted
from tagonaut.drawing.noise import Crowns, Plane, octaves

LEAVES: tuple[tuple[Colour, Colour], ...] = (
    ((20, 36, 20), (74, 98, 50)),
    ((24, 38, 22), (88, 106, 56)),
    ((18, 34, 26), (58, 88, 58)),
    ((30, 40, 20), (98, 108, 58)),
)


@dataclass(frozen=True)
class Trees:
    """Crowns that are there: their mask, their light, and a tint of their own."""

    mask: Plane
    light: Plane
    tint: Plane

    def paint(self, picture: Plane, view: View) -> None:
        """The shadow on the ground, then the crowns lit from the sun's side."""
        x, y = view.sun
        reach = 0.5 * view.shadow
        picture *= 1 - np.float32(0.5) * shifted(self.mask, view, -reach * x, -reach * y)
        colour = ramp(*LEAVES[int(view.rng.integers(len(LEAVES)))], self.light)
        colour[2] *= 1 - np.float32(0.12) * self.tint
        paint(picture, self.mask, colour)


def forest(view: View, share: float, taken: Plane) -> Trees:
    """Closed canopy over about ``share`` of what is not ``taken``, thinning out at its edge.

    Where little is free, more of it than that: a wood of some size or none.
    """
    region = octaves(view.rng, view.size, 3, 2) + np.float32(0.35) * view.detail("rough")
    free = taken < 0.4
    sample = np.sort(region[::4, ::4][free[::4, ::4]])
    share = min(1, max(share, 0.2 * region[::4, ::4].size / (len(sample) + 1)))
    edge = sample[int((1 - share) * (len(sample) - 1))] if len(sample) else 0
    thick = np.clip((region - edge) * np.float32(view.between(1.5, 4)) + np.float32(0.3), 0, 1)
    thick *= np.float32(view.between(0.9, 1.1))
    return _standing(view, view.textures.canopy, thick * free)


def lone_trees(view: View, share: float, taken: Plane) -> Trees:
    """Single trees and bushes on ``share`` of the places that are not ``taken``."""
    return _standing(view, view.textures.trees, np.float32(share) * (taken < 0.1))


def _standing(view: View, crowns: Crowns, density: Plane) -> Trees:
    """The crowns whose lot is under the density at the place where they stand."""
    rows, columns = window = view.textures.window(view.rng, view.size)
    row = np.clip(crowns.row[window] - rows.start, 0, view.size - 1)
    column = np.clip(crowns.column[window] - columns.start, 0, view.size - 1)
    kept = crowns.lot[window] < density.take(row * view.size + column)
    x, y = (np.float32(0.36 * c) for c in view.sun)
    light = crowns.light[window] + crowns.east[window] * x + crowns.south[window] * y
    return Trees(crowns.cover[window] * kept, light, crowns.tint[window])

"""The courses of rivers and roads."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import SIDE, Points, View

STEP = 3.0
MARGIN = 24.0


@dataclass(frozen=True)
class Course:
    """A line across the chip: ``points[n, 2]``, ``STEP`` units from one to the next.

    The unit vectors ``ahead[n, 2]`` point along it, ``aside[n, 2]`` to the right.
    """

    points: Points
    ahead: Points
    aside: Points

    def part(self, first: int, last: int) -> "Course":
        """The course from one point to another."""
        here = slice(first, last)
        return Course(self.points[here], self.ahead[here], self.aside[here])


def course(view: View, x: float, y: float, heading: float, sway: float, wave: float) -> Course:
    """A course through a place, to both sides as far as it is near the chip.

    Its heading swings by ``sway`` radians over ``wave`` units: the sine-generated curve of
    Langbein and Leopold (1966), which rivers follow, with a slower swing on top.
    """
    n = int(1.6 * SIDE / STEP)
    s = np.arange(-n, n + 1) * STEP
    one, two = view.rng.uniform(0, 6.2832, 2)
    slow = wave * view.between(2.2, 3.2)
    angle = (
        heading
        + sway * np.sin(6.2832 * s / wave + one + 0.7 * np.sin(6.2832 * s / slow))
        + 0.45 * sway * np.sin(6.2832 * s / slow + two)
    )
    # Rounded to where all machines' mathematics libraries agree.
    ahead = np.round(np.stack([np.cos(angle), np.sin(angle)], axis=1), 6)
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    points = np.cumsum(ahead, axis=0) * STEP
    points += np.array([x, y]) - points[n]
    near = np.flatnonzero((np.abs(points - SIDE / 2) < SIDE / 2 + MARGIN).all(axis=1))
    return Course(points, ahead, aside).part(int(near[0]), int(near[-1]) + 1)

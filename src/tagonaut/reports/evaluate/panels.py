"""Curves as SVG paths on a square of 100 units, zero at its lower left."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

POINTS = 100
"""The most vertices of a path: a plot of a hundred pixels shows no more."""


def place(x: float, y: float) -> tuple[float, float]:
    """The place of a point in SVG, which counts y from above; ``x`` and ``y`` are in [0, 1]."""
    return round(100 * float(x), 1), round(100 * (1 - float(y)), 1)


def step_path(ends: ArrayLike, heights: ArrayLike) -> str:
    """A path that is ``heights[m]`` high up to ``ends[m]``, ascending; both in [0, 1]."""
    xs, ys = _thinned(np.asarray(ends, dtype=np.float64), np.asarray(heights, dtype=np.float64))
    drawn = [place(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    return f"M0 {drawn[0][1]:g}" + "".join(f"V{y:g}H{x:g}" for x, y in drawn)


def line_path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """A path from point to point."""
    drawn = [place(x, y) for x, y in zip(xs, ys, strict=True)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in drawn)


def _thinned(
    xs: NDArray[np.float64], ys: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most ``POINTS`` of the points, evenly along the curve, the last among them."""
    if len(xs) <= POINTS:
        return xs, ys
    length = np.cumsum(np.hypot(np.diff(xs, prepend=xs[0]), np.diff(ys, prepend=ys[0])))
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], POINTS)))
    # Several points may lie at the end: the very last one closes the curve.
    kept[-1] = len(xs) - 1
    return xs[kept], ys[kept]

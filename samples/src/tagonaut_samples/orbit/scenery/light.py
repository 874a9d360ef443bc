"""Colours of light by a number: of the air by its height, of the land by what grows there."""

from collections.abc import Sequence

import numpy as np

from tagonaut.drawing.canvas import Colour
from tagonaut.drawing.noise import Plane

Stop = tuple[float, Colour]


def gradient(at: Plane, stops: Sequence[Stop]) -> Plane:
    """The colours between the stops, ``[3, h, w]`` in 0…1; the last one beyond the end."""
    low, high = stops[0][0], stops[-1][0]
    places = np.linspace(low, high, 512)
    known = [place for place, _ in stops]
    table = np.stack(
        [np.interp(places, known, [colour[k] / 255 for _, colour in stops]) for k in range(3)]
    ).astype(np.float32)
    index = np.clip((at - np.float32(low)) * np.float32(511 / (high - low)), 0, 511)
    return table.take(index.astype(np.int16), axis=1)


def relief(height: Plane, sun: tuple[float, float], strength: float) -> Plane:
    """The light on slopes relative to level ground, −0.65…0.35; those facing the sun are brighter.

    ``sun`` is where it stands in the picture, ``strength`` how much a rise by one over the longer
    side of the frame counts.
    """
    longer = max(height.shape)
    # So coarse at any size that the finest features, which only large pictures have, do not rule.
    near = max(1, round(longer / 420))
    scale = strength * longer / (2 * near)
    lit = np.zeros_like(height)
    lit[:, near:-near] = height[:, : -2 * near] - height[:, 2 * near :]
    lit *= np.float32(scale * sun[0])
    lit[near:-near] += (height[: -2 * near] - height[2 * near :]) * np.float32(scale * sun[1])
    steep = np.abs(lit)
    lit /= 1 + steep
    return np.float32(0.5) * lit - np.float32(0.15) * steep / (1 + steep)


def moved(plane: Plane, right: int, down: int) -> Plane:
    """The plane moved by whole pixels; what comes in at the edges is the edge repeated."""
    h, w = plane.shape
    rows = np.clip(np.arange(h) - down, 0, h - 1)
    columns = np.clip(np.arange(w) - right, 0, w - 1)
    return plane[rows][:, columns]

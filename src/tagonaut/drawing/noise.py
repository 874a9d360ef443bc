"""Smooth random fields, drawn from nothing but +, −, × and /: the same bits on every machine."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Plane = NDArray[np.float32]

TILE = 3  # a texture tile's side, in chips
_CUBIC_SPREAD = np.float32(0.277)  # standard deviation that a cubic B-spline leaves of [-1, 1)


@lru_cache(maxsize=64)
def _spline(cells: int, size: int) -> tuple[NDArray[np.intp], Plane]:
    at = (np.arange(size) + 0.5) * (cells / size)
    first = at.astype(np.intp)
    t = at - first
    weights = (
        (1 - t) * (1 - t) * (1 - t) / 6,
        (3 * t * t * t - 6 * t * t + 4) / 6,
        (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6,
        t * t * t / 6,
    )
    return first + np.arange(4)[:, None], np.stack(weights).astype(np.float32)[:, :, None]


def smooth(rng: Generator, size: int, cells: int) -> Plane:
    """A field ``[size, size]`` of mean 0 and deviation about 1, with ``cells`` features a side."""
    field = (rng.random((cells + 3, cells + 3), dtype=np.float32) * 2 - 1) / _CUBIC_SPREAD
    index, weight = _spline(cells, size)
    for _ in range(2):
        # No matrix product: its order of summation, and so its last bit, is the machine's own.
        taps = np.ascontiguousarray(field.T)
        field = taps[index[0]] * weight[0]
        for k in (1, 2, 3):
            field += taps[index[k]] * weight[k]
    return field


def octaves(rng: Generator, size: int, cells: int, count: int, fade: float = 0.5) -> Plane:
    """``count`` smooth fields, each twice as fine and ``fade`` times as strong as the last."""
    field = smooth(rng, size, cells)
    power, strength = 1.0, 1.0
    for k in range(1, count):
        strength *= fade
        power += strength * strength
        field += np.float32(strength) * smooth(rng, size, cells << k)
    return field / np.sqrt(np.float32(power))


def white(rng: Generator, size: int) -> Plane:
    """Uncorrelated noise of deviation 1, near enough to normal: the sum of four uniforms."""
    total = rng.random((4, size, size), dtype=np.float32)
    return (total[0] + total[1] + total[2] + total[3] - 2) * np.float32(1.7320508)


@dataclass(frozen=True)
class Crowns:
    """A tile of tree crowns seen from above; every plane is ``[tile, tile]``.

    ``cover`` is 1 in a crown and 0 between crowns; ``light`` is what reaches it from the whole
    sky, more at its top; ``east`` and ``south`` are its slopes, -1…1. ``row`` and ``column``
    tell where the crown that owns the pixel stands, and ``lot`` and ``tint`` are that crown's
    own random numbers in [0, 1).
    """

    cover: Plane
    light: Plane
    east: Plane
    south: Plane
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    lot: Plane
    tint: Plane


@dataclass(frozen=True)
class Textures:
    """The textures from which all chips of one size cut their fine detail."""

    size: int
    grain: Plane  # pixel to pixel
    fine: Plane  # features of two or three pixels of a 128-pixel chip
    rough: Plane  # from 24 pixels down to three
    broad: Plane  # from 40 pixels down to ten
    canopy: Crowns
    trees: Crowns

    def window(self, rng: Generator, size: int) -> tuple[slice, slice]:
        """A random place to cut ``size`` pixels a side from, at most ``TILE`` chips."""
        room = TILE * self.size - size + 1
        top, left = int(rng.random() * room), int(rng.random() * room)
        return slice(top, top + size), slice(left, left + size)


@lru_cache(maxsize=4)
def textures(size: int) -> Textures:
    """The textures for chips of ``size`` pixels a side; drawn once, always the same."""
    rng = np.random.default_rng(17)
    side = TILE * size
    return Textures(
        size=size,
        grain=white(rng, side),
        fine=octaves(rng, side, TILE * 24, 2, 0.8),
        rough=octaves(rng, side, TILE * 5, 4, 0.65),
        broad=octaves(rng, side, TILE * 3, 3, 0.6),
        canopy=crowns(rng, side, TILE * 37, (0.5, 0.9)),
        trees=crowns(rng, side, TILE * 13, (0.16, 0.36)),
    )


def crowns(rng: Generator, side: int, cells: int, radius: tuple[float, float]) -> Crowns:
    """Crowns on a tile of ``side`` pixels, one a cell: at each pixel the highest dome near it.

    Radii are drawn between the two of ``radius``, in cells.
    """
    low, high = (np.float32(r * side / cells) for r in radius)
    radii, lots, tints, down, right = rng.random((5, cells + 2, cells + 2), dtype=np.float32)
    radii = low + (high - low) * radii
    pitch = np.float32(side / cells)
    down = (np.arange(-1, cells + 1, dtype=np.float32)[:, None] + down) * pitch
    right = (np.arange(-1, cells + 1, dtype=np.float32) + right) * pitch
    pixel = np.arange(side, dtype=np.float32) + np.float32(0.5)
    cell = (np.arange(side) * cells // side) + 1
    best = np.full((side, side), -1, dtype=np.float32)
    owner = np.zeros((side, side), dtype=np.intp)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            near = (cell[:, None] + i) * (cells + 2) + (cell + j)
            dy = pixel[:, None] - down.take(near)
            dx = pixel - right.take(near)
            r = radii.take(near)
            dome = 1 - (dx * dx + dy * dy) / (r * r)
            higher = dome > best
            best = np.where(higher, dome, best)
            owner = np.where(higher, near, owner)
    r = radii.take(owner)
    ragged = np.float32(0.22) * smooth(rng, side, TILE * 44)
    height = np.clip(best + ragged, 0, 1)
    tint = tints.take(owner)
    edge = np.clip(height * np.float32(3.5), 0, 1)
    return Crowns(
        cover=edge * edge * (3 - 2 * edge),
        light=np.float32(0.16) + np.float32(0.35) * height + np.float32(0.28) * tint,
        east=np.clip((pixel - right.take(owner)) / r, -1, 1),
        south=np.clip((pixel[:, None] - down.take(owner)) / r, -1, 1),
        row=down.take(owner).astype(np.int32),
        column=right.take(owner).astype(np.int32),
        lot=lots.take(owner),
        tint=tint,
    )

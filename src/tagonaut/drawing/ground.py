"""The flat parts of the ground: grassland, bare ground and fields."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.drawing.canvas import SIDE, Colour, View, paint, plane, ramp, step, turned
from tagonaut.drawing.noise import Plane, octaves, smooth

RED_SOIL: tuple[Colour, ...] = ((166, 114, 76), (182, 134, 94), (158, 106, 70))
PALE_SOIL: tuple[Colour, ...] = ((204, 176, 138), (196, 160, 118))
HEDGE: Colour = (82, 98, 56)
CROPS: tuple[Colour, ...] = (
    (110, 138, 66),
    (132, 154, 78),
    (86, 120, 58),
    (76, 102, 62),
    (196, 176, 110),
    (184, 162, 106),
    (206, 190, 132),
    (142, 114, 86),
    (118, 92, 70),
    (160, 134, 102),
    (158, 152, 92),
)


def grassland(view: View) -> Plane:
    """The picture everything else is laid on: grass and scrub, greener or drier."""
    broad, rough, fine = (view.detail(kind) for kind in ("broad", "rough", "fine"))
    dryness = np.float32(view.dry) + np.float32(0.13) * broad + np.float32(0.11) * rough
    picture = ramp((98, 114, 68), (158, 147, 104), np.clip(dryness, 0, 1))
    scrub = step(fine + np.float32(0.5) * rough, 0.9, 2.2)
    light = 1 + np.float32(0.04) * rough + np.float32(0.03) * fine
    light -= np.float32(view.between(0.1, 0.35)) * scrub
    picture *= light
    return picture


def patch(view: View, x: float, y: float, radius: float, ragged: float) -> Plane:
    """Above 0 inside an irregular patch around a place, falling about 1 in one ``radius``."""
    stretch = view.between(0.7, 1.4)
    cos, sin = turned(view.between(0, 6.2832))
    east, south = view.places()
    dx, dy = east - np.float32(x), south - np.float32(y)
    u = (dx * np.float32(cos) + dy * np.float32(sin)) * np.float32(stretch / radius)
    v = (dy * np.float32(cos) - dx * np.float32(sin)) / np.float32(stretch * radius)
    wild = octaves(view.rng, view.size, 3, 2, 0.6) + np.float32(0.4) * view.detail("rough")
    return 1 - np.sqrt(u * u + v * v) + np.float32(ragged) * wild


@dataclass(frozen=True)
class BareGround:
    """A stripped or eroded patch of soil; ``rim`` is where the grass around it thins out."""

    mask: Plane
    rim: Plane

    def paint(self, picture: Plane, view: View) -> None:
        """Soil in worn and darker patches, with tufts of grass in it."""
        rough, fine = view.detail("rough"), view.detail("fine")
        worn = view.detail("broad")
        light = 1 + 0.06 * worn + 0.05 * rough + 0.045 * fine
        # Pale soil would not stand out from dry grass.
        tone = view.pick(RED_SOIL if view.dry > 0.45 or view.chance(0.5) else PALE_SOIL)
        soil = plane(tone) * light.astype(np.float32)
        tufts = 1 - 0.7 * step(fine + rough, 1.3, 2.6)
        paint(picture, np.maximum(self.rim * np.float32(0.45), self.mask) * tufts, soil)


def bare_ground(view: View) -> BareGround:
    """Bare ground somewhere in the chip."""
    x, y = view.between(26, 102), view.between(26, 102)
    shape = patch(view, x, y, view.between(27, 46), 0.34)
    shape += np.float32(0.07) * view.detail("fine")
    return BareGround(step(shape, -0.04, 0.1), step(shape, -0.4, 0.0))


@dataclass(frozen=True)
class Fields:
    """Parcels of crops; ``parcel`` numbers them, ``u`` and ``v`` run along their sides in units."""

    mask: Plane
    hedge: Plane
    parcel: NDArray[np.intp]
    u: Plane
    v: Plane
    count: int

    def paint(self, picture: Plane, view: View) -> None:
        """A crop and a direction of furrows to each parcel."""
        rng, n = view.rng, self.count
        crops = view.picks(CROPS, n) / 255
        across = rng.random(n) < 0.5
        rows = 1 / rng.uniform(2.6, 5.0, n)
        slant = rng.uniform(-0.12, 0.12, n)
        depth = rng.uniform(0.02, 0.08, n)
        drift = rng.uniform(-0.0016, 0.0016, (2, n))
        blotch = rng.uniform(0.02, 0.07, n)

        def of(values: NDArray[Any]) -> Plane:
            return values.astype(np.float32).take(self.parcel)

        phase = self.u * of(np.where(across, rows, rows * slant))
        phase += self.v * of(np.where(across, rows * slant, rows))
        wave = np.abs(phase - np.floor(phase) - np.float32(0.5)) * 4 - 1
        light = 1 + of(depth) * wave + self.u * of(drift[0]) + self.v * of(drift[1])
        light += of(blotch) * view.detail("rough") + np.float32(0.025) * view.detail("fine")
        hedge = plane(HEDGE) * (1 + np.float32(0.12) * view.detail("fine"))
        paint(picture, self.hedge * np.float32(0.75), hedge)
        paint(picture, self.mask, np.stack([of(band) for band in crops.T]) * light)


def fields(view: View, share: float) -> Fields:
    """Parcels over about ``share`` of the chip, all on one side of it."""
    cos, sin = (np.float32(c) for c in turned(view.between(0, 6.2832)))
    east, south = (at - np.float32(SIDE / 2) for at in view.places())
    bend = np.float32(view.between(0, 2.5)) * smooth(view.rng, view.size, 2)
    u = east * cos + south * sin + bend
    v = south * cos - east * sin + np.float32(view.between(-0.25, 0.25)) * u
    tilled = [(0, -18, 0, -18)]  # number 0: no parcel, nowhere inside
    number = np.zeros((2 * SIDE, 2 * SIDE), dtype=np.intp)
    for u0, u1, v0, v1 in _parcels(view):
        if u0 + u1 > 180 - 360 * share and not view.chance(0.06):
            number[u0 + SIDE : u1 + SIDE, v0 + SIDE : v1 + SIDE] = len(tilled)
            tilled.append((u0, u1, v0, v1))
    parcel = number[(u + SIDE).astype(np.intp), (v + SIDE).astype(np.intp)]
    low_u, high_u, low_v, high_v = (
        side.take(parcel) for side in np.array(tilled, dtype=np.float32).T
    )
    edge = np.minimum(
        np.minimum(u - low_u, high_u - u),
        np.minimum(v - low_v, high_v - v),
    )
    margin = view.between(0.0, 0.6)
    return Fields(
        mask=step(edge, margin, margin + 1.2),
        hedge=step(edge, -1.6, -0.4),
        parcel=parcel,
        u=u,
        v=v,
        count=len(tilled),
    )


def _parcels(view: View) -> list[tuple[int, int, int, int]]:
    """Rectangles that fill ±100 by ±120 units, few wider than a random limit."""
    widest = view.between(38, 68)
    waiting, done = [(-100, 100, -120, 120)], []
    while waiting:
        u0, u1, v0, v1 = waiting.pop()
        long, tall = u1 - u0, v1 - v0
        if max(long, tall) <= widest or (max(long, tall) < 1.5 * widest and view.chance(0.15)):
            done.append((u0, u1, v0, v1))
            continue
        cut = view.between(0.36, 0.64)
        if long > tall * view.between(0.6, 1.6):
            middle = u0 + round(cut * long)
            waiting += [(u0, middle, v0, v1), (middle, u1, v0, v1)]
        else:
            middle = v0 + round(cut * tall)
            waiting += [(u0, u1, v0, middle), (u0, u1, middle, v1)]
    return done

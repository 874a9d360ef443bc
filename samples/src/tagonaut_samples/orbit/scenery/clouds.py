"""Clouds from above: heaps, sheets, streets and storms."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import step
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import Projection
from tagonaut_samples.orbit.scenery.light import moved, relief
from tagonaut_samples.orbit.shot import Shot

KINDS = ("heaps", "heaps", "sheets", "streets", "mixed", "mixed")


@dataclass(frozen=True)
class Clouds:
    """Clouds as planes: opacity 0…1, brightness, and the shadow that they cast."""

    mask: Plane
    light: Plane
    shadow: Plane

    def paint(self, picture: Plane) -> None:
        """The shadow on the ground, then the clouds."""
        clear = (1 - self.shadow) * (1 - self.mask)
        lit = self.mask * self.light
        picture *= clear
        for k, level in enumerate((0.97, 0.98, 1.0)):
            picture[k] += lit * np.float32(level)


def clouds(shot: Shot, view: Projection, cover: float, sun: tuple[float, float]) -> Clouds:
    """Clouds over about ``cover`` of the ground; ``sun`` is where it stands in the picture."""
    kind = shot.pick(KINDS)
    warp, body, region = shot.field(), shot.field(), shot.field()
    often = shot.between(2.2, 4.5)
    x, y = view.x * np.float32(often), view.y * np.float32(often)
    bent = warp.broad(x * np.float32(0.4), y * np.float32(0.4))
    pixel = view.pixel * np.float32(often)
    spread = region.broad(view.x * np.float32(1.3), view.y * np.float32(1.3))
    if kind == "heaps":
        fine = np.float32(shot.between(1.6, 3.0))
        heap = body.deep(x * fine, y * fine, pixel * fine, 0.42)
        heap += np.float32(0.75) * spread + np.float32(0.3) * bent
        soft, top = 1.1, 0.98
    elif kind == "sheets":
        bend = np.float32(shot.between(0.2, 0.5)) * bent
        heap = body.deep(x + bend, (y - bend) * np.float32(0.7), pixel, 0.2) + spread
        soft, top = 1.9, 0.93
    elif kind == "streets":
        c, s = shot.direction()
        bend = np.float32(0.3) * bent
        along, across = x * c + y * s + bend, (y * c - x * s + bend) * np.float32(4.5)
        heap = body.deep(along, across, pixel * 3, 0.32) + np.float32(0.9) * spread
        soft, top = 1.2, 0.95
    else:
        bend = np.float32(shot.between(0.1, 0.6)) * bent
        heap = body.deep(x + bend, y + bend, pixel, 0.36) + np.float32(0.8) * spread
        soft, top = 1.5, 0.98
    return _lit(shot, heap, cover, soft, top, sun)


def storm(shot: Shot, view: Projection, sun: tuple[float, float]) -> Clouds:
    """A hurricane that fills the frame, turning either way, its eye near the middle."""
    warp, body, arms = shot.field(), shot.field(), shot.field()
    x = view.x - np.float32(shot.between(-0.12, 0.12))
    y = view.y - np.float32(shot.between(-0.1, 0.1))
    bent = warp.broad(x * 3, y * 3)
    r2 = x * x + y * y
    radius = np.sqrt(r2) + np.float32(0.02) * bent
    # Turned by an angle that grows inwards: what was round about becomes a spiral.
    turn = np.float32(shot.pick((-1.0, 1.0)) * shot.between(0.5, 0.9)) / (radius + np.float32(0.12))
    even = 1 / (1 + np.float32(0.25) * turn * turn)
    c, s = (1 - np.float32(0.25) * turn * turn) * even, turn * even
    c, s = c * c - s * s, 2 * c * s
    u, v = (x * c - y * s) * np.float32(4), (x * s + y * c) * np.float32(4)
    size = np.float32(shot.between(0.42, 0.62))
    heap = np.float32(0.5) * body.deep(u, v, view.pixel * 6, 0.3)
    heap += np.float32(0.9) * arms.broad(u * np.float32(0.45), v * np.float32(0.45))
    heap += np.float32(2.6) * (size - radius) / size + np.float32(0.15) * bent
    eye = np.float32(shot.between(0.012, 0.05))
    heap -= 4 * step(-radius, -1.7 * float(eye), -0.75 * float(eye))
    heap += step(-radius, -5 * float(eye), -1.4 * float(eye))
    return _lit(shot, heap, None, 1.7, 0.97, sun)


def _lit(
    shot: Shot, heap: Plane, cover: float | None, soft: float, top: float, sun: tuple[float, float]
) -> Clouds:
    base = 0.0
    if cover is not None:
        sample = np.sort(heap[::5, ::5], axis=None)
        base = float(sample[int((1 - cover) * (len(sample) - 1))])
    mask = step(heap, base - 0.25 * soft, base + 0.75 * soft)
    mask *= np.float32(top)
    thick = np.clip(heap - np.float32(base), 0, 2.5)
    light = (
        np.float32(0.84) + np.float32(0.07) * thick + np.float32(0.5) * relief(thick, sun, 0.012)
    )
    far = shot.between(0.004, 0.012) * shot.longer
    shade = moved(mask, round(-sun[0] * far), round(-sun[1] * far))
    return Clouds(mask, np.clip(light, 0.5, 1.04), np.float32(0.5) * shade)

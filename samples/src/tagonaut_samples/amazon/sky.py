"""The way from the ground to the picture: clouds, haze, and the satellite's sensor."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import SIDE, View, step
from tagonaut.drawing.noise import Plane, octaves
from tagonaut_samples.amazon.layers import Layer, material
from tagonaut_samples.amazon.spectra import CLOUD

# Light that clear air sends up by itself: most of what is seen in blue, little in near-infrared.
AIR = (0.172, 0.121, 0.079, 0.030)
HAZE = (0.125, 0.118, 0.105, 0.075)


@dataclass(frozen=True)
class Heap:
    """The height of heaped clouds: there is cloud above the level ``base``."""

    wide: Plane
    base: float
    scale: float
    pad: int
    size: int

    def window(self, x: float, y: float) -> Plane:
        """The heap over the places ``x``, ``y`` units away from those of the chip."""
        top, left = (self.pad + round(d * self.scale) for d in (y, x))
        return self.wide[top : top + self.size, left : left + self.size] - np.float32(self.base)


def _heap(view: View, cover: float, cells: tuple[int, int], reach: float) -> Heap:
    size, scale = view.size, view.size / SIDE
    pad = round(reach * scale)
    wide = size + 2 * pad
    heap = octaves(view.rng, wide, int(view.rng.integers(*cells)), 4, 0.62)
    heap += np.float32(0.35) * view.textures.rough[view.textures.window(view.rng, wide)]
    sample = np.sort(heap[pad : wide - pad : 4, pad : wide - pad : 4], axis=None)
    base = float(sample[int((1 - cover) * (len(sample) - 1))])
    return Heap(heap, base, scale, pad, size)


def scattered(view: View) -> list[Layer]:
    """Clouds over a part of the chip: heaped with their shadows, or thin and wide."""
    if view.chance(0.35):
        veil = _heap(view, view.between(0.25, 0.6), (2, 5), 4).window(0, 0)
        thin = step(veil, -0.4, view.between(1.2, 2.2)) * np.float32(view.between(0.4, 0.8))
        return [Layer("partly_cloudy", thin, material(view, CLOUD))]
    cover = 0.04 + 0.4 * view.rng.random() * view.rng.random()
    heap = _heap(view, cover, (3, 10), 28)
    body = heap.window(0, 0)
    x, y = view.sun
    far = view.between(10, 26)
    firm = view.between(0.6, 1.7)
    shade = step(heap.window(far * x, far * y), -0.2, firm) * np.float32(view.between(0.35, 0.6))
    lit = body - heap.window(3 * x, 3 * y)
    light = np.clip(
        np.float32(view.between(0.55, 0.85)) + np.float32(0.12) * (body + lit), 0.4, 1.25
    )
    mask = step(body, -0.3, firm) * np.float32(view.between(0.85, 0.97))
    return [
        Layer("", shade, np.zeros((4, 1, 1), dtype=np.float32)),
        Layer("partly_cloudy", mask, material(view, CLOUD) * light),
    ]


def overcast(view: View) -> list[Layer]:
    """Cloud all over the chip: heaped, or one even sheet."""
    size = view.size
    whole = np.ones((size, size), dtype=np.float32)
    heap = _heap(view, 0.5, (2, 9), 4)
    body, scale = heap.window(0, 0), view.between(0.04, 0.15)
    x, y = view.sun
    lit = body - heap.window(3 * x, 3 * y)
    level = view.between(0.25 + 2 * scale, 0.78)
    light = np.float32(level) + np.float32(scale) * (np.float32(0.8) * body + lit)
    if view.chance(0.3):  # an even sheet
        light = np.float32(level) + np.float32(0.02) * body
    return [Layer("cloudy", whole, material(view, CLOUD) * np.clip(light, 0.16, 1.5))]


def seen_through_air(picture: Plane, view: View, hazy: bool) -> Plane:
    """The light that reaches the satellite: dimmed and veiled, softened, with its sensor's noise.

    The picture's own memory is used up.
    """
    soft = np.float32(view.between(0.3, 0.5))
    for band in picture:
        for _ in range(2):
            band[:, :-1] += soft * (band[:, 1:] - band[:, :-1])
            band[:-1] += soft * (band[1:] - band[:-1])
    thick = view.between(0.6, 1.4) if hazy else _clear_air(view)
    air = np.array(AIR, dtype=np.float32)
    air += np.float32(view.between(-0.004, 0.006))
    red = view.between(0.004, 0.014) if view.chance(0.12) else view.between(-0.0065, 0.001)
    air += np.array([view.between(-0.010, 0.008), 0, red, view.between(-0.006, 0.006)], np.float32)
    haze = np.array(HAZE, dtype=np.float32) * np.float32(thick)
    haze *= np.array([view.between(0.78, 1.08), 1, view.between(0.86, 1.1), 1], dtype=np.float32)
    through = np.float32(view.between(0.8, 1.25) * (1 - 0.45 * thick))
    stripes = view.rng.uniform(-1, 1, (4, view.size)).astype(np.float32)
    stripes *= np.float32(view.between(0, 0.0014))
    grain = np.float32(view.between(0.0005, 0.0015)) * view.detail("grain")
    veil: Plane = np.ones((1, 1), dtype=np.float32)
    if hazy:
        veil = 1 + np.float32(view.between(0.02, 0.14)) * octaves(view.rng, view.size, 2, 2)
    for k in range(len(picture)):
        picture[k] *= through
        picture[k] += haze[k] * veil + (air[k] + stripes[k])
        picture[k] += grain
    return picture


def _clear_air(view: View) -> float:
    """Some clear chips are hazy too, though nobody called them so."""
    return view.between(0, 0.14) if view.chance(0.65) else view.between(0.1, 0.45)

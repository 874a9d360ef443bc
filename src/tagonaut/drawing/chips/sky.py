"""The way from the ground to the picture: clouds, haze, light and the sensor."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tagonaut.drawing.canvas import SIDE, Colour, View, paint, plane, step
from tagonaut.drawing.noise import Plane, octaves

HAZE: Colour = (196, 208, 222)


@dataclass(frozen=True)
class Clouds:
    """Clouds over a part of the chip, and their shadow on the ground."""

    mask: Plane
    light: Plane
    shadow: Plane

    def paint(self, picture: Plane) -> None:
        """The shadow, then the clouds."""
        picture *= 1 - self.shadow
        paint(picture, self.mask, plane((246, 248, 252)) * self.light)


def clouds(view: View) -> Clouds:
    """Heaped clouds over some 12 to 45 % of the chip, thin at their edges."""
    size = view.size
    far = view.between(10, 26)
    wide = size + 2 * round(28 * size / SIDE)
    heap = octaves(view.rng, wide, int(view.rng.integers(3, 5)), 2, 0.55)
    heap += np.float32(0.42) * view.textures.rough[view.textures.window(view.rng, wide)]
    pad, scale = (wide - size) // 2, size / SIDE
    x, y = view.sun
    sample = np.sort(heap[pad:-pad:4, pad:-pad:4], axis=None)
    base = float(sample[int((1 - view.between(0.18, 0.5)) * (len(sample) - 1))])
    body = step(heap, base - 0.35, base + view.between(0.45, 0.95))

    def window(plane_: Plane, away: float) -> Plane:
        top, left = (pad + round(away * d * scale) for d in (y, x))
        return plane_[top : top + size, left : left + size]

    lit = window(heap, 0) - window(heap, 3)
    thick = window(body, 0)
    high = np.float32(0.09) * (window(heap, 0) - np.float32(base))
    light = np.clip(np.float32(0.86) + high + np.float32(0.14) * lit, 0.7, 1)
    opacity = np.float32(view.between(0.9, 0.98))
    shade = np.float32(view.between(0.35, 0.55)) * window(body, far)
    return Clouds(thick * opacity, light, shade)


def developed(picture: Plane, view: View) -> Image.Image:
    """The picture as a camera hands it over: softness, exposure, haze, noise, 8 bits.

    The picture's own memory is used up.
    """
    soft = np.float32(view.between(0.15, 0.5))
    picture[:, :, :-1] += soft * (picture[:, :, 1:] - picture[:, :, :-1])
    picture[:, :-1] += soft * (picture[:, 1:] - picture[:, :-1])
    veil = np.float32(view.between(0, 0.11))
    cast = np.array([view.between(0.97, 1.03), 1, view.between(0.97, 1.03)], dtype=np.float32)
    gain = 255 * np.float32(view.between(0.94, 1.04)) * (1 - veil) * cast
    picture *= gain[:, None, None]
    picture += 255 * veil * plane(HAZE) + np.float32(0.5)
    picture += 255 * np.float32(view.between(0.003, 0.014)) * view.detail("grain")
    bands = np.clip(picture, 0, 255, out=picture).astype(np.uint8)
    return Image.merge("RGB", [Image.fromarray(band) for band in bands])

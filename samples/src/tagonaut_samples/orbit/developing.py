"""From the drawn scene to the photo as a camera hands it over."""

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from tagonaut.drawing.noise import Plane

GRAIN = 1024  # pixels a side of the tile of grain
ROWS = 128  # of the photo at a time: what fits the processor's cache


@lru_cache(maxsize=1)
def _grain(tiles: int) -> NDArray[np.int16]:
    """Grain of deviation 64, a little soft: one tile, repeated twice down and ``tiles`` across."""
    rng = np.random.default_rng(31)
    white = rng.integers(-110, 111, (GRAIN, GRAIN)).astype(np.float32)
    soft = white + np.float32(0.7) * (np.roll(white, 1, 0) + np.roll(white, 1, 1))
    coarse = rng.integers(-110, 111, (GRAIN // 2, GRAIN // 2)).repeat(2, 0).repeat(2, 1)
    soft += np.float32(0.6) * coarse
    tile = (soft * (64 / soft.std())).astype(np.int16)
    return np.tile(tile, (2, tiles))


def developed(
    picture: Plane, detail: Plane, width: int, height: int, rng: Generator, noise: float
) -> Image.Image:
    """The photo in its full size, from the scene ``[3, h, w]`` in about 0…1.

    ``detail[h, w]`` says how rough the thing is that is seen, in levels of 255: that much fine
    structure is laid over it, and ``noise`` of the sensor's own everywhere.
    """
    levels = np.clip(picture * 255 + np.float32(0.5), 0, 255).astype(np.uint8)
    image = Image.merge("RGB", [Image.fromarray(band) for band in levels])
    amount = Image.fromarray(np.clip(4 * (detail + np.float32(noise)), 0, 255).astype(np.uint8))
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        amount = amount.resize((width, height), Image.Resampling.BILINEAR)
    down, right = (int(rng.random() * GRAIN) for _ in range(2))
    grain = _grain(width // GRAIN + 2)[:, right:]
    pixels, strength = np.array(image), np.asarray(amount)
    for top in range(0, height, ROWS):
        rows = pixels[top : top + ROWS]
        start = (down + top) % GRAIN
        added = grain[start : start + len(rows), :width] * strength[top : top + ROWS]
        added >>= 8
        bright = rows + added[:, :, None]
        np.clip(bright, 0, 255, out=bright)
        rows[:] = bright
    return Image.fromarray(pixels)

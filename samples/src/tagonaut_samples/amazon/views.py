"""The two files of a chip: a picture for eyes, and levels of four bands for machines."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.drawing.noise import Plane

LEVELS = 20_000  # of the 16-bit file, for all the light there is
DARK = (0.131, 0.095, 0.056)  # blue, green, red: the light that the picture calls black
GAIN = (2.50, 2.75, 3.00)


def levels(bands: Plane) -> NDArray[np.uint16]:
    """``[size, size, 4]`` in Planet's order: blue, green, red, near-infrared."""
    return np.ascontiguousarray(
        np.clip(bands * np.float32(LEVELS) + np.float32(0.5), 0, 65535).transpose(1, 2, 0)
    ).astype(np.uint16)


def picture(bands: Plane) -> Image.Image:
    """The RGB picture: bands without their common haze, highlights rolled off."""
    rgb = np.empty((*bands.shape[1:], 3), dtype=np.uint8)
    for channel, band in enumerate((2, 1, 0)):
        light = np.maximum(bands[band] - np.float32(DARK[band]), 0) * np.float32(GAIN[band])
        square = light * light
        light /= np.sqrt(np.sqrt(1 + square * square))
        rgb[..., channel] = light * 255 + np.float32(0.5)
    return Image.fromarray(rgb)

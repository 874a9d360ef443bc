"""Maps laid over pictures, and filters as pictures."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tagonaut.pixels.bands import RGB

STRONGEST, DIMMED = 0.8, 0.9
"""How much a map's maximum covers of the picture; how bright the picture under it stays."""
_INK, _PAPER = (20, 25, 30), (255, 255, 255)
# From nothing to the maximum, light enough on dark ground and strong enough on light.
_HEAT = np.array([[88, 24, 110], [200, 40, 90], [245, 110, 30], [255, 225, 70]], dtype=np.float32)


def overlay(
    pixels: NDArray[np.uint8], values: NDArray[np.floating], peak: tuple[float, float] | None
) -> NDArray[np.uint8]:
    """``values[h', w']`` over ``pixels[h, w, 3]``: the same size, the picture without its colours.

    Values above the map's mean are shown, up to its maximum; a map without positive values shows
    nothing. ``peak``: x and y of a cross, as shares of the width and of the height.
    """
    height, width = pixels.shape[:2]
    heat = _smooth(_strength(values), (width, height))[..., None]
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    ground = (0.35 * pixels + 0.65 * grey[..., None]) * DIMMED
    steps = np.linspace(0, 1, len(_HEAT))
    colours = np.stack([np.interp(heat[..., 0], steps, part) for part in _HEAT.T], axis=-1)
    cover = STRONGEST * heat**0.7
    mixed = (ground * (1 - cover) + colours * cover).clip(0, 255).astype(np.uint8)
    return mixed if peak is None else mark(mixed, peak)


def mark(pixels: NDArray[np.uint8], point: tuple[float, float]) -> NDArray[np.uint8]:
    """``pixels[h, w, 3]`` with a cross at x and y, shares of the width and of the height."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    x, y = point[0] * image.width, point[1] * image.height
    arm = max(5, round(min(image.size) / 28))
    for width, colour in ((5, _INK), (2, _PAPER)):
        draw.line([(x - arm, y), (x + arm, y)], fill=colour, width=width)
        draw.line([(x, y - arm), (x, y + arm)], fill=colour, width=width)
    return np.asarray(image)


def _strength(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """0 to 1: from the map's mean, or zero where that is higher, to its maximum."""
    low, high = max(float(values.mean()), 0.0), float(values.max())
    if high <= low:
        # A map may be negative all over: its least negative places still stand out.
        low = float(values.mean())
    if high <= low:
        return np.zeros(values.shape, dtype=np.float32)
    return ((values - low) / (high - low)).clip(0, 1).astype(np.float32)


def _smooth(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    resized = Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(resized).clip(0, 1)


def fitted(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """``pixels[h, w, 3]`` in their shape, the longer side of ``side`` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(
        Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    )


def filter_picture(
    values: NDArray[np.float32], channels: tuple[str, ...], side: int
) -> NDArray[np.uint8]:
    """``[side, side, 3]`` of ``values[s, s, c]``, 0 to 1: as RGB, with the contrast stretched.

    With more than three bands: red, green and blue, or the first three from the long waves down.
    """
    if len(channels) == 1:
        colours = values.repeat(3, axis=2)
    else:
        names = RGB if set(RGB) <= set(channels) else channels[:3][::-1]
        colours = values[..., [channels.index(name) for name in names]]
    evened = 0.5 + 0.18 * (colours - colours.mean()) / (colours.std() + 1e-5)
    picture = Image.fromarray((evened * 255).clip(0, 255).round().astype(np.uint8))
    # Small pictures keep their pixels: stripes of one pixel are what some filters look for.
    small = picture.width < side
    how = Image.Resampling.NEAREST if small else Image.Resampling.BICUBIC
    return np.asarray(picture.resize((side, side), how))

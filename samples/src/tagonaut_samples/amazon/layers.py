"""The layers of a chip: materials in four bands, and masks to lay them through.

A material is the share of the light that it throws back in blue, green, red and near-infrared,
``[4, 1, 1]``, or a picture of it, ``[4, size, size]``.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from tagonaut.drawing.canvas import SIDE, Sheet, View, paint, shifted, step
from tagonaut.drawing.noise import Plane

Spectrum = tuple[float, float, float, float]  # blue, green, red, near-infrared


@dataclass(frozen=True)
class Layer:
    """A thing laid over what is below it; ``label`` is "" for what has none."""

    label: str
    mask: Plane
    light: Plane

    def lay(self, picture: Plane) -> None:
        """Paint it over the picture ``[4, size, size]``."""
        there = np.flatnonzero(self.mask.any(axis=1))
        if not len(there):
            return
        rows = slice(int(there[0]), int(there[-1]) + 1)
        mask = self.mask[rows]
        # Band by band, which stays in the processor's cache: a third faster than all at once.
        for band, light in zip(picture[:, rows], self.light, strict=True):
            paint(band, mask, light if light.size == 1 else light[rows])


def material(view: View, *spectra: Spectrum) -> Plane:
    """One of the spectra, a little lighter or darker, redder or bluer than it says."""
    chosen = np.array(spectra[int(view.rng.random() * len(spectra))], dtype=np.float32)
    light, warm = view.between(0.88, 1.12), view.between(-0.05, 0.05)
    chosen *= np.array([1 - warm, 1, 1 + warm, 1], dtype=np.float32) * np.float32(light)
    return chosen[:, None, None]


def between(low: Plane, high: Plane, t: Plane) -> Plane:
    """From one material at t = 0 to the other at t = 1."""
    return low + (high - low) * t


def mottled(view: View, stuff: Plane, broad: float, rough: float, fine: float) -> Plane:
    """The material with light and dark patches of these strengths."""
    light = 1 + np.float32(broad) * view.detail("broad")
    light += np.float32(rough) * view.detail("rough")
    light += np.float32(fine) * view.detail("fine")
    return stuff * np.maximum(light, np.float32(0.2))


def blended(sheet: Sheet, stuffs: tuple[Plane, Plane, Plane]) -> tuple[Plane, Plane]:
    """The mask of a sheet whose red, green and blue are shares of three materials, and its light.

    So that shapes of many materials are drawn at once.
    """
    shares, mask = sheet.layers()
    light = stuffs[0] * shares[0] + stuffs[1] * shares[1] + stuffs[2] * shares[2]
    return mask, light / np.maximum(mask, np.float32(0.02))


def blurred(mask: Plane, view: View, radius: float) -> Plane:
    """The mask averaged over a box of ``radius`` units to each side."""
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    smooth = image.filter(ImageFilter.BoxBlur(radius * view.size / SIDE))
    return np.asarray(smooth) * np.float32(1 / 255)


def ragged(mask: Plane, view: View, radius: float, wild: float) -> Plane:
    """The mask with its edge torn about ``radius`` units to and fro."""
    torn = blurred(mask, view, radius) + np.float32(wild) * view.detail("fine")
    return step(torn, 0.4, 0.62)


def shade(view: View, mask: Plane, height: float, dark: float) -> Layer:
    """The shadow that the forest around an opening throws into it."""
    x, y = view.sun
    lit = shifted(mask, view, height * x, height * y)
    black = np.zeros((4, 1, 1), dtype=np.float32)
    return Layer("", mask * (1 - lit) * np.float32(dark), black)


def any_place(view: View, mask: Plane | None) -> tuple[float, float]:
    """A place, in units, somewhere in the mask and off the chip's rim; anywhere without a mask."""
    if mask is not None:
        rim = view.size // 10
        spots = np.flatnonzero(mask[rim:-rim:2, rim:-rim:2] > 0.5)
        if len(spots):
            width = len(range(rim, view.size - rim, 2))
            row, column = divmod(int(spots[int(view.rng.random() * len(spots))]), width)
            scale = SIDE / view.size
            return (2 * column + rim) * scale, (2 * row + rim) * scale
    return view.between(20, 108), view.between(20, 108)

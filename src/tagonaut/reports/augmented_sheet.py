"""A contact sheet of training pictures beside their augmented versions."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tagonaut.pixels.augment import AugmentSettings, augment, mix
from tagonaut.pixels.bands import Bands
from tagonaut.pixels.preprocessing import Pixels

VERSIONS = 7
CELL, GAP, APART, MARGIN = 144, 6, 18, 16
HEADING = 28
LINE, SMALL_LINE = 20, 16
BICUBIC = Image.Resampling.BICUBIC
PAPER, INK, FAINT = "#ffffff", "#22303c", "#6b7785"


def augmented_sheet(
    pixels: Pixels,
    channels: Sequence[str],
    titles: Sequence[str],
    strength: NDArray[np.float32],
    settings: AugmentSettings,
    *,
    seed: int,
) -> Image.Image:
    """One row per picture: the original at the left, then seven augmented versions.

    ``pixels[n, s, s, c]`` are prepared pictures, their ``channels`` in the network's order;
    ``titles[n]`` are printed above the rows; ``strength[n]`` is that of ``augment``. If pictures
    are mixed with one another, each version names the rows that it is mixed from. Bands are
    displayed as contrast-stretched RGB; a row is stretched as one, which keeps differences in
    brightness.
    """
    rows, parts = _augmented(pixels, strength, settings, seed)
    mixed = bool(settings.mixup or settings.cutmix)
    row_height = LINE + CELL + (SMALL_LINE if mixed else 0) + APART - GAP
    height = 2 * MARGIN + HEADING + len(pixels) * row_height
    sheet = Image.new("RGB", (_left(VERSIONS + 1) - GAP + MARGIN, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, settings)
    for row, cells in enumerate(rows):
        top = MARGIN + HEADING + row * row_height
        title = f"{row + 1}: {titles[row]}" if mixed else titles[row]
        if strength[row] != 1:
            title += f" (ranges × {strength[row]:g})"
        _text(draw, (MARGIN, top), title, 14, INK, sheet.width - 2 * MARGIN)
        for column, cell in enumerate(np.split(_shown(cells, channels), VERSIONS + 1)):
            at = (_left(column), top + LINE)
            sheet.paste(Image.fromarray(cell).resize((CELL, CELL), BICUBIC), at)
            others = _others(parts[column, row], row)
            _text(draw, (at[0], at[1] + CELL + 1), others, 11, FAINT, CELL)
    return sheet


def _augmented(
    pixels: Pixels, strength: NDArray[np.float32], settings: AugmentSettings, seed: int
) -> tuple[Pixels, NDArray[np.float32]]:
    """Each picture with its versions below it, ``[n, (1 + versions) s, s, c]``, and its parts.

    ``parts[1 + versions, n, n]``: the share of each version that comes from each picture.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    peak = np.iinfo(pixels.dtype).max
    shares = torch.from_numpy(pixels.astype(np.float32) / peak).permute(0, 3, 1, 2)
    scale = {"mean": torch.zeros(shares.shape[1]), "std": torch.ones(shares.shape[1])}
    itself = torch.eye(len(shares))
    versions, parts = [pixels], [itself.numpy()]
    for _ in range(VERSIONS):
        strengths = torch.from_numpy(strength)
        changed = augment(shares, settings, strengths, **scale, generator=generator)
        changed, of, _ = mix(changed, itself, torch.ones_like(itself), settings, generator)
        whole = (changed * peak).round().permute(0, 2, 3, 1).numpy()
        versions.append(whole.astype(pixels.dtype))
        parts.append(of.numpy())
    return np.concatenate(versions, axis=1), np.stack(parts)


def _shown(pixels: Pixels, channels: Sequence[str]) -> NDArray[np.uint8]:
    """``pixels[h, w, c]`` as ``[h, w, 3]``, 0 to 255."""
    if pixels.shape[2] < 3:
        pixels = pixels[..., :1].repeat(3, axis=2)
        channels = ("red", "green", "blue")
    if pixels.dtype == np.uint8:
        return pixels[..., :3].astype(np.uint8)
    return Bands(pixels.astype(np.uint16), tuple(channels)).shown()


def _left(column: int) -> int:
    return MARGIN + column * (CELL + GAP) + (APART - GAP if column else 0)


def _heading(draw: ImageDraw.ImageDraw, settings: AugmentSettings) -> None:
    changes = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings
        if value != type(settings).model_fields[name].default
    )
    _text(draw, (_left(0), MARGIN), "original", 14, FAINT, CELL)
    room = _left(VERSIONS + 1) - _left(1)
    _text(draw, (_left(1), MARGIN), f"augmented: {changes or 'nothing'}", 14, FAINT, room)


def _others(parts: NDArray[np.float32], row: int) -> str:
    others = [other for other in np.flatnonzero(parts >= 0.005) if other != row]
    return "".join(f"{parts[other]:.0%} of row {other + 1}" for other in others)


def _text(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: str,
    room: int,
) -> None:
    """Draw a text, shortened to the room that it has."""
    font = _font(size)
    text = " ".join(text.split())  # several lines cannot be measured

    def too_long(shown: str) -> bool:
        return draw.textlength(shown, font) > room

    if too_long(text):
        lengths = range(1, len(text))
        text = text[: bisect_left(lengths, True, key=lambda n: too_long(text[:n] + "…"))] + "…"
    draw.text(at, text, fill=colour, font=font)


@cache
def _font(size: int) -> Any:
    # Pillow's own font has only Latin letters.
    import matplotlib

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)

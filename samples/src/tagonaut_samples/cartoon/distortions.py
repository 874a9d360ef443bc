"""Frames as they come from elsewhere: copied, scanned, turned, half covered."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tagonaut.drawing.noise import white
from tagonaut_samples.cartoon.chance import Chance
from tagonaut_samples.cartoon.scenery.stage import WIDEST, Stage
from tagonaut_samples.cartoon.shot import Camera, Frame
from tagonaut_samples.cartoon.visibility import PLAN, visible

Distortion = Callable[[Image.Image, Chance], Image.Image]

COVER = 0.2  # the share of the picture that a cover hides at least
COVERED = 0.4  # the share of what is seen of a character that it leaves at least
TINY = 0.13  # of the frame's height


def greyscale(picture: Image.Image, chance: Chance) -> Image.Image:
    """No colour."""
    return picture.convert("L").convert("RGB")


def sketch(picture: Image.Image, chance: Chance) -> Image.Image:
    """Only the edges, dark on paper."""
    grey = np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(0.6)), dtype=np.float32)
    slope = np.abs(np.diff(grey, axis=0, prepend=grey[:1]))
    slope += np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    lines = 255 - np.clip((slope - 12) * np.float32(chance.between(3, 5)), 0, 215)
    return Image.fromarray(lines.astype(np.uint8)).convert("RGB")


def inverted(picture: Image.Image, chance: Chance) -> Image.Image:
    """A negative."""
    return ImageOps.invert(picture)


def blurred(picture: Image.Image, chance: Chance) -> Image.Image:
    """Far out of focus."""
    return picture.filter(ImageFilter.GaussianBlur(picture.width * chance.between(0.01, 0.018)))


def noisy(picture: Image.Image, chance: Chance) -> Image.Image:
    """Heavy noise, another in each colour."""
    wide, high = picture.size
    levels = np.asarray(picture, dtype=np.float32)
    rng = np.random.default_rng(chance.count(0, 2**31))
    noise = np.stack([white(rng, wide)[:high] for _ in range(3)], axis=2)
    levels = levels + noise * np.float32(chance.between(38, 60))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8), "RGB")


def rotated(picture: Image.Image, chance: Chance) -> Image.Image:
    """Turned, and as large as all of it still fits."""
    angle = chance.pick((90.0, 180.0, 270.0, chance.between(15, 60), chance.between(-60, -15)))
    turned = picture.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    fitting = ImageOps.contain(turned, picture.size, Image.Resampling.BOX)
    paper = Image.new(
        "RGB", picture.size, chance.pick(((0, 0, 0), (255, 255, 255), (128, 128, 128)))
    )
    corner = (paper.width - fitting.width) // 2, (paper.height - fitting.height) // 2
    paper.paste(fitting.convert("RGB"), corner, fitting.getchannel(3))
    return paper


def mirrored(picture: Image.Image, chance: Chance) -> Image.Image:
    """Left is right."""
    return ImageOps.mirror(picture)


def sepia(picture: Image.Image, chance: Chance) -> Image.Image:
    """An old brown print."""
    return ImageOps.colorize(picture.convert("L"), (34, 20, 8), (255, 240, 204), (166, 124, 80))


def halftone(picture: Image.Image, chance: Chance) -> Image.Image:
    """Printed in black dots."""
    wide, high = picture.size
    pitch = max(wide / 72, 2.5)
    y, x = np.mgrid[0 : 3 * high, 0 : 3 * wide] / np.float32(3 * pitch)
    u, v = (x + y) * np.float32(0.7071), (x - y) * np.float32(0.7071)
    u, v = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
    # Twice the area of the diamond within this distance of a dot's middle, 0 … 255.
    screen = np.where(u + v < 0.5, 2 * (u + v) ** 2, 1 - 2 * (1 - u - v) ** 2) * 255
    grey = np.asarray(picture.convert("L").resize((3 * wide, 3 * high), Image.Resampling.BILINEAR))
    dots = Image.fromarray(np.where(255 - grey > screen, 30, 244).astype(np.uint8))
    return dots.reduce(3).convert("RGB")


# What is done to the finished picture; "tiny" and "covered" depend on where the actors are.
DEVELOPED: dict[str, Distortion] = {
    "greyscale": greyscale,
    "sketch": sketch,
    "inverted": inverted,
    "blurred": blurred,
    "noisy": noisy,
    "rotated": rotated,
    "mirrored": mirrored,
    "sepia": sepia,
    "halftone": halftone,
}
NAMES = (*DEVELOPED, "tiny", "covered")


def tiny(set_: Stage, frame: Frame, chance: Chance) -> Frame:
    """The frame from far away: its actors are small, and nothing stands before them."""
    ground = set_.ground
    camera = Camera(chance.between(0, 170), chance.between(0, 17), float(WIDEST))
    actors = []
    for k, actor in enumerate(frame.actors):
        share = (k + chance.between(0.15, 0.85)) / len(frame.actors)
        place = complex(
            camera.left + camera.wide * (0.06 + 0.88 * share), chance.between(ground.far, 300)
        )
        high = TINY * camera.high * chance.between(0.7, 1)
        actors.append(replace(actor, place=place, high=high, lift=min(actor.lift, 0.3 * high)))
    return Frame(camera, tuple(sorted(actors, key=lambda actor: actor.place.imag)))


def covered(picture: Image.Image, plan: Stage, frame: Frame, chance: Chance) -> Image.Image:
    """Bars or patches lie over the picture; enough of each character is left to see.

    ``plan`` is the stage for frames ``PLAN`` wide.
    """
    masks = [mask for mask, _ in visible(plan, frame)]
    while True:
        patches = _patches(chance)
        hidden = np.asarray(_cover((PLAN, PLAN * 3 // 4), patches)) > 0
        enough = np.mean(hidden) >= COVER
        if enough and all(np.mean(~hidden[mask]) >= COVERED for mask in masks):
            break
    ink = chance.pick(((20, 20, 24), (240, 240, 236), (128, 120, 116), (190, 70, 60)))
    result = picture.copy()
    result.paste(ink, (0, 0), _cover(picture.size, patches))
    return result


def _patches(chance: Chance) -> NDArray[np.float64]:
    """Rectangles ``[n, 4]`` as shares of the picture: left, top, right, bottom."""
    if chance.chance(0.5):
        count = chance.count(4, 9)
        wide, first = chance.between(0.3, 0.55) / count, chance.between(0, 1 / count)
        left = first + np.arange(count) / count
        bars = np.stack([left, np.zeros(count), left + wide, np.ones(count)], axis=1)
        return bars if chance.chance(0.6) else bars[:, [1, 0, 3, 2]]
    count = chance.count(6, 14)
    side = [chance.between(0.1, 0.24) for _ in range(count)]
    corner = [(chance.between(-0.05, 0.95), chance.between(-0.05, 0.95)) for _ in range(count)]
    return np.array([(x, y, x + s, y + s * 4 / 3) for s, (x, y) in zip(side, corner, strict=True)])


def _cover(size: tuple[int, int], patches: NDArray[np.float64]) -> Image.Image:
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for left, top, right, bottom in (patches * np.array([*size, *size])).tolist():
        pen.rectangle((round(left), round(top), ceil(right), ceil(bottom)), fill=255)
    return sheet

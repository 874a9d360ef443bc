"""Frames of the film, and which characters are in them."""

from functools import lru_cache

import numpy as np
from PIL import Image

from tagonaut.drawing.noise import Plane, white
from tagonaut.errors import TagonautError
from tagonaut_samples.cartoon.acting import acted, stage
from tagonaut_samples.cartoon.chance import Chance
from tagonaut_samples.cartoon.pen import Pen, oval
from tagonaut_samples.cartoon.scenery.stage import INK, Light, Stage
from tagonaut_samples.cartoon.script import LABELS, chance_of, moment
from tagonaut_samples.cartoon.shot import Frame
from tagonaut_samples.cartoon.visibility import perform, view

SMALLEST, LARGEST = 64, 1024
SHADOW = 92  # of 255


def draw(seed: int, index: int, size: int = 256) -> tuple[Image.Image, list[str]]:
    """One frame, ``size`` pixels wide and three quarters as high, and the characters in it.

    The tags are in the order of ``LABELS`` and the same at every size. The same seed and index
    give the same frame, whatever else is drawn; frames of one scene follow each other. A
    character that has a tag is seen, and nothing is seen of one that has none.
    ``TagonautError`` for a negative seed or index, and for a size below 64 or above 1024.
    """
    check(seed, index, size)
    when = moment(seed, index)
    frame = acted(seed, when)
    return shown(seed, index, stage(seed, when.scene, size), frame, size), cast(frame)


def check(seed: int, index: int, size: int) -> None:
    """``TagonautError`` for numbers that ``draw`` does not take."""
    if seed < 0 or index < 0 or not SMALLEST <= size <= LARGEST:
        raise TagonautError(
            f"cannot draw frame {index} of seed {seed} at {size} pixels: "
            f"numbers start at 0, sizes go from {SMALLEST} to {LARGEST}"
        )


def cast(frame: Frame) -> list[str]:
    """The characters that act in it, in the order of ``LABELS``."""
    acting = {actor.label for actor in frame.actors}
    return [label for label in LABELS if label in acting]


def shown(seed: int, index: int, set_: Stage, frame: Frame, size: int) -> Image.Image:
    """The frame on the film's stock of that scene, with the grain of that index."""
    stock, chance = chance_of(seed, 5, moment(seed, index).scene), chance_of(seed, 6, index)
    return _filmed(_composed(set_, frame, size), set_.light, stock, chance)


def _composed(set_: Stage, frame: Frame, size: int) -> Image.Image:
    """The frame as it lies under the camera: painting, shadows, characters, foreground."""
    picture = view(set_.back, frame.camera, size)
    _act(picture, frame, size)
    front = view(set_.front, frame.camera, size)
    hides = front.getchannel(3)
    if hides.getbbox():
        picture.paste(front.convert("RGB"), (0, 0), hides)
    return picture


def _act(picture: Image.Image, frame: Frame, size: int) -> None:
    if not frame.actors:
        return
    left, top, right, bottom = _around(frame, size, picture.height)
    if right <= left or bottom <= top:
        return
    finer = 3 if size <= 320 else 2
    pixels = (right - left) * finer, (bottom - top) * finer
    scale = size * finer / frame.camera.wide
    corner = -scale * complex(frame.camera.left, frame.camera.top) - finer * complex(left, top)
    shade = Image.new("RGBX", pixels, (*INK, 0))
    sheet = Image.new("RGBX", pixels, (*INK, 0))
    below, pen = (
        Pen(layer, complex(scale), corner, max(1.15 * scale, 0.9 * finer), INK)
        for layer in (shade, sheet)
    )
    for actor in frame.actors:
        wide = (
            actor.high
            * (0.3 if actor.label == "fox" else 0.42)
            * (1 - 0.6 * actor.lift / actor.high)
        )
        below.flat(oval(actor.place + 0.01j * actor.high, wide, 0.16 * wide), INK)
        perform(pen, actor)
    shadow = shade.getchannel(3).reduce(finer).point([k * SHADOW // 255 for k in range(256)])
    picture.paste(INK, (left, top, right, bottom), shadow)
    drawn = sheet.reduce(finer)
    picture.paste(drawn.convert("RGB"), (left, top), drawn.getchannel(3))


def _around(frame: Frame, wide: int, high: int) -> tuple[int, int, int, int]:
    """A box of the frame's pixels that has all of the actors that the frame shows."""
    camera = frame.camera
    scale = wide / camera.wide
    sides = []
    for actor in frame.actors:
        at = (actor.place - complex(camera.left, camera.top)) * scale
        reach, lift = actor.high * scale, actor.lift * scale
        sides.append((at.real - 0.95 * reach, at.imag - lift - 1.25 * reach,
                      at.real + 0.95 * reach, at.imag + 0.25 * reach))  # fmt: skip
    left, top = (int(max(min(side[k] for side in sides), 0)) for k in (0, 1))
    right = int(min(max(side[2] for side in sides) + 1, wide))
    bottom = int(min(max(side[3] for side in sides) + 1, high))
    return left, top, right, bottom


def _filmed(picture: Image.Image, light: Light, stock: Chance, chance: Chance) -> Image.Image:
    """The frame on film: the scene's light and the stock's cast, a vignette, grain."""
    cast = [stock.between(0.94, 1.05), stock.between(0.97, 1.02), stock.between(0.9, 1.03)]
    flicker = chance.between(0.975, 1.02)
    lift = stock.between(0, 14)
    tables: list[int] = []
    for share, own in zip(light, cast, strict=True):
        gain = share * own * flicker * (255 - lift) / 255
        tables += np.clip(np.rint(lift + gain * np.arange(256)), 0, 255).astype(int).tolist()
    picture = picture.point(tables)
    levels = np.asarray(picture, dtype=np.float32)
    wide, high = picture.size
    room = wide // 4
    top, left = chance.count(0, room), chance.count(0, room)
    grain = _grain(wide)[top : top + high, left : left + wide, None]
    strength = np.float32(stock.between(0.8, 3.2))
    levels = levels * _vignette(wide, high)[:, :, None] + (grain * strength + np.float32(0.5))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8), "RGB")


@lru_cache(maxsize=4)
def _grain(size: int) -> Plane:
    """Noise for frames of that width to cut theirs from."""
    return white(np.random.default_rng(23), size + size // 4)


@lru_cache(maxsize=4)
def _vignette(wide: int, high: int) -> Plane:
    x = (np.arange(wide, dtype=np.float32) + np.float32(0.5)) / np.float32(wide / 2) - 1
    y = (np.arange(high, dtype=np.float32) + np.float32(0.5)) / np.float32(high / 2) - 1
    far = (x * x)[None, :] + (y * y)[:, None]
    return 1 - np.float32(0.09) * far * far

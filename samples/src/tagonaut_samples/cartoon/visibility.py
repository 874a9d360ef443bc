"""The visible parts of a stage and of the characters on it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut_samples.cartoon.characters.fox import fox
from tagonaut_samples.cartoon.characters.owl import owl
from tagonaut_samples.cartoon.characters.pose import Pose
from tagonaut_samples.cartoon.pen import Pen, Stencil
from tagonaut_samples.cartoon.scenery.stage import INK, WIDE, Stage
from tagonaut_samples.cartoon.shot import Actor, Camera, Frame

DRAWN: dict[str, Callable[[Pen, Pose], None]] = {"fox": fox, "owl": owl}

# A character counts if at least this share of it is seen on this share of the frame ...
SEEN, AREA = 0.4, 0.002
# ... or, closer to the camera, this share on a larger part of the frame.
SEEN_CLOSE, AREA_CLOSE = 0.25, 0.035

PLAN = 128  # pixels of the frame on which that is measured

Bits = NDArray[np.bool_]


def view(sheet: Image.Image, camera: Camera, size: int) -> Image.Image:
    """The part of a sheet of the painting that the camera sees, ``size`` pixels wide."""
    scale = sheet.width / WIDE
    left, top = camera.left * scale, camera.top * scale
    right, bottom = left + camera.wide * scale, top + camera.high * scale
    where = left, top, min(right, sheet.width), min(bottom, sheet.height)
    return sheet.resize((size, round(size * 0.75)), Image.Resampling.BILINEAR, box=where)


def perform(pen: Pen, actor: Actor) -> None:
    """Draw the actor with a pen of the painting's units."""
    # The ink of a small figure is thinner, that of one nearby is thicker.
    line = min(max(actor.high / 90, 0.5), 1.7)
    at = actor.place - 1j * actor.lift
    DRAWN[actor.label](pen.at(at, actor.high / 100, mirrored=actor.leftward, line=line), actor.pose)


def visible(set_: Stage, frame: Frame) -> list[tuple[Bits, int]]:
    """For each actor where it is seen on a frame ``PLAN`` wide, and how large all of it is.

    ``set_`` is the stage painted for that width.
    """
    wide, high = PLAN, PLAN * 3 // 4
    hidden = np.asarray(view(set_.front.getchannel(3), frame.camera, PLAN)) > 127
    found: list[tuple[Bits, int]] = []
    for actor in reversed(frame.actors):
        sheet = Image.new("L", (3 * wide, 3 * high))
        scale = wide / frame.camera.wide
        corner = complex(frame.camera.left, frame.camera.top) * -scale + complex(wide, high)
        perform(Stencil(sheet, complex(scale), corner, scale, INK), actor)
        there = np.asarray(sheet) > 0
        inside = there[high : 2 * high, wide : 2 * wide]
        found.append((inside & ~hidden, int(np.count_nonzero(there))))
        hidden = hidden | inside
    return found[::-1]


def well_seen(set_: Stage, frame: Frame) -> bool:
    """Whether each actor counts; ``set_`` is the stage painted for ``PLAN``."""
    for mask, whole in visible(set_, frame):
        area = np.count_nonzero(mask)
        share, part = area / max(whole, 1), area / mask.size
        if not ((share >= SEEN and part >= AREA) or (share >= SEEN_CLOSE and part >= AREA_CLOSE)):
            return False
    return True

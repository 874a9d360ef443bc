"""Frames that are distorted, to find out what a network has learned of the characters."""

from dataclasses import replace

from PIL import Image

from tagonaut_samples.cartoon.acting import acted, stage
from tagonaut_samples.cartoon.distortions import DEVELOPED, NAMES, covered, tiny
from tagonaut_samples.cartoon.frames import cast, check, shown
from tagonaut_samples.cartoon.script import ACT, chance_of, moment
from tagonaut_samples.cartoon.visibility import PLAN

STRIDE = 5  # frames from one distorted one to the next: few of each scene, all in turn


def indices(end: int, count: int) -> list[int]:
    """Frames for ``count`` distorted ones, of scenes that begin at frame ``end`` or later."""
    first = -(-end // ACT) * ACT
    return [first + STRIDE * k for k in range(count)]


def distortion(seed: int, number: int) -> str:
    """The distortion of the distorted frame of that number: all in turn, in changing order."""
    turn, place = divmod(number, len(NAMES))
    return chance_of(seed, 7, turn).shuffled(NAMES)[place]


def draw_distorted(
    seed: int, index: int, name: str, size: int = 256
) -> tuple[Image.Image, list[str]]:
    """Frame ``index`` with the distortion of that name, and the characters in it.

    Ranges and errors are those of ``draw``.
    """
    check(seed, index, size)
    when, chance = moment(seed, index), chance_of(seed, 8, index)
    set_, frame = stage(seed, when.scene, size), acted(seed, when)
    if name == "tiny":
        frame = tiny(set_, frame, chance)
        set_ = replace(set_, front=Image.new("RGBX", set_.front.size))
    picture = shown(seed, index, set_, frame, size)
    if name == "covered":
        picture = covered(picture, stage(seed, when.scene, PLAN), frame, chance)
    elif name in DEVELOPED:
        picture = DEVELOPED[name](picture, chance)
    return picture, cast(frame)

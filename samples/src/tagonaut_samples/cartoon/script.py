"""The script of the film: which frame belongs to which scene, and who is in it.

The film is written in acts of ``ACT`` frames. Each act has the same number of frames with
neither character, with only the one, with only the other and with both; they are cut into shots,
and the shots into ``SCENES`` scenes of 8 to 20 frames, in another order in each act.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tagonaut_samples.cartoon.chance import Chance

LABELS = ("fox", "owl")

ACT = 56
SCENES = 4
SHORTEST, LONGEST = 8, 20  # scenes, in frames
CASTS: dict[tuple[str, ...], int] = {(): 14, ("fox",): 17, ("owl",): 14, ("fox", "owl"): 11}


@dataclass(frozen=True)
class Take:
    """Some frames of one scene that have the same characters in them."""

    cast: tuple[str, ...]
    frames: int


@dataclass(frozen=True)
class Moment:
    """The place of a frame in the film."""

    scene: int  # counted from the film's beginning
    take: int  # counted from the scene's beginning
    frame: int  # counted from the take's beginning


def chance_of(seed: int, *which: int) -> Chance:
    """The chance of one part of the film of that seed; ``which`` are the numbers of the part."""
    return Chance(np.random.default_rng((seed, *which)))


def moment(seed: int, index: int) -> Moment:
    """The moment of frame ``index``."""
    act, left = divmod(index, ACT)
    for number, takes in enumerate(_act(seed, act)):
        for k, take in enumerate(takes):
            if left < take.frames:
                return Moment(act * SCENES + number, k, left)
            left -= take.frames
    raise AssertionError("an act's takes fill it")


def takes(seed: int, scene: int) -> tuple[Take, ...]:
    """The takes of a scene."""
    act, number = divmod(scene, SCENES)
    return _act(seed, act)[number]


@lru_cache(maxsize=8)
def _act(seed: int, act: int) -> tuple[tuple[Take, ...], ...]:
    chance = chance_of(seed, 1, act)
    shots: list[Take] = []
    for cast, frames in CASTS.items():
        first = chance.count(4, frames - 4)
        shots += [Take(cast, first), Take(cast, frames - first)]
    while True:
        scenes: list[tuple[Take, ...]] = []
        order = chance.shuffled(shots)
        while order:
            count = min(chance.count(1, 3), len(order))
            scenes.append(tuple(order[:count]))
            del order[:count]
        lengths = [sum(take.frames for take in scene) for scene in scenes]
        if len(scenes) == SCENES and min(lengths) >= SHORTEST and max(lengths) <= LONGEST:
            return tuple(scenes)

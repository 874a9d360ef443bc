"""The pose of a character: its action and its expression."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["stand", "walk", "run", "jump", "sit"]


@dataclass(frozen=True)
class Face:
    """An expression."""

    gaze: complex  # where the pupils are in the eyes, within the unit circle
    lids: float  # 0 eyes wide open … 1 shut
    brows: float  # -1 sad … 1 angry
    mouth: float  # 0 shut … 1 wide open
    smile: float  # -1 … 1


@dataclass(frozen=True)
class Pose:
    """A character at one moment; in its own units its feet are at 0 and it is 100 high."""

    action: Action
    phase: float  # degrees of its step, leap or sway
    gesture: float  # 0…1: what it does with its arms or wings
    tilt: float  # degrees that its head leans
    behind: bool  # it looks over its shoulder
    face: Face

"""The stage of a scene: a painting behind the characters, and one before them.

Places are in units of a painting ``WIDE`` by ``HIGH``, of which the camera sees a part.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance
from tagonaut_samples.cartoon.pen import Pen

WIDE, HIGH = 600, 340
WIDEST = 430  # units that the camera sees at most
FINER = 2.0  # pixels of the painting to one of a frame that shows 400 units
Light = tuple[float, float, float]  # what is left of red, green and blue

INK: Colour = (38, 32, 44)


@dataclass(frozen=True)
class Ground:
    """The places where characters can stand, and their size there."""

    horizon: float
    far: float
    near: float
    scale: float  # height of the fox, for each unit that it stands below the horizon

    def height(self, y: float) -> float:
        """The height of the fox when its feet are at ``y``."""
        return self.scale * (y - self.horizon)


@dataclass(frozen=True)
class Canvas:
    """The pens and the chance with which a stage is painted."""

    back: Pen
    front: Pen
    chance: Chance

    def put(self, place: complex, high: float, mirrored: bool = False, front: bool = False) -> Pen:
        """A pen for a thing that stands at the place and is ``high`` units high."""
        return (self.front if front else self.back).at(place, high / 100, mirrored=mirrored)


@dataclass(frozen=True)
class Stage:
    """A painted stage; ``front`` has in its fourth band where it hides what is behind."""

    back: Image.Image
    front: Image.Image
    ground: Ground
    light: Light


Setting = Callable[[Canvas], tuple[Ground, Light]]


def painted(setting: Setting, chance: Chance, size: int) -> Stage:
    """The stage for frames ``size`` pixels wide."""
    scale = size * FINER / 400
    pixels = round(WIDE * scale), round(HIGH * scale)
    back = Image.new("RGBX", pixels, (*INK, 255))
    front = Image.new("RGBX", pixels, (*INK, 0))
    behind, before = (Pen(sheet, complex(scale), 0j, 1.15 * scale, INK) for sheet in (back, front))
    ground, light = setting(Canvas(behind, before, chance))
    return Stage(back.convert("RGB"), front, ground, light)

"""A film with two characters, the fox and the owl: frames, and who is in them."""

from tagonaut.drawing.cartoon.collection import draw_cartoon
from tagonaut.drawing.cartoon.frames import draw
from tagonaut.drawing.cartoon.script import LABELS

__all__ = ["LABELS", "draw", "draw_cartoon"]

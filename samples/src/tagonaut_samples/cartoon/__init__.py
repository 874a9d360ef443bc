"""A film with two characters, the fox and the owl: frames, and who is in them."""

from tagonaut_samples.cartoon.collection import draw_cartoon
from tagonaut_samples.cartoon.frames import draw
from tagonaut_samples.cartoon.script import LABELS

__all__ = ["LABELS", "draw", "draw_cartoon"]

"""Drawn chips with the labels of Planet's "Understanding the Amazon from Space"."""

from tagonaut.drawing.amazon.chips import draw
from tagonaut.drawing.amazon.collection import draw_amazon
from tagonaut.drawing.amazon.tags import LABELS

__all__ = ["LABELS", "draw", "draw_amazon"]

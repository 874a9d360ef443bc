"""Drawn chips with the labels of Planet's "Understanding the Amazon from Space"."""

from tagonaut_samples.amazon.chips import draw
from tagonaut_samples.amazon.collection import draw_amazon
from tagonaut_samples.amazon.tags import LABELS

__all__ = ["LABELS", "draw", "draw_amazon"]

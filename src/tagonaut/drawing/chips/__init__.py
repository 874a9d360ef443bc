"""Drawn satellite chips with nine frequent labels: the collection that the demo learns from."""

from tagonaut.drawing.chips.settings import Chips

__all__ = ["Chips"]

"""The settings of a collection of chips. Imports nothing heavy, for the command line."""

from dataclasses import dataclass
from pathlib import Path

from tagonaut.drawing.settings import Drawing, own_option


@dataclass(frozen=True)
class Chips(Drawing):
    """The chips to draw, and their folder."""

    summary = "satellite chips with 9 frequent labels"

    size: int = 128
    unlabelled: bool = own_option(False, "without any labels")

    def draw(self) -> Path:
        """Draw the chips; returns their table, or the folder where they have no labels."""
        from tagonaut.drawing.chips.collection import draw_chips

        return draw_chips(
            self.folder,
            self.pictures,
            seed=self.seed,
            size=self.size,
            labelled=not self.unlabelled,
            start=self.start,
        )

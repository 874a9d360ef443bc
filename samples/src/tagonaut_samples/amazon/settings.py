"""The settings of the Amazon collection. Imports nothing heavy, for the command line."""

from dataclasses import dataclass
from pathlib import Path

from tagonaut.drawing.settings import Drawing, own_option


@dataclass(frozen=True)
class Amazon(Drawing):
    """The chips of the Amazon to draw, and their folder."""

    summary = "satellite chips, 17 labels in a table"

    size: int = 256
    tif: bool = own_option(False, "in four bands of 16 bits too")

    def draw(self) -> Path:
        """Draw the chips; returns their table."""
        from tagonaut_samples.amazon.collection import draw_amazon

        return draw_amazon(
            self.folder,
            self.pictures,
            seed=self.seed,
            size=self.size,
            start=self.start,
            tif=self.tif,
        )

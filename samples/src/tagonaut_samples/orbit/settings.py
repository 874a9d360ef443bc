"""The settings of the orbit collection. Imports nothing heavy, for the command line."""

from dataclasses import dataclass
from pathlib import Path

from tagonaut.drawing.settings import Drawing, own_option


@dataclass(frozen=True)
class Orbit(Drawing):
    """The photos from orbit to draw, and their folder."""

    summary = "astronauts' photos, keywords in their metadata"

    size: int = 3000
    unlabelled: bool = own_option(False, "without any labels")

    def draw(self) -> Path:
        """Draw the photos; returns their folder."""
        from tagonaut_samples.orbit.collection import draw_orbit

        return draw_orbit(
            self.folder,
            self.pictures,
            seed=self.seed,
            size=self.size,
            start=self.start,
            labelled=not self.unlabelled,
        )

"""The settings of the cartoon collection. Imports nothing heavy, for the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tagonaut.drawing.settings import Drawing, own_option


@dataclass(frozen=True)
class Cartoon(Drawing):
    """The frames of the film to draw, and their folder."""

    summary = "a film's frames with two characters, one column for each"

    size: int = 256
    challenge: int = own_option(0, "this many distorted frames beside the others", at_least=0)

    def draw(self) -> Path:
        """Draw the frames; returns their table."""
        from tagonaut_samples.cartoon.collection import draw_cartoon

        return draw_cartoon(
            self.folder,
            self.pictures,
            seed=self.seed,
            size=self.size,
            start=self.start,
            challenge=self.challenge,
        )

    def next_steps(self) -> Sequence[str]:
        """The command that judges a run by the distorted frames."""
        if not self.challenge:
            return ()
        hard = self.folder / "challenge.csv"
        return (
            f"{self.challenge:,} distorted ones beside. Judge a run by them:",
            f"  tagonaut evaluate RUN {hard} --only {hard}",
        )

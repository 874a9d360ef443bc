"""Random numbers for each picture of a batch."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class RandomRanges:
    """Random numbers for n pictures, whose ranges are ``strength[n]`` times as wide.

    Drawn on the processor, so that a seed gives the same numbers on every device; by default from
    torch's global generator.
    """

    strength: torch.Tensor
    generator: torch.Generator | None = None

    def uniform(self, *shape: int) -> torch.Tensor:
        """``[n, *shape]``: uniform between -1 and 1."""
        drawn = torch.rand(len(self.strength), *shape, generator=self.generator)
        return (drawn * 2 - 1).to(self.strength.device)

    def coin_flips(self) -> torch.Tensor:
        """``[n]``: true with a probability of one half."""
        return self.uniform() < 0

    def width(self, width: float, most: float) -> torch.Tensor:
        """``[n]``: each picture's range: ``width`` times its strength, at most ``most``."""
        return (self.strength * width).clamp(max=most)

"""Each picture's own dice."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class RandomRanges:
    """For ``n`` pictures, whose ranges are ``strength[n]`` times as wide.

    Thrown on the processor, whatever the device, so that a seed gives the same everywhere; by
    torch's global generator where ``generator`` is none.
    """

    strength: torch.Tensor
    generator: torch.Generator | None = None

    def uniform(self, *shape: int) -> torch.Tensor:
        """``[n, *shape]`` even between -1 and 1."""
        thrown = torch.rand(len(self.strength), *shape, generator=self.generator)
        return (thrown * 2 - 1).to(self.strength.device)

    def coin_flips(self) -> torch.Tensor:
        """``[n]``: true for every other one, by chance."""
        return self.uniform() < 0

    def width(self, width: float, most: float) -> torch.Tensor:
        """``[n]``: how far each may go, where one of strength 1 may go as far as ``width``."""
        return (self.strength * width).clamp(max=most)

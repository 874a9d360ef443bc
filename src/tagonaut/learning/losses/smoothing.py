"""Label smoothing: targets that are not quite certain."""

import torch
from pydantic import Field

from tagonaut.settings import Settings


class Smoothed(Settings):
    """What every loss can do to its targets."""

    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="how far targets move from 0 and 1 towards the middle, against overconfidence",
    )


def smoothed(targets: torch.Tensor, amount: float) -> torch.Tensor:
    """``targets[...]`` moved towards 0.5 by this share of the way (Szegedy et al., CVPR 2016)."""
    return targets * (1 - amount) + amount / 2

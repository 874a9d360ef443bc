"""The shape of every loss: a settings class that creates it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from tagonaut.models.activation import Activation
from tagonaut.settings import Settings

Criterion = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""``outputs[n, m]``, ``targets[n, k]``, ``known[n, k]`` (0 or 1) -> a scalar."""


class LossSettings(Settings, ABC):
    """The settings of a loss; each kind is a subclass, in a file of its own."""

    takes_mixed_targets: ClassVar[bool] = True
    """Whether it can be combined with mixup and cutmix, whose targets lie between 0 and 1."""
    uses_groups: ClassVar[bool] = False
    """Whether it treats exclusive groups of labels otherwise than independent labels."""

    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of the way by which targets move from 0 and 1 towards 0.5, against"
        " overconfidence",
    )

    def activation(
        self, labels: int, groups: tuple[tuple[int, ...], ...], targets: NDArray[np.generic]
    ) -> Activation:
        """See ``activation_of``."""
        return Activation(kind="sigmoid", labels=labels)

    @abstractmethod
    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""

    def smoothed(self, targets: torch.Tensor) -> torch.Tensor:
        """``targets[...]`` with label smoothing."""
        return smoothed(targets, self.label_smoothing)


def smoothed(targets: torch.Tensor, amount: float) -> torch.Tensor:
    """``targets[...]`` moved towards 0.5 by this share of the way (Szegedy et al., CVPR 2016)."""
    return targets * (1 - amount) + amount / 2

"""The focal loss, which gives little weight to cells that are already right."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.label_weights import WeightedLossSettings
from tagonaut.learning.losses.settings import Criterion
from tagonaut.models.activation import Activation


class Focal(WeightedLossSettings):
    """Binary cross-entropy in which cells that are already right count little."""

    kind: Literal["focal"] = Field(
        default="focal",
        description="focal loss (Lin et al. 2017): cells that are already right count little",
    )
    gamma: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="focusing parameter: larger values down-weight easy cells more; 0 disables",
    )
    alpha: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="weight of cells with the label; cells without it weigh 1 - alpha",
    )

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""
        weights = self.weights(targets, known)

        def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
            cells = None if weights is None else weights.to(outputs.device)
            soft = self.smoothed(targets)
            return focal(outputs, soft, known, gamma=self.gamma, alpha=self.alpha, weights=cells)

        return loss


def focal(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    gamma: float = 2.0,
    alpha: float = 0.25,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean over known cells of -α (1 - p)^γ log p, p the probability given to the truth.

    Lin, Goyal, Girshick, He & Dollár, "Focal Loss for Dense Object Detection", ICCV 2017. They
    divide by the number of positives, which a batch may lack. A target between 0 and 1 counts as
    both, in proportion. ``weights[2, k]`` as for ``binary_cross_entropy``. 0 where nothing is
    known.
    """
    logits, targets = logits.float(), targets.float()
    yes, no = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    # (1 - p)^γ by its logarithm: a power has no finite slope at 0 where γ < 1.
    with_label = -alpha * (gamma * no).exp() * yes
    without = -(1 - alpha) * (gamma * yes).exp() * no
    if weights is not None:
        without, with_label = without * weights[0], with_label * weights[1]
    cells = targets * with_label + (1 - targets) * without
    return (cells * known).sum() / known.sum().clamp(min=1)

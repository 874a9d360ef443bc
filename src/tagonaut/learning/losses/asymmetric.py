"""The asymmetric loss: easy negatives count less than easy positives, or not at all."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.settings import Criterion, LossSettings
from tagonaut.models.activation import Activation

# Below it, the slope of a power less than 1 is of no use; the cell's cost is 0 there anyway.
LEAST = 1e-8


class Asymmetric(LossSettings):
    """Like the focal loss, with a stronger focus for negatives; the easiest do not count."""

    kind: Literal["asymmetric"] = Field(
        default="asymmetric",
        description="asymmetric loss (Ridnik et al. 2021): easy negatives count less than easy"
        " positives, and the easiest not at all",
    )
    gamma_negative: float = Field(
        default=4.0, ge=0, le=10, description="focusing parameter for cells without the label"
    )
    gamma_positive: float = Field(
        default=1.0, ge=0, le=10, description="focusing parameter for cells with the label"
    )
    clip: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="cells without the label that score below this probability do not count",
    )

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""

        def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
            return asymmetric(
                outputs,
                self.smoothed(targets),
                known,
                gamma_negative=self.gamma_negative,
                gamma_positive=self.gamma_positive,
                clip=self.clip,
            )

        return loss


def asymmetric(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    gamma_negative: float = 4.0,
    gamma_positive: float = 1.0,
    clip: float = 0.05,
) -> torch.Tensor:
    """The mean over known cells of the asymmetric loss; 0 where nothing is known.

    Ridnik et al., "Asymmetric Loss For Multi-Label Classification", ICCV 2021: -(1 - p)^γ₊ log p
    with the label, -q^γ₋ log(1 - q) without, q = max(p - clip, 0). They sum over the labels; a mean
    is k times smaller. A target between 0 and 1 counts as both, in proportion.
    """
    logits, targets = logits.float(), targets.float()
    yes, no = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    with_label = -(gamma_positive * no).exp() * yes
    shifted = torch.logaddexp(no, logits.new_tensor(clip).log()).clamp(max=0)
    focus = (logits.sigmoid() - clip).clamp(min=LEAST).pow(gamma_negative)
    cells = targets * with_label - (1 - targets) * focus * shifted
    return (cells * known).sum() / known.sum().clamp(min=1)

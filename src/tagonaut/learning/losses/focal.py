"""The focal loss: what is easy already counts little."""

from typing import Literal

import torch
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.bce import LabelWeights
from tagonaut.learning.losses.smoothing import Smoothed


class Focal(Smoothed):
    """Binary cross-entropy in which cells that are right already count little."""

    kind: Literal["focal"] = Field(default="focal", description="Lin et al. 2017")
    gamma: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="how fast a cell that becomes right stops to count; 0: not",
    )
    alpha: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="weight of the cells with the label; 1 - alpha without",
    )
    label_weights: LabelWeights = Field(
        default="none",
        description="as in bce: balanced weighs a label's pictures with and without it alike",
    )


def focal(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    gamma: float = 2.0,
    alpha: float = 0.25,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean over known cells of -α (1 - p)^γ log p, p the probability given to what is true.

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

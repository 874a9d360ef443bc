"""Binary cross-entropy."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.label_weights import WeightedLossSettings
from tagonaut.learning.losses.settings import Criterion
from tagonaut.models.activation import Activation


class BinaryCrossEntropy(WeightedLossSettings):
    """Binary cross-entropy: each label is learned independently. The default loss."""

    kind: Literal["bce"] = Field(default="bce", description="binary cross-entropy")

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""
        weights = self.weights(targets, known)

        def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
            cells = None if weights is None else weights.to(outputs.device)
            return binary_cross_entropy(outputs, self.smoothed(targets), known, weights=cells)

        return loss


def binary_cross_entropy(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean over known cells of the binary cross-entropy; 0 where nothing is known.

    ``weights[2, k]``: for each label, the weight of a cell without it and of one with it.
    """
    without, ratio = (None, None) if weights is None else (weights[0], weights[1] / weights[0])
    cells = functional.binary_cross_entropy_with_logits(
        logits.float(), targets.float(), without, pos_weight=ratio, reduction="none"
    )
    return (cells * known).sum() / known.sum().clamp(min=1)

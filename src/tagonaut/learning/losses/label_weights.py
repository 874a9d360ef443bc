"""Weights that compensate for rare labels: positives and negatives of a label weigh the same."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from tagonaut.learning.losses.settings import LossSettings


class WeightedLossSettings(LossSettings):
    """Settings of a loss whose cells can be weighted."""

    label_weights: Literal["none", "balanced"] = Field(
        default="none",
        description="balanced: for each label, all pictures with it together weigh as much as all"
        " pictures without it; none: every picture weighs the same",
    )

    def weights(
        self, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> torch.Tensor | None:
        """``weights[2, k]`` from the training rows, or None if every cell weighs the same."""
        return balanced_weights(targets, known) if self.label_weights == "balanced" else None


def balanced_weights(targets: NDArray[np.generic], known: NDArray[np.generic]) -> torch.Tensor:
    """``weights[2, k]`` of a cell without the label and with it; see ``WeightedLossSettings``.

    As scikit-learn's ``class_weight="balanced"``: n / (2 · count) each, so that the mean weight of
    the known cells is 1; 1 for a label that all known cells have, or none.
    """
    counted = known.astype(np.float64)
    positive = (targets.astype(np.float64) * counted).sum(axis=0)
    counts = np.stack([counted.sum(axis=0) - positive, positive])
    balanced = counts.sum(axis=0) / (2 * counts.clip(min=1))
    return torch.from_numpy(np.where((counts > 0).all(axis=0), balanced, 1.0)).float()

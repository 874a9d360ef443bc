"""Binary cross-entropy."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.smoothing import Smoothed

LabelWeights = Literal["none", "balanced"]


class BinaryCrossEntropy(Smoothed):
    """Each label by itself; the loss to begin with."""

    kind: Literal["bce"] = Field(default="bce", description="binary cross-entropy")
    label_weights: LabelWeights = Field(
        default="none",
        description="balanced: of each label, pictures with it and without weigh the same in all;"
        " none: each picture the same",
    )


def binary_cross_entropy(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean over known cells of the binary cross-entropy; 0 where nothing is known.

    ``weights[2, k]``: of each label, what a cell weighs without it and with it.
    """
    without, ratio = (None, None) if weights is None else (weights[0], weights[1] / weights[0])
    cells = functional.binary_cross_entropy_with_logits(
        logits.float(), targets.float(), without, pos_weight=ratio, reduction="none"
    )
    return (cells * known).sum() / known.sum().clamp(min=1)


def balanced_weights(targets: NDArray[np.generic], known: NDArray[np.generic]) -> torch.Tensor:
    """``weights[2, k]`` by which the pictures without a label and with it weigh the same in all.

    As scikit-learn's ``class_weight="balanced"``: n / (2 · count) each, so that the mean weight of
    the known cells is 1; 1 for a label that all known cells have, or none.
    """
    counted = known.astype(np.float64)
    positive = (targets.astype(np.float64) * counted).sum(axis=0)
    counts = np.stack([counted.sum(axis=0) - positive, positive])
    balanced = counts.sum(axis=0) / (2 * counts.clip(min=1))
    return torch.from_numpy(np.where((counts > 0).all(axis=0), balanced, 1.0)).float()

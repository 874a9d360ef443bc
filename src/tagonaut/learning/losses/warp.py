"""Weighted approximate pairwise ranking (WARP), here with the ranks themselves."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.ranking import RankingLossSettings
from tagonaut.learning.losses.settings import Criterion
from tagonaut.models.activation import Activation

EULER = 0.5772156649015329


class Warp(RankingLossSettings):
    """Ranks a picture's labels before all others; the top of the ranking counts most."""

    kind: Literal["warp"] = Field(
        default="warp",
        description="weighted approximate pairwise ranking (Gong et al. 2013)",
    )

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""

        def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
            return warp(outputs, self.smoothed(targets), known)

        return loss


def warp(logits: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """The mean over pictures of the sum over their labels j of L(r_j) times a mean hinge.

    Gong, Jia, Leung, Toshev & Ioffe, "Deep Convolutional Ranking for Multilabel Image Annotation",
    2013, after Weston, Bengio & Usunier, IJCAI 2011. The rank r_j of label j is the number of
    labels that the picture lacks and whose logits exceed that of j minus a margin of 1. L(r) = 1 +
    1/2 + … + 1/r; the hinge 1 - f_j + f_i is averaged over those r_j labels i. The papers draw
    labels at random until one of them turns up and estimate r_j by how long that took; with no more
    than some thousand labels the ranks are counted, and what is here is what their draws amount to
    on average.

    Pictures without a pair of known labels, one that they have and one that they lack, do not
    count; 0 where there is no other. A target t between 0 and 1 counts as both, t and 1 - t times.
    Takes memory for n · k² numbers.
    """
    logits, targets = logits.float(), targets.float()
    has, lacks = targets * known, (1 - targets) * known
    hinge = functional.relu(1 - logits[:, :, None] + logits[:, None, :])
    itself = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
    weight = lacks[:, None, :].masked_fill(itself, 0) * (hinge > 0)
    rank = weight.sum(dim=2)
    mean = (weight * hinge).sum(dim=2) / torch.where(rank > 0, rank, 1)
    harmonic = torch.digamma(rank + 1) + EULER
    pictures = (has * harmonic * mean).sum(dim=1)
    counted = (has.sum(dim=1) > 0) & (lacks.sum(dim=1) > 0)
    return (pictures * counted).sum() / counted.sum().clamp(min=1)

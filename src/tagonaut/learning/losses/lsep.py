"""Log-sum-exp pairwise ranking, and outputs that learn where to cut the ranking."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.bce import binary_cross_entropy
from tagonaut.learning.losses.ranking import RankingLossSettings
from tagonaut.learning.losses.settings import Criterion
from tagonaut.models.activation import Activation

# Stands for the logarithm of 0: -inf has no gradient. The sum of two is still a float32.
LOG_ZERO = -1e30


class Lsep(RankingLossSettings):
    """Ranks a picture's labels before all others, smoothly; and can learn where to cut."""

    kind: Literal["lsep"] = Field(
        default="lsep", description="log-sum-exp pairwise ranking (Li et al. 2017)"
    )
    decision: Literal["none", "threshold", "count"] = Field(
        default="none",
        description="a further output that learns where to cut the ranking: threshold, one for each"
        " label and picture; count, the number of a picture's labels; none: scores are the sigmoids"
        " of the logits",
    )

    def activation(
        self, labels: int, groups: tuple[tuple[int, ...], ...], targets: NDArray[np.generic]
    ) -> Activation:
        """See ``activation_of``; raises ``TagonautError`` if there is only one label."""
        plain = super().activation(labels, groups, targets)
        match self.decision:
            case "threshold":
                return Activation(kind="threshold", labels=labels)
            case "count":
                most = int(targets.astype(np.int64).sum(axis=1).max(initial=0))
                return Activation(kind="count", labels=labels, most=most)
        return plain

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""

        def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
            # The ranking and its cut learn together; the cut moves no logit of the ranking.
            logits, rest = activation.split(outputs)
            soft = self.smoothed(targets)
            ranking = log_sum_exp_pairwise(logits, soft, known)
            match self.decision:
                case "threshold":
                    return ranking + threshold_cross_entropy(logits, rest, soft, known)
                case "count":
                    return ranking + count_cross_entropy(rest, targets, known)
            return ranking

        return loss


def log_sum_exp_pairwise(
    logits: torch.Tensor, targets: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """The mean over pictures of log(1 + Σ exp(f_v - f_u)), u of their labels and v of the others.

    Li, Song & Luo, "Improving Pairwise Ranking for Multi-label Image Classification", CVPR 2017.
    All pairs of known labels count: the sum over pairs is the product of two sums, so that they
    need not be sampled as there. Pictures without a pair do not count; 0 where there is no other.
    A target t between 0 and 1 counts as both, t and 1 - t times.
    """
    logits, targets = logits.float(), targets.float()
    has, lacks = targets * known, (1 - targets) * known
    low = (_log(has) - logits).logsumexp(dim=1)
    high = (_log(lacks) + logits).logsumexp(dim=1)
    counted = (has.sum(dim=1) > 0) & (lacks.sum(dim=1) > 0)
    pictures = functional.softplus(torch.where(counted, low + high, 0))
    return (pictures * counted).sum() / counted.sum().clamp(min=1)


def threshold_cross_entropy(
    logits: torch.Tensor, thresholds: torch.Tensor, targets: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """Binary cross-entropy of f - θ, ``[n, k]`` each, from which only the thresholds θ learn.

    Li, Song & Luo learn them in a second stage with fixed logits f; so no gradient reaches f here.
    """
    return binary_cross_entropy(logits.detach().float() - thresholds.float(), targets, known)


def count_cross_entropy(
    counts: torch.Tensor, targets: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of ``counts[n, most + 1]``, the logits of a picture's number of labels.

    The second method of Li, Song & Luo. More than ``most`` count as ``most``; a number between two
    (of mixed pictures) as both, in proportion. Pictures with an unknown label do not count; 0 where
    there is no other.
    """
    counted = known.bool().all(dim=1)
    number = targets.float().sum(dim=1).clamp(max=counts.shape[1] - 1)
    steps = torch.arange(counts.shape[1], device=counts.device)
    wanted = (1 - (number[:, None] - steps).abs()).clamp(min=0)
    pictures = -(wanted * counts.float().log_softmax(dim=1)).sum(dim=1)
    return (pictures * counted).sum() / counted.sum().clamp(min=1)


def _log(weights: torch.Tensor) -> torch.Tensor:
    return torch.where(weights > 0, weights.log(), LOG_ZERO)

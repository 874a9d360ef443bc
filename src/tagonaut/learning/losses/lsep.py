"""Log-sum-exp pairwise ranking, and learning where the ranking is cut."""

from typing import Literal

import torch
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.bce import binary_cross_entropy
from tagonaut.learning.losses.smoothing import Smoothed

# Stands for the logarithm of 0: -inf has no gradient. The sum of two is still a float32.
LOG_ZERO = -1e30


class Lsep(Smoothed):
    """A picture's labels before all others, smoothly; and, if wanted, how many they are."""

    kind: Literal["lsep"] = Field(
        default="lsep", description="log-sum-exp pairwise ranking, Li et al. 2017"
    )
    decision: Literal["none", "threshold", "count"] = Field(
        default="none",
        description="what else the network learns, to cut the ranking: a threshold for each label"
        " and picture, or the number of a picture's labels; none: scores are logits' sigmoids",
    )


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
    """Binary cross-entropy of f - θ, ``[n, k]`` each, by which the thresholds θ alone learn.

    Li, Song & Luo learn them in a second stage, the logits f held fast; so they are here.
    """
    return binary_cross_entropy(logits.detach().float() - thresholds.float(), targets, known)


def count_cross_entropy(
    counts: torch.Tensor, targets: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of ``counts[n, most + 1]``, the logits of a picture's number of labels.

    The other way of Li, Song & Luo. More than ``most`` count as ``most``; a number between two (of
    mixed pictures) as both, in proportion. Pictures with an unknown label do not count; 0 where
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

"""Losses: pure functions of ``logits[n, k]``, ``targets[n, k]`` and ``known[n, k]``.

Each computes in float32, and a cell that is not known (``known`` 0) has no part in it.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from tagonaut.errors import TagonautError
from tagonaut.learning.losses.asymmetric import Asymmetric, asymmetric
from tagonaut.learning.losses.bce import BinaryCrossEntropy, balanced_weights, binary_cross_entropy
from tagonaut.learning.losses.focal import Focal, focal
from tagonaut.learning.losses.grouped import Grouped, grouped_cross_entropy
from tagonaut.learning.losses.lsep import (
    Lsep,
    count_cross_entropy,
    log_sum_exp_pairwise,
    threshold_cross_entropy,
)
from tagonaut.learning.losses.smoothing import smoothed
from tagonaut.learning.losses.warp import Warp, warp
from tagonaut.models.activation import Activation

__all__ = [
    "Asymmetric",
    "BinaryCrossEntropy",
    "Criterion",
    "Focal",
    "Grouped",
    "Loss",
    "Lsep",
    "Warp",
    "activation_of",
    "binary_cross_entropy",
    "create_loss",
]

Loss = Annotated[
    BinaryCrossEntropy | Focal | Asymmetric | Warp | Lsep | Grouped,
    Field(discriminator="kind"),
]
Criterion = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""``outputs[n, m]``, ``targets[n, k]``, ``known[n, k]`` (0 or 1) -> a scalar."""


def activation_of(
    settings: Loss,
    labels: int,
    groups: tuple[tuple[int, ...], ...],
    targets: NDArray[np.generic],
) -> Activation:
    """What the outputs of a network that learns by this loss mean.

    ``groups``: columns of labels of which exactly one holds; only ``grouped`` asks for them, and
    without any it is binary cross-entropy. ``targets[n, k]`` of the training rows: the largest
    number of labels of a picture is the largest that can be learned. Raises ``TagonautError`` for a
    loss that ranks labels where there is but one.
    """
    if isinstance(settings, Warp | Lsep) and labels == 1:
        raise TagonautError(
            f"loss {settings.kind} ranks a picture's labels, and there is one label alone:"
            " loss.kind=bce learns it"
        )
    if isinstance(settings, Grouped) and groups:
        return Activation(kind="groups", labels=labels, groups=groups)
    if isinstance(settings, Lsep) and settings.decision == "threshold":
        return Activation(kind="threshold", labels=labels)
    if isinstance(settings, Lsep) and settings.decision == "count":
        most = int(targets.astype(np.int64).sum(axis=1).max(initial=0))
        return Activation(kind="count", labels=labels, most=most)
    return Activation(kind="sigmoid", labels=labels)


def create_loss(
    settings: Loss,
    activation: Activation,
    targets: NDArray[np.generic],
    known: NDArray[np.generic],
) -> Criterion:
    """The loss of a network whose outputs mean ``activation``, which is that of ``activation_of``.

    ``targets[n, k]`` and ``known[n, k]`` of the training rows, for the labels' weights. The loss
    that comes back takes the outputs, targets and known cells of a batch; its targets may be
    between 0 and 1, of mixed pictures.
    """
    amount = settings.label_smoothing
    if isinstance(settings, Grouped):
        return partial(grouped_cross_entropy, groups=activation.groups, label_smoothing=amount)
    if isinstance(settings, Lsep):
        return _ranked_and_decided(settings, activation)
    plain = _plain(settings, targets, known)

    def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        return plain(outputs, smoothed(targets, amount), known)

    return loss


def _plain(
    settings: BinaryCrossEntropy | Focal | Asymmetric | Warp,
    targets: NDArray[np.generic],
    known: NDArray[np.generic],
) -> Criterion:
    match settings:
        case Asymmetric():
            return partial(asymmetric, **settings.model_dump(exclude={"kind", "label_smoothing"}))
        case Warp():
            return warp
    weights = balanced_weights(targets, known) if settings.label_weights == "balanced" else None

    def weighted(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        there = None if weights is None else weights.to(outputs.device)
        if isinstance(settings, Focal):
            gamma, alpha = settings.gamma, settings.alpha
            return focal(outputs, targets, known, gamma=gamma, alpha=alpha, weights=there)
        return binary_cross_entropy(outputs, targets, known, weights=there)

    return weighted


def _ranked_and_decided(settings: Lsep, activation: Activation) -> Criterion:
    """The ranking and its cut learn at the same time; the cut moves no logit of the ranking."""

    def loss(outputs: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        logits, rest = activation.split(outputs)
        soft = smoothed(targets, settings.label_smoothing)
        ranking = log_sum_exp_pairwise(logits, soft, known)
        match settings.decision:
            case "threshold":
                return ranking + threshold_cross_entropy(logits, rest, soft, known)
            case "count":
                return ranking + count_cross_entropy(rest, targets, known)
        return ranking

    return loss

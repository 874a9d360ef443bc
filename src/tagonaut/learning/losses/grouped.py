"""Softmax within exclusive groups, binary cross-entropy elsewhere."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.settings import Criterion, LossSettings, smoothed
from tagonaut.models.activation import Activation

# Mixing two rows of targets in float32 may move their sum from 1 by this much.
ROUNDING = 1e-4


class Grouped(LossSettings):
    """Softmax cross-entropy for exclusive groups, binary cross-entropy for other labels."""

    takes_mixed_targets: ClassVar[bool] = False
    uses_groups: ClassVar[bool] = True

    kind: Literal["grouped"] = Field(
        default="grouped",
        description="softmax cross-entropy within exclusive groups, binary cross-entropy elsewhere",
    )

    def activation(
        self, labels: int, groups: tuple[tuple[int, ...], ...], targets: NDArray[np.generic]
    ) -> Activation:
        """See ``activation_of``."""
        if not groups:
            return super().activation(labels, groups, targets)
        return Activation(kind="groups", labels=labels, groups=groups)

    def create(
        self, activation: Activation, targets: NDArray[np.generic], known: NDArray[np.generic]
    ) -> Criterion:
        """See ``create_loss``."""
        return partial(
            grouped_cross_entropy, groups=activation.groups, label_smoothing=self.label_smoothing
        )


def grouped_cross_entropy(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    *,
    groups: Sequence[Sequence[int]],
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """The mean of all terms; 0 where there are none.

    The terms of a picture are the softmax cross-entropy of each of ``groups`` (columns), and the
    binary cross-entropy of each known cell outside of them. A group with an unknown label, or with
    no or several labels that hold (a fault in the data), is left out. Softmax as the probability of
    labels that exclude each other: Bridle, NATO ASI F68, 1990. Without groups it is binary
    cross-entropy. Smoothing moves a group's targets towards 1/g each, all others towards 1/2.
    """
    logits, targets = logits.float(), targets.float()
    inside = {column for group in groups for column in group}
    rest = [column for column in range(logits.shape[1]) if column not in inside]
    alone = known[:, rest].float()
    cells = functional.binary_cross_entropy_with_logits(
        logits[:, rest], smoothed(targets[:, rest], label_smoothing), reduction="none"
    )
    total, terms = (cells * alone).sum(), alone.sum()
    for group in map(list, groups):
        wanted = targets[:, group]
        sound = ((wanted.sum(dim=1) - 1).abs() < ROUNDING) & known[:, group].bool().all(dim=1)
        wanted = wanted * (1 - label_smoothing) + label_smoothing / len(group)
        softmax = -(wanted * logits[:, group].log_softmax(dim=1)).sum(dim=1)
        total, terms = total + (softmax * sound).sum(), terms + sound.sum()
    return total / terms.clamp(min=1)

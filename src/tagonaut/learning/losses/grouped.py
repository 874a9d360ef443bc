"""Softmax within exclusive groups, binary cross-entropy elsewhere."""

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch.nn import functional

from tagonaut.learning.losses.smoothing import Smoothed, smoothed

# What mixing two rows of targets in float32 may leave of a sum of 1.
ROUNDING = 1e-4


class Grouped(Smoothed):
    """Of an exclusive group one label holds, learned by softmax; the others as in bce."""

    kind: Literal["grouped"] = Field(
        default="grouped", description="softmax within exclusive groups, bce elsewhere"
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

    Of each picture a term is the softmax cross-entropy of each of ``groups`` (columns), and the
    binary one of each known cell outside of them. A group of which a label is unknown, or of which
    not exactly one holds (a fault in the data), is none. Softmax as the probability of labels that
    exclude each other: Bridle, NATO ASI F68, 1990. Without groups it is binary cross-entropy.
    Smoothing moves a group's targets towards 1/g each, all others towards 1/2.
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

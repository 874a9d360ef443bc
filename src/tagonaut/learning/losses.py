"""Losses: pure functions of ``logits[n, k]``, ``targets[n, k]`` and ``known[n, k]``."""

import torch
from torch.nn import functional


def binary_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """The mean over known cells of the binary cross-entropy; 0 where nothing is known."""
    cells = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (cells * known).sum() / known.sum().clamp(min=1)

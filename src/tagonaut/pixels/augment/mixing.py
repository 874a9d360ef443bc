"""Mixup and cutmix for pictures with several labels."""

from typing import TYPE_CHECKING

import numpy as np

from tagonaut.pixels.augment.settings import AugmentSettings

if TYPE_CHECKING:
    import torch


def mix(
    pictures: "torch.Tensor",
    targets: "torch.Tensor",
    known: "torch.Tensor",
    settings: AugmentSettings,
    generator: "torch.Generator | None" = None,
) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """Mix float ``pictures[n, c, s, s]``, ``targets[n, k]`` and ``known[n, k]`` within the batch.

    Each picture has its own partner, mixed in by a random share. Mixup (Zhang et al. 2018) blends
    the partner over the whole picture, cutmix (Yun et al. 2019) pastes a rectangle of it, with
    about the picture's proportions. Targets become shares: a label of only one of the two gets the
    share of its picture (in cutmix of the visible area), a label of both stays 1. A label is known
    if it is known for both. ``generator``: by default torch's global one.
    """
    if not (settings.mixup or settings.cutmix):
        return pictures, targets, known
    import torch

    count = len(pictures)
    partner = torch.randperm(count, generator=generator).to(pictures.device)
    seed = int(torch.randint(2**62, (1,), generator=generator))
    weight = torch.from_numpy(_weights(count, pictures.shape[-1], settings, seed))
    weight = weight.to(pictures.device)
    return (
        torch.lerp(pictures, pictures[partner], weight[:, None]),
        torch.lerp(targets, targets[partner], weight.mean(dim=(1, 2))[:, None]),
        known * known[partner],
    )


def _weights(
    count: int, side: int, settings: AugmentSettings, seed: int
) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """``[n, s, s]``: the partner's share of each pixel."""
    rng = np.random.default_rng(seed)
    pasted = rng.random(count) < _share_pasted(settings)
    alpha = np.where(pasted, settings.cutmix, settings.mixup)
    share = rng.beta(alpha, alpha)[:, None]
    # The rectangle may reach over the edge, where it is not visible.
    pixels = (np.arange(side) + 0.5) / side
    middle = rng.random((2, count, 1))
    rows, columns = np.abs(pixels - middle) < np.sqrt(share) / 2
    piece = rows[:, :, None] & columns[:, None, :]
    return np.where(pasted[:, None, None], piece, share[:, :, None]).astype(np.float32)


def _share_pasted(settings: AugmentSettings) -> float:
    if settings.mixup and settings.cutmix:
        return 0.5
    return 1.0 if settings.cutmix else 0.0

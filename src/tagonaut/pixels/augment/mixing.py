"""Two training pictures in one: mixup and cutmix, for pictures with several labels."""

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
    """Float ``pictures[n, c, s, s]``, ``targets[n, k]`` and ``known[n, k]``, mixed in the batch.

    Each picture has its own partner and its own share of it. Mixup (Zhang et al. 2018) lays the
    partner over the whole picture, cutmix (Yun et al. 2019) pastes a piece of it of about the
    picture's shape. Targets become shares: a label of one of the two gets the share of its picture,
    in cutmix of the area that is seen of it; a label of both stays 1. A label is known where it is
    known of both. RandomRanges are torch's global ones where ``generator`` is none.
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
    """``[n, s, s]``: how much of each pixel is the partner's."""
    rng = np.random.default_rng(seed)
    pasted = rng.random(count) < _share_pasted(settings)
    alpha = np.where(pasted, settings.cutmix, settings.mixup)
    share = rng.beta(alpha, alpha)[:, None]
    # The piece may reach over the edge, where nothing of it is seen.
    pixels = (np.arange(side) + 0.5) / side
    middle = rng.random((2, count, 1))
    rows, columns = np.abs(pixels - middle) < np.sqrt(share) / 2
    piece = rows[:, :, None] & columns[:, None, :]
    return np.where(pasted[:, None, None], piece, share[:, :, None]).astype(np.float32)


def _share_pasted(settings: AugmentSettings) -> float:
    if settings.mixup and settings.cutmix:
        return 0.5
    return 1.0 if settings.cutmix else 0.0

"""Occlusion: how scores fall when a part of the picture is hidden (Zeiler & Fergus 2014)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tagonaut.models.network import Network
from tagonaut.pixels.preprocessing import SCORING_BATCH

WINDOW, PLACES = 5, 15
"""A hidden square is a fifth of the picture wide, and moves by one place, a fifteenth of it."""


@dataclass(frozen=True)
class Occlusion:
    """``values[j, 15, 15]``: how far a label's logit falls on average if that place is hidden.

    ``lowest[j]``: the lowest score, 0 to 1, under any one hidden square.
    """

    values: NDArray[np.float32]
    lowest: NDArray[np.float32]


def occlude(network: Network, picture: torch.Tensor, labels: Sequence[int]) -> Occlusion:
    """Hide each square of ``picture[c, s, s]`` in turn behind the picture's mean colour.

    It needs nothing but scores, so it is a check on maps that are taken from inside the network.
    """
    size = picture.shape[-1]
    side = max(1, round(size / WINDOW))
    starts = _starts(size, side, max(1, round(size / PLACES)))
    corners = list(product(starts, starts))
    with torch.inference_mode():
        whole = _logits(network, picture[None], labels)
        hidden = torch.cat(
            [
                _logits(network, _hidden(picture, corners[at : at + SCORING_BATCH], side), labels)
                for at in range(0, len(corners), SCORING_BATCH)
            ]
        )
    falls = (whole - hidden).cpu()
    sums, counts = torch.zeros(len(labels), size, size), torch.zeros(size, size)
    for (top, left), fall in zip(corners, falls, strict=True):
        area = np.s_[..., top : top + side, left : left + side]
        sums[area] += fall[:, None, None]
        counts[area] += 1
    values = functional.adaptive_avg_pool2d(sums / counts, PLACES)
    return Occlusion(values.numpy(), hidden.sigmoid().amin(dim=0).cpu().numpy())


def _starts(size: int, side: int, stride: int) -> list[int]:
    """The starts of the squares; the last one ends at the edge, so every place is hidden."""
    last = size - side
    return [*range(0, last, stride), last]


def _hidden(picture: torch.Tensor, corners: Sequence[tuple[int, int]], side: int) -> torch.Tensor:
    copies = picture.repeat(len(corners), 1, 1, 1)
    mean = picture.mean(dim=(1, 2))[:, None, None]
    for copy, (top, left) in zip(copies, corners, strict=True):
        copy[:, top : top + side, left : left + side] = mean
    return copies.contiguous(memory_format=torch.channels_last)


def _logits(network: Network, pictures: torch.Tensor, labels: Sequence[int]) -> torch.Tensor:
    return network.activation.logits(network(pictures).float())[:, list(labels)]

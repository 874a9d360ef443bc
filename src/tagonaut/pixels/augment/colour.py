"""Brightness, contrast, saturation and hue of training pictures."""

import math

import torch

from tagonaut.pixels.augment.random_ranges import RandomRanges
from tagonaut.pixels.augment.settings import COLOUR_MOST, HUE_MOST, AugmentSettings

LUMA = (0.299, 0.587, 0.114)
"""The weights of red, green and blue in grey (ITU-R BT.601)."""


def recoloured(
    pictures: torch.Tensor,
    settings: AugmentSettings,
    mean: torch.Tensor,
    std: torch.Tensor,
    ranges: RandomRanges,
) -> torch.Tensor:
    """Standardised ``pictures[n, c, s, s]`` in other colours.

    ``mean[c]`` and ``std[c]`` standardised shares of the peak; values are clipped between 0 and the
    peak. If there are three channels or more, the first three are taken to be red, green and blue;
    saturation and hue do not change other channels.
    """
    if not any((settings.brightness, settings.contrast, settings.saturation, settings.hue)):
        return pictures
    contrast = (1 + ranges.width(settings.contrast, COLOUR_MOST)) ** ranges.uniform()
    brightness = (1 + ranges.width(settings.brightness, COLOUR_MOST)) ** ranges.uniform()
    colours = saturation((1 + ranges.width(settings.saturation, COLOUR_MOST)) ** ranges.uniform())
    colours = hue(ranges.width(settings.hue, HUE_MOST) * ranges.uniform()) @ colours
    matrix = torch.eye(pictures.shape[1], device=pictures.device).repeat(len(pictures), 1, 1)
    if pictures.shape[1] >= 3:
        matrix[:, :3, :3] = colours
    matrix = matrix * brightness[:, None, None]
    return mixed(pictures, matrix, contrast, mean, std)


def mixed(
    pictures: torch.Tensor,
    matrix: torch.Tensor,
    contrast: torch.Tensor,
    mean: torch.Tensor,
    std: torch.Tensor,
) -> torch.Tensor:
    """Multiply each pixel's shares of the peak by ``matrix[n, c, c]``, change contrast, and clip.

    ``contrast[n]`` multiplies the distances from each channel's mean over the picture. The
    computation is on standardised values, with an equivalent matrix and offset.
    """
    values = pictures.flatten(2)
    offset = ((matrix @ mean - mean) / std)[..., None]
    matrix = matrix * std / std[:, None]
    contrast = contrast[:, None, None]
    offset = offset + (1 - contrast) * (matrix @ values.mean(dim=2, keepdim=True))
    changed = torch.baddbmm(offset, contrast * matrix, values).unflatten(2, pictures.shape[2:])
    lowest, highest = -mean / std, (1 - mean) / std
    return changed.clamp(lowest.view(-1, 1, 1), highest.view(-1, 1, 1))


def saturation(factor: torch.Tensor) -> torch.Tensor:
    """``[n, 3, 3]``: distances from grey times ``factor[n]``; 0 gives grey pictures."""
    factor = factor[:, None, None]
    grey = factor.new_tensor(LUMA).expand(3, 3)
    return grey + factor * (torch.eye(3, device=factor.device) - grey)


def hue(turn: torch.Tensor) -> torch.Tensor:
    """``[n, 3, 3]``: a rotation about the greys by ``turn[n]`` of the colour circle.

    A third of a turn makes red green, green blue and blue red.
    """
    thirds = torch.arange(3, device=turn.device) / 3
    # The angle from each colour to each other on the circle.
    apart = turn[:, None, None] + thirds - thirds[:, None]
    return (1 + 2 * (2 * math.pi * apart).cos()) / 3

"""Random changes of training pictures that leave their labels true."""

from typing import Literal

import torch

Augmentation = Literal["none", "flip", "dihedral"]


def augment(pictures: torch.Tensor, kind: Augmentation) -> torch.Tensor:
    """A changed copy of ``pictures[n, c, size, size]``, each picture by its own dice.

    ``flip``: left and right, for pictures with an up and a down. ``dihedral``: the eight flips and
    quarter turns of the square, for pictures taken from straight above.
    """
    if kind == "none":
        return pictures
    pictures = _each(pictures, pictures.flip(3))
    if kind == "dihedral":
        pictures = _each(pictures, pictures.flip(2))
        pictures = _each(pictures, pictures.transpose(2, 3))
    return pictures.contiguous(memory_format=torch.channels_last)


def _each(pictures: torch.Tensor, changed: torch.Tensor) -> torch.Tensor:
    coin = torch.rand(len(pictures), device=pictures.device) < 0.5
    return torch.where(coin.view(-1, 1, 1, 1), changed, pictures)

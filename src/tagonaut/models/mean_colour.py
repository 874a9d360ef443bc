"""A random forest that sees only a picture's mean colour."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tagonaut.models.forest import Forest
from tagonaut.models.network import batches, forward
from tagonaut.pixels.preprocessing import Pixels, Preprocessing


class MeanColourForest(nn.Module):
    """``scores[n, k]`` of ``pictures[n, 3, s, s]``, 0 to 1."""

    def __init__(self, forest: Forest) -> None:
        super().__init__()
        self.forest = forest

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.forest.labels

    def scores(self, pictures: torch.Tensor) -> torch.Tensor:
        """``scores[n, k]``, 0 to 1."""
        return self.forest.scores(mean_colours(pictures))


def mean_colours(pictures: torch.Tensor) -> torch.Tensor:
    """``colours[n, 3]``, 0 to 255, of ``pictures[n, 3, s, s]``, 0 to 1."""
    return pictures.float().mean(dim=(2, 3)) * 255


def colours_of(pixels: Pixels, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """``colours[n, 3]`` of ``pixels[n, s, s, 3]``."""
    found = [
        forward(mean_colours, np.ascontiguousarray(pixels[some]), preprocessing).cpu()
        for some in batches(np.arange(len(pixels)))
    ]
    return torch.cat(found).numpy()

"""Why: where in a picture a label was seen, and what a network's filters look for. Arrays only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.explaining.activation_maps import class_activation_maps
from tagonaut.explaining.label_maps import has_label_maps, label_maps
from tagonaut.models.network import Network

Method = Literal["label maps", "class activation maps", "Grad-CAM"]


@dataclass(frozen=True)
class Maps:
    """``values[n, j, h, w]``: how much a place speaks for each of j labels, and how that was found.

    Comparable over the places of one map, not between maps.
    """

    values: NDArray[np.float32]
    method: Method


def find_maps(network: Network, pictures: torch.Tensor, labels: Sequence[int]) -> Maps | None:
    """The maps of these columns of ``scores[n, k]`` on ``pictures[n, c, s, s]``.

    The head's own label maps where it works by such, else class activation maps. None where the
    network has no last map that its outputs could be traced back to.
    """
    if has_label_maps(network):
        return Maps(label_maps(network, pictures, labels), "label maps")
    found = class_activation_maps(network, pictures, labels)
    if found is None:
        return None
    return Maps(found.values, "class activation maps" if found.exact else "Grad-CAM")

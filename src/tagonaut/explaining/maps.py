"""Maps of the places in a picture that support a label, by the best method for the network."""

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
    """``values[n, j, h, w]``: how much a place speaks for each of j labels, and the method.

    Values can be compared between the places of one map, not between maps.
    """

    values: NDArray[np.float32]
    method: Method


def find_maps(network: Network, pictures: torch.Tensor, labels: Sequence[int]) -> Maps | None:
    """The maps of ``labels``, columns of ``scores[n, k]``, on ``pictures[n, c, s, s]``.

    They are the head's own label maps if it has any, otherwise class activation maps. None if the
    network has no last map that its outputs could be traced back to.
    """
    if has_label_maps(network):
        return Maps(label_maps(network, pictures, labels), "label maps")
    found = class_activation_maps(network, pictures, labels)
    if found is None:
        return None
    return Maps(found.values, "class activation maps" if found.exact else "Grad-CAM")

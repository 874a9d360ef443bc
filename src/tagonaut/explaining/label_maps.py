"""Label maps: one map per output, which the head pools to the output."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.models.network import Network


def has_label_maps(network: Network) -> bool:
    """Whether the head gives ``maps(features)[n, m, h, w]``."""
    return hasattr(network.head, "maps")


def label_maps(
    network: Network, pictures: torch.Tensor, labels: Sequence[int]
) -> NDArray[np.float32]:
    """``values[n, j, h, w]``: a label's output at each place, before pooling."""
    head: Any = network.head
    with torch.inference_mode():
        features = network.features(pictures)
        if isinstance(features, list):
            maps = head.maps([some.float() for some in features])
        else:
            maps = head.maps(features.float())
        return maps[:, list(labels)].float().cpu().numpy()

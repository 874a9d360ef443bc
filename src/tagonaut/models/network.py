"""A backbone with a head: pictures in, one logit a label out."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tagonaut.models.backbones import feature_width
from tagonaut.models.compute import device, precision, to_device
from tagonaut.pixels.preprocessing import Pixels, Preprocessing

SCORING_BATCH = 32


class Network(nn.Module):
    """``logits[n, k]`` from ``pictures[n, c, s, s]``: a linear head on pooled features."""

    def __init__(self, backbone: nn.Module, labels: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(feature_width(backbone), labels)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """One logit a label; the head is not rounded to half precision, as in its own fitting."""
        features = self.backbone(pictures)
        with torch.autocast(features.device.type, enabled=False):
            return self.head(features.float())


def forward(module: nn.Module, pictures: Pixels, preprocessing: Preprocessing) -> torch.Tensor:
    """``module`` on prepared pictures ``[n, s, s, c]``, without gradients: float32 on the CPU."""
    with torch.inference_mode(), precision():
        batch = preprocessing.tensor(torch.from_numpy(pictures).to(device()))
        return module(batch).float().cpu()


def batches(rows: NDArray[np.intp], size: int = SCORING_BATCH) -> Iterator[NDArray[np.intp]]:
    """Consecutive rows, ``size`` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def score_pixels(
    network: nn.Module,
    pixels: Pixels,
    rows: NDArray[np.intp],
    preprocessing: Preprocessing,
) -> NDArray[np.float32]:
    """``scores[n, k]`` of those rows of ``pixels[m, s, s, c]``."""
    to_device(network.eval())
    outputs = [
        forward(network, np.ascontiguousarray(pixels[some]), preprocessing)
        for some in batches(rows)
    ]
    return torch.cat(outputs).sigmoid().numpy()

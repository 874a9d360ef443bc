"""Where a head taps its backbone, and the maps that it gets from there."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Tap = Literal["pooled", "map"] | tuple[int, ...]
"""``pooled``: features[n, d], pooled as the backbone does it. ``map``: its final map[n, c, h, w].
Stages: their maps[n, c, h, w], a list."""

Features = torch.Tensor | list[torch.Tensor]


def tapped(backbone: nn.Module, pictures: torch.Tensor, tap: Tap) -> Features:
    """What a head gets of ``pictures[n, c, s, s]``."""
    network: Any = backbone
    if tap == "pooled":
        return network(pictures)
    if tap == "map":
        found = network.forward_features(pictures)
        if found.ndim == 4 and found.shape[1] == network.num_features:
            return found
        # Tokens, or channels last: the last stage as a map.
        return network.forward_intermediates(
            pictures, indices=1, norm=True, intermediates_only=True
        )[-1]
    return network.forward_intermediates(pictures, indices=list(tap), intermediates_only=True)


@dataclass(frozen=True)
class FeatureLayout:
    """Features as rows of numbers and back; ``shapes`` are theirs without the pictures' axis."""

    tap: Tap
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, tap: Tap, features: Features) -> "FeatureLayout":
        """That of these features."""
        maps = features if isinstance(features, list) else [features]
        return cls(tap, tuple(tuple(some.shape[1:]) for some in maps))

    @property
    def pooled(self) -> bool:
        """Whether a row is one vector, not maps."""
        return self.tap == "pooled"

    @property
    def width(self) -> int:
        """The d of ``rows[n, d]``."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Maps are large, and kept at half precision."""
        return np.dtype(np.float32 if self.pooled else np.float16)

    def pack(self, features: Features) -> NDArray[Any]:
        """``rows[n, d]``."""
        maps = features if isinstance(features, list) else [features]
        flat = torch.cat([some.float().flatten(1) for some in maps], dim=1)
        return flat.detach().cpu().numpy().astype(self.dtype)

    def unpack(self, rows: torch.Tensor) -> Features:
        """The inverse of ``pack``."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        maps = [
            some.reshape(len(rows), *shape)
            for some, shape in zip(rows.split(sizes, dim=1), self.shapes, strict=True)
        ]
        return maps if isinstance(self.tap, tuple) else maps[0]

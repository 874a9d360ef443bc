"""The levels of a backbone's features that a head can take, and their layout as rows."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

FeatureLevel = Literal["pooled", "map"] | tuple[int, ...]
"""``pooled``: ``features[n, d]``, pooled as the backbone does it. ``map``: its final
``map[n, c, h, w]``. Stages: a list of their maps ``[n, c, h, w]``."""

Features = torch.Tensor | list[torch.Tensor]


def features_at(backbone: nn.Module, pictures: torch.Tensor, level: FeatureLevel) -> Features:
    """The backbone's features of ``pictures[n, c, s, s]`` at this level."""
    network: Any = backbone
    if level == "pooled":
        return network(pictures)
    if level == "map":
        found = network.forward_features(pictures)
        if found.ndim == 4 and found.shape[1] == network.num_features:
            return found
        # Tokens, or channels last: take the last stage as a map.
        return network.forward_intermediates(
            pictures, indices=1, norm=True, intermediates_only=True
        )[-1]
    return network.forward_intermediates(pictures, indices=list(level), intermediates_only=True)


@dataclass(frozen=True)
class FeatureLayout:
    """Packs features into rows of numbers, and back; ``shapes`` lack the pictures' axis."""

    level: FeatureLevel
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, level: FeatureLevel, features: Features) -> "FeatureLayout":
        """The layout of these features."""
        maps = features if isinstance(features, list) else [features]
        return cls(level, tuple(tuple(some.shape[1:]) for some in maps))

    @property
    def pooled(self) -> bool:
        """Whether a row is a single vector, not maps."""
        return self.level == "pooled"

    @property
    def width(self) -> int:
        """The d of ``rows[n, d]``."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a row's numbers: maps are large, so they are kept at half precision."""
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
        return maps if isinstance(self.level, tuple) else maps[0]

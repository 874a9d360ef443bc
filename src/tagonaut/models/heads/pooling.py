"""Pooling: from a backbone's final map to one row of features per picture."""

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.models.feature_levels import FeatureLevel
from tagonaut.settings import Settings


class PooledSettings(Settings):
    """Settings of a head that takes one row of features per picture."""

    pool: Literal["own", "average", "max", "flatten"] = Field(
        "own",
        description="how the backbone's final map is pooled: own, as the backbone does it; average"
        " or max, over the whole map or over windows; flatten, all its values are kept",
    )
    pool_size: int | None = Field(
        None, ge=1, description="side of the windows of average or max; by default the whole map"
    )
    pool_stride: int | None = Field(
        None, ge=1, description="step from window to window; by default the side of a window"
    )

    @model_validator(mode="after")
    def _windows_are_of_use(self) -> Self:
        if self.pool_size is not None and self.pool not in ("average", "max"):
            raise ValueError(f"pool_size needs pool average or max, not {self.pool}")
        if self.pool_stride is not None and self.pool_size is None:
            raise ValueError("pool_stride needs a pool_size")
        return self

    @property
    def level(self) -> FeatureLevel:
        """``"pooled"`` for the backbone's own pooling, otherwise ``"map"``."""
        return "pooled" if self.pool == "own" else "map"

    def create_pool(self, shapes: Sequence[tuple[int, ...]]) -> tuple[nn.Module, int]:
        """The layer that pools features to rows ``[n, d]``, and d."""
        (shape,) = shapes
        if self.pool_size is not None and min(shape[1:]) < self.pool_size:
            raise TagonautError(
                f"head.pool_size {self.pool_size} is larger than the backbone's final map of"
                f" {shape[1]} × {shape[2]}: choose a larger size of pictures, or a smaller window"
            )
        pool = nn.Sequential(self._pool(), nn.Flatten())
        return pool, pool(torch.empty(1, *shape, device="meta")).shape[1]

    def _pool(self) -> nn.Module:
        if self.pool in ("own", "flatten"):
            return nn.Identity()
        if self.pool_size is None:
            return nn.AdaptiveAvgPool2d(1) if self.pool == "average" else nn.AdaptiveMaxPool2d(1)
        kind = nn.AvgPool2d if self.pool == "average" else nn.MaxPool2d
        return kind(self.pool_size, self.pool_stride)


def dense(inputs: int, outputs: int) -> nn.Linear:
    """A dense layer that starts as in Keras: Glorot uniform, biases zero."""
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer

"""Two dense layers on pooled features."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from torch import nn

from tagonaut.models.heads.pooling import PooledSettings, dense


class MlpHead(PooledSettings):
    """Pool, dense, ReLU, dropout, dense."""

    kind: Literal["mlp"] = Field("mlp", description="two dense layers on pooled features")
    hidden: int = Field(4096, ge=1, le=65_536, description="width of the first dense layer")
    dropout: float = Field(
        0.5,
        ge=0,
        lt=1,
        description="dropout: share of the first layer's outputs left out in each step",
    )

    def create(self, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
        """See ``create_head``."""
        pool, width = self.create_pool(shapes)
        return nn.Sequential(
            OrderedDict(
                pool=pool,
                hidden=dense(width, self.hidden),
                relu=nn.ReLU(),
                dropout=nn.Dropout(self.dropout),
                outputs=dense(self.hidden, outputs),
            )
        )

"""One dense layer on pooled features."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from torch import nn

from tagonaut.models.heads.pooling import PooledSettings, dense


class LinearHead(PooledSettings):
    """Pool, dropout, dense."""

    kind: Literal["linear"] = Field("linear", description="one dense layer on pooled features")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="dropout: share of the features left out in each step"
    )

    def create(self, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
        """See ``create_head``."""
        pool, width = self.create_pool(shapes)
        return nn.Sequential(
            OrderedDict(pool=pool, dropout=nn.Dropout(self.dropout), outputs=dense(width, outputs))
        )

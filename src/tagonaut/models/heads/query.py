"""Attention pooling: each output has its own query to the final map."""

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn.functional import relu

from tagonaut.models import torchvision_ops  # noqa: F401  before timm
from tagonaut.models.feature_levels import FeatureLevel
from tagonaut.settings import Settings

# isort: split
# timm's complete MLDecoder does not run with current PyTorch, whose TransformerDecoder expects a
# self-attention that this layer does not have.
from timm.layers.ml_decoder import TransformerDecoderLayerOptimal


class QueryHead(Settings):
    """ML-Decoder (Ridnik et al. 2023) with one query per output."""

    kind: Literal["query"] = Field(
        "query",
        description="attention pooling of the final map with one query per output (ML-Decoder)",
    )
    width: int = Field(
        768, ge=8, le=8192, description="width of the queries and of the projected map"
    )
    heads: int = Field(8, ge=1, description="number of attention heads, a divisor of width")
    hidden: int = Field(
        2048, ge=1, le=65_536, description="width of the dense layer after the attention"
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout within the attention and after it")

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"heads has to be a divisor of width {self.width}, not {self.heads}")
        return self

    @property
    def level(self) -> FeatureLevel:
        """The final map."""
        return "map"

    def create(self, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
        """See ``create_head``."""
        ((channels, _, _),) = shapes
        return QueryModule(self, channels, outputs)


class QueryModule(nn.Module):
    """From ``map[n, c, h, w]`` to ``outputs[n, m]``."""

    queries: torch.Tensor

    def __init__(self, settings: QueryHead, channels: int, outputs: int) -> None:
        super().__init__()
        width = settings.width
        self.embed = nn.Linear(channels, width)
        self.decoder = TransformerDecoderLayerOptimal(
            width, settings.heads, settings.hidden, settings.dropout
        )
        # As in the paper, queries are drawn once and not learned.
        self.register_buffer("queries", torch.randn(outputs, width))
        self.weight = nn.Parameter(torch.empty(outputs, width))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_normal_(self.weight)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return one output per query."""
        places = relu(self.embed(features.flatten(2).permute(2, 0, 1)))
        queries = self.queries.unsqueeze(1).expand(-1, features.shape[0], -1)
        found = self.decoder(queries, places)
        return torch.einsum("mnd,md->nm", found, self.weight) + self.bias

"""One residual block that ends in one map per label."""

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from tagonaut.models.feature_levels import FeatureLevel
from tagonaut.settings import Settings


class ResidualHead(Settings):
    """The baseline of Marais' poster on the Amazon data: one residual block, a filter per output.

    Global average pooling of its label maps gives the outputs.
    """

    kind: Literal["residual"] = Field(
        "residual",
        description="one residual block with one filter per output, averaged",
    )

    @property
    def level(self) -> FeatureLevel:
        """The final map."""
        return "map"

    def create(self, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
        """See ``create_head``."""
        ((channels, _, _),) = shapes
        return ResidualModule(channels, outputs)


class ResidualModule(nn.Module):
    """From ``map[n, c, h, w]`` to ``outputs[n, m]``."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        shortcut = nn.Sequential(
            nn.Conv2d(channels, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.block = ResidualBlock(channels, outputs, shortcut, nn.Identity())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The pooled label maps."""
        return self.pooled(self.maps(features))

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """Label maps ``[n, m, h, w]``."""
        return self.block(features)

    def pooled(self, maps: torch.Tensor) -> torch.Tensor:
        """``outputs[n, m]`` from label maps."""
        return maps.mean(dim=(2, 3))


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions with batch norms, a gate, and a shortcut (He et al. 2016).

    Unlike in a backbone, no ReLU follows the sum: label maps can speak against a label too.
    """

    def __init__(self, channels: int, filters: int, shortcut: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(channels, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            gate,
        )
        self.shortcut = shortcut

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``[n, channels, h, w]`` to ``[n, filters, h, w]``."""
        return self.residual(maps) + self.shortcut(maps)

"""Label maps at several scales, from coarse to fine."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field, field_validator
from torch import nn
from torch.nn.functional import interpolate

from tagonaut.models import torchvision_ops  # noqa: F401  before timm
from tagonaut.models.feature_levels import FeatureLevel
from tagonaut.models.heads.residual import ResidualBlock
from tagonaut.settings import Settings

# isort: split
from timm.layers.squeeze_excite import SEModule

Pool = Literal["average", "max", "lse"]


class HourglassHead(Settings):
    """The hourglass of Marais' poster on the Amazon data.

    At each chosen scale, a dilated convolution makes one label map per output, a residual module
    with squeeze and excitation (Hu et al. 2018) refines them, and the upsampled sum of the coarser
    scales is added. The finest sum is pooled globally.
    """

    kind: Literal["hourglass"] = Field(
        "hourglass", description="label maps at several scales, coarser ones added to finer ones"
    )
    stages: tuple[int, ...] = Field(
        (-3, -2, -1),
        min_length=1,
        description="the backbone's stages that serve as scales, finest first; -1 is the last",
    )
    kernel: int = Field(
        3, ge=1, le=15, description="side of the dilated convolution, an odd number"
    )
    dilation: int = Field(
        2,
        ge=1,
        le=16,
        description="distance between the samples of the dilated convolution, in pixels of the map",
    )
    squeeze: int = Field(
        4,
        ge=1,
        description="reduction factor of squeeze and excitation, which keeps four channels or more",
    )
    pool: Pool = Field(
        "average",
        description="how the last label maps are pooled: average; max; lse, a smooth maximum by"
        " log-sum-exp",
    )
    sharpness: float = Field(
        5.0,
        gt=0,
        le=100,
        description=(
            "sharpness of lse: near 0 it is the average; the larger, the nearer to the maximum"
        ),
    )

    @field_validator("stages")
    @classmethod
    def _finest_first(cls, stages: tuple[int, ...]) -> tuple[int, ...]:
        ordered = sorted(set(stages)) == list(stages)
        if not ordered or (stages[0] < 0 <= stages[-1]):
            raise ValueError(
                "stages have to be listed finest first, such as [2, 3, 4], or from the "
                "end [-3, -2, -1]"
            )
        return stages

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"kernel has to be odd: {kernel - 1} or {kernel + 1}")
        return kernel

    @property
    def level(self) -> FeatureLevel:
        """The chosen stages."""
        return self.stages

    def create(self, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
        """See ``create_head``."""
        return HourglassModule(self, [shape[0] for shape in shapes], outputs)


class HourglassModule(nn.Module):
    """From maps ``[n, c, h, w]``, one per stage, finest first, to ``outputs[n, m]``."""

    def __init__(self, settings: HourglassHead, channels: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.pool, self.sharpness = settings.pool, settings.sharpness
        reach = settings.dilation * (settings.kernel // 2)
        self.scales = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(
                    width, outputs, settings.kernel, padding=reach, dilation=settings.dilation
                ),
                ResidualBlock(
                    outputs,
                    outputs,
                    nn.Identity(),
                    SEModule(outputs, rd_channels=max(4, outputs // settings.squeeze)),
                ),
            )
            for width in channels
        )

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        """The pooled label maps."""
        return self.pooled(self.maps(features))

    def maps(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Label maps ``[n, m, h, w]``, as fine as the finest features."""
        scales = [scale(some) for scale, some in zip(self.scales, features, strict=True)]
        maps = scales[-1]
        for finer in reversed(scales[:-1]):
            maps = finer + interpolate(maps, size=finer.shape[-2:], mode="bilinear")
        return maps

    def pooled(self, maps: torch.Tensor) -> torch.Tensor:
        """``outputs[n, m]`` from label maps.

        ``lse`` is ``log(mean(exp(r x))) / r`` (Pinheiro & Collobert 2015).
        """
        places = maps.flatten(2)
        if self.pool == "average":
            return places.mean(dim=2)
        if self.pool == "max":
            return places.amax(dim=2)
        summed = torch.logsumexp(self.sharpness * places, dim=2)
        return (summed - math.log(places.shape[2])) / self.sharpness

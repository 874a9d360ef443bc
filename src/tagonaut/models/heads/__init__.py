"""Heads turn a backbone's features into outputs: one file each, for a recipe's ``[head]``."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import nn

from tagonaut.models.heads.hourglass import HourglassHead
from tagonaut.models.heads.linear import LinearHead
from tagonaut.models.heads.mlp import MlpHead
from tagonaut.models.heads.query import QueryHead
from tagonaut.models.heads.residual import ResidualHead

__all__ = [
    "Head",
    "HourglassHead",
    "LinearHead",
    "MlpHead",
    "QueryHead",
    "ResidualHead",
    "create_head",
]

Head = Annotated[
    LinearHead | MlpHead | HourglassHead | ResidualHead | QueryHead, Field(discriminator="kind")
]


def create_head(settings: Head, shapes: Sequence[tuple[int, ...]], outputs: int) -> nn.Module:
    """A new head, from features at ``settings.level`` to ``outputs[n, m]``.

    ``shapes`` of the features, without the pictures' axis: one ``(d,)`` or ``(c, h, w)``, or one
    per stage, finest first. A head with label maps has ``maps(features) -> [n, m, h, w]``, and
    ``pooled(maps) -> [n, m]``, its outputs. Raises ``TagonautError`` for maps that are too small.
    """
    return settings.create(shapes, outputs)

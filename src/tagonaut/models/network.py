"""A backbone with a head: pictures in, scores out."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.models.activation import Activation
from tagonaut.models.backbones import Weights, create_backbone
from tagonaut.models.compute import device, precision, to_device
from tagonaut.models.feature_levels import FeatureLayout, FeatureLevel, Features, features_at
from tagonaut.models.heads import Head, create_head
from tagonaut.models.prune import prune_backbone
from tagonaut.pixels.augment import ViewKind, views
from tagonaut.pixels.preprocessing import SCORING_BATCH, Normalise, Pixels, Preprocessing
from tagonaut.settings import Settings


class Architecture(Settings):
    """The parts of a network; ``activation`` holds the number of labels."""

    backbone: str = Field(description="any timm model, or one of the classic networks")
    head: Head = Field(description="the head on the backbone")
    activation: Activation = Field(description="the meaning of the head's outputs")
    input_norm: bool = Field(False, description="whether a batch norm precedes the backbone")


class Network(nn.Module):
    """``outputs[n, m]`` from ``pictures[n, c, s, s]``.

    ``views``: the scores are averaged over these views of each picture.
    """

    def __init__(
        self, architecture: Architecture, backbone: nn.Module, layout: FeatureLayout, channels: int
    ) -> None:
        super().__init__()
        self.architecture, self.layout = architecture, layout
        self.activation = architecture.activation
        self.norm = nn.BatchNorm2d(channels) if architecture.input_norm else None
        self.backbone = backbone
        self.head = create_head(architecture.head, layout.shapes, self.activation.outputs)
        self.views: ViewKind = "none"

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.activation.labels

    @property
    def level(self) -> FeatureLevel:
        """The level of the backbone's features that the head takes."""
        return self.layout.level

    def features(self, pictures: torch.Tensor) -> Features:
        """The features that the head takes; see ``FeatureLevel``."""
        if self.norm is not None:
            pictures = self.norm(pictures)
        return features_at(self.backbone, pictures, self.level)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """``outputs[n, m]``; the head runs in single precision, as in its own fit."""
        features = self.features(pictures)
        with torch.autocast(device().type, enabled=False):
            if isinstance(features, list):
                return self.head([some.float() for some in features])
            return self.head(features.float())

    def scores(self, pictures: torch.Tensor) -> torch.Tensor:
        """``scores[n, k]``, 0 to 1."""
        found = [self.activation.scores(self(view).float()) for view in views(pictures, self.views)]
        return torch.stack(found).mean(dim=0)


def create_network(
    architecture: Architecture,
    weights: Weights,
    *,
    size: int | None = None,
    bands: tuple[str, ...] = (),
    normalise: Normalise = "weights",
) -> tuple[Network, Preprocessing]:
    """A network with a new head, and its preprocessing; see ``create_backbone``.

    Raises ``TagonautError`` for a size that the network cannot take, naming one that it can, and
    for a head whose level of features the backbone does not have.
    """
    name, level = architecture.backbone, architecture.head.level
    backbone, preprocessing = create_backbone(
        name, weights, size=size, bands=bands, normalise=normalise
    )
    _check_stages(name, backbone, level)
    channels = len(preprocessing.channels)
    pictures = torch.zeros(1, channels, preprocessing.size, preprocessing.size)
    try:
        level = prune_backbone(backbone.eval(), level, pictures)
        with torch.no_grad():
            features = features_at(backbone, pictures, level)
            layout = FeatureLayout.of(level, features)
            network = Network(architecture, backbone, layout, channels).eval()
            network.head(features)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise _size_error(architecture, preprocessing.size, error) from error
    except (
        AttributeError,
        TypeError,
        LookupError,
    ) as error:  # features that timm has for few networks only
        raise TagonautError(
            f"{name} does not work with a {architecture.head.kind} head ({error}); "
            "head.kind=linear with head.pool=own works with every backbone"
        ) from error
    return network, preprocessing


def _check_stages(name: str, backbone: Any, level: FeatureLevel) -> None:
    if not isinstance(level, tuple):
        return
    count = len(backbone.feature_info)
    if wrong := [stage for stage in level if not -count <= stage < count]:
        raise TagonautError(
            f"head.stages: {name} has no stage {wrong[0]}: it has {count}, from 0 (finest) to"
            f" {count - 1}, or from -{count} to -1"
        )


def _size_error(architecture: Architecture, size: int, error: Exception) -> TagonautError:
    """The error, which names the nearest usual size that works, tried on the meta device."""
    first = str(error).partition("\n")[0]
    usual = {step * n for step in (7, 8, 14) for n in range(2, 65)} - {size}
    for other in sorted(usual, key=lambda other: abs(other - size))[:48]:
        try:
            with torch.device("meta"):
                backbone, _ = create_backbone(architecture.backbone, "random", size=other)
                pictures = torch.zeros(1, 3, other, other)
                level = architecture.head.level
                layout = FeatureLayout.of(level, features_at(backbone.eval(), pictures, level))
                head = create_head(architecture.head, layout.shapes, 2)
                head.eval()(features_at(backbone, pictures, level))
        except (RuntimeError, AssertionError, ValueError, TypeError, TagonautError):
            continue
        return TagonautError(
            f"{architecture.backbone} with this head cannot take pictures of {size} × {size}"
            f" pixels ({first}); of the usual sizes, the nearest that it takes is {other}:"
            f" --set size={other}"
        )
    return TagonautError(f"{architecture.backbone} cannot take {size} × {size} pixels ({first})")


def forward(
    module: Callable[[torch.Tensor], Any], pictures: Pixels, preprocessing: Preprocessing
) -> Any:
    """``module`` on prepared pictures ``[n, s, s, c]``, without gradients."""
    given = torch.from_numpy(pictures)
    if device().type == "cuda":
        # From pinned memory, the next batch is copied while this one is computed.
        given = given.pin_memory()
    with torch.inference_mode(), precision():
        return module(preprocessing.tensor(given.to(device(), non_blocking=True)))


def batches(rows: NDArray[np.intp], size: int = SCORING_BATCH) -> Iterator[NDArray[np.intp]]:
    """Consecutive rows, ``size`` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def score_pixels(
    network: Any,
    pixels: Pixels,
    rows: NDArray[np.intp],
    preprocessing: Preprocessing,
) -> NDArray[np.float32]:
    """``scores[n, k]`` of these rows of decoded ``pixels[m, s, s, c]``."""
    to_device(network.eval())
    outputs = [
        forward(network.scores, np.ascontiguousarray(pixels[some]), preprocessing).float().cpu()
        for some in batches(rows)
    ]
    return torch.cat(outputs).numpy()

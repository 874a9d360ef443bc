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
from tagonaut.models.feature_levels import FeatureLayout, Features, Tap, tapped
from tagonaut.models.heads import Head, create_head
from tagonaut.models.prune import without_top
from tagonaut.pixels.augment import ViewKind, views
from tagonaut.pixels.preprocessing import Normalise, Pixels, Preprocessing
from tagonaut.settings import Settings

SCORING_BATCH = 32


class Architecture(Settings):
    """What a network is made of; its labels are those of ``activation``."""

    backbone: str = Field(description="any timm model, or one of the classic networks")
    head: Head = Field(description="what sits on the backbone")
    activation: Activation = Field(description="what the head's outputs mean")
    input_norm: bool = Field(False, description="whether a batch norm stands before the backbone")


class Network(nn.Module):
    """``outputs[n, m]`` from ``pictures[n, c, s, s]``.

    ``views``: the scores are averaged over these views of each picture.
    """

    def __init__(
        self, architecture: Architecture, backbone: nn.Module, packing: FeatureLayout, channels: int
    ) -> None:
        super().__init__()
        self.architecture, self.packing = architecture, packing
        self.activation = architecture.activation
        self.norm = nn.BatchNorm2d(channels) if architecture.input_norm else None
        self.backbone = backbone
        self.head = create_head(architecture.head, packing.shapes, self.activation.outputs)
        self.views: ViewKind = "none"

    @property
    def labels(self) -> int:
        """How many labels it scores."""
        return self.activation.labels

    @property
    def tap(self) -> Tap:
        """Where the head taps the backbone."""
        return self.packing.tap

    def features(self, pictures: torch.Tensor) -> Features:
        """What the head gets: see ``Tap``."""
        if self.norm is not None:
            pictures = self.norm(pictures)
        return tapped(self.backbone, pictures, self.tap)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """The head is not rounded to half precision, as in its own fitting."""
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
    """A network with a new head, and what it is fed; see ``create_backbone``.

    Raises ``TagonautError`` for a size that the network cannot take, with one that it can, and for
    a head that finds no maps where it looks for them.
    """
    name, tap = architecture.backbone, architecture.head.tap
    backbone, preprocessing = create_backbone(
        name, weights, size=size, bands=bands, normalise=normalise
    )
    _check_stages(name, backbone, tap)
    channels = len(preprocessing.channels)
    pictures = torch.zeros(1, channels, preprocessing.size, preprocessing.size)
    try:
        tap = without_top(backbone.eval(), tap, pictures)
        with torch.no_grad():
            packing = FeatureLayout.of(tap, tapped(backbone, pictures, tap))
            network = Network(architecture, backbone, packing, channels)
            network.eval()(pictures)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise _size_error(architecture, preprocessing.size, error) from error
    except (AttributeError, TypeError, LookupError) as error:  # what timm has for few networks
        raise TagonautError(
            f"{name} does not go with a {architecture.head.kind} head ({error}); head.kind=linear"
            " with head.pool=own goes with every backbone"
        ) from error
    return network, preprocessing


def _check_stages(name: str, backbone: Any, tap: Tap) -> None:
    if not isinstance(tap, tuple):
        return
    count = len(backbone.feature_info)
    if wrong := [stage for stage in tap if not -count <= stage < count]:
        raise TagonautError(
            f"head.stages: {name} has no stage {wrong[0]}: it has {count}, from 0 (finest) to"
            f" {count - 1}, or from -{count} to -1"
        )


def _size_error(architecture: Architecture, size: int, error: Exception) -> TagonautError:
    """With the nearest of the usual sizes that works, found without any arithmetic."""
    first = str(error).partition("\n")[0]
    usual = {step * n for step in (7, 8, 14) for n in range(2, 65)} - {size}
    for other in sorted(usual, key=lambda other: abs(other - size))[:48]:
        try:
            with torch.device("meta"):
                backbone, _ = create_backbone(architecture.backbone, "random", size=other)
                pictures = torch.zeros(1, 3, other, other)
                tap = architecture.head.tap
                packing = FeatureLayout.of(tap, tapped(backbone.eval(), pictures, tap))
                head = create_head(architecture.head, packing.shapes, 2)
                head.eval()(tapped(backbone, pictures, tap))
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
        # From pinned memory, the next batch is brought there while this one is worked on.
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
    """``scores[n, k]`` of those rows of ``pixels[m, s, s, c]``."""
    to_device(network.eval())
    outputs = [
        forward(network.scores, np.ascontiguousarray(pixels[some]), preprocessing).float().cpu()
        for some in batches(rows)
    ]
    return torch.cat(outputs).numpy()

"""The base of the classic networks: convolutions, then dense layers for one size of picture."""

import copy
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from timm.models import build_model_with_cfg, generate_default_cfgs
from timm.models._features import feature_take_indices
from torch import nn

from tagonaut.errors import TagonautError


class ClassicNetwork(nn.Module):
    """``features``, ``pre_logits`` and ``classifier``, with the methods of timm's models.

    ``features``: layers, each named by its kind and its number (``conv2``). ``dense(d)``: the
    layers that follow on the final map as rows ``[n, d]``, the last one ``width`` wide. Weights
    start as in Keras: Glorot uniform, biases zero. Raises ``TagonautError`` if pictures of
    ``img_size`` pixels per side are too small, naming the smallest that are not.
    """

    feature_layers: ClassVar[tuple[str, ...]]
    """The layers whose outputs are the intermediates; the last one is the final map."""

    def __init__(
        self,
        features: nn.Sequential,
        dense: Callable[[int], nn.Sequential],
        *,
        width: int,
        num_classes: int,
        in_chans: int,
        img_size: int,
    ) -> None:
        super().__init__()
        self.in_chans, self.img_size = in_chans, img_size
        self.features = features
        self.feature_info = _feature_info(features, self.feature_layers)
        self.num_features = self.feature_info[-1]["num_chs"]
        self.head_hidden_size = width
        side = _final_side(features, in_chans, img_size, type(self).__name__)
        self.pre_logits: nn.Module = sequential(
            flatten=FixedFlatten(side, img_size),
            **dict(dense(self.num_features * side**2).named_children()),
        )
        self.reset_classifier(num_classes)
        self.apply(_initialise)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Outputs of ``pictures[n, c, img_size, img_size]``; without classes ``[n, width]``."""
        return self.forward_head(self.forward_features(pictures))

    def forward_features(self, pictures: torch.Tensor) -> torch.Tensor:
        """The final map ``[n, num_features, h, w]``."""
        return self.features(pictures)

    def forward_head(self, maps: torch.Tensor, pre_logits: bool = False) -> torch.Tensor:
        """Outputs of the final map; with ``pre_logits``, the last features ``[n, width]``."""
        found = self.pre_logits(maps)
        return found if pre_logits else self.classifier(found)

    def forward_intermediates(
        self,
        x: torch.Tensor,
        indices: int | list[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> Any:
        """The final map, and the maps ``[n, c, h, w]`` of ``feature_info`` at these indices.

        ``norm`` and ``output_fmt`` are timm's: there is no final norm, and no other format.
        """
        taken, deepest = feature_take_indices(len(self.feature_info), indices)
        places = {self.feature_info[index]["module"]: index for index in taken}
        last = self.feature_info[deepest]["module"]
        found = []
        for name, layer in self.features.named_children():
            x = layer(x)
            if f"features.{name}" in places:
                found.append(x)
            if stop_early and f"features.{name}" == last:
                break
        return found if intermediates_only else (x, found)

    def prune_intermediate_layers(
        self, indices: int | list[int] = 1, prune_norm: bool = False, prune_head: bool = True
    ) -> list[int]:
        """Drop the layers that these intermediates do not need; return non-negative indices."""
        taken, deepest = feature_take_indices(len(self.feature_info), indices)
        if prune_head or deepest < len(self.feature_info) - 1:
            last = self.feature_info[deepest]["module"]
            names = [f"features.{name}" for name, _ in self.features.named_children()]
            kept = names.index(last) + 1
            self.features = sequential(**dict(list(self.features.named_children())[:kept]))
            self.feature_info = self.feature_info[: deepest + 1]
            self.num_features = self.head_hidden_size = self.feature_info[-1]["num_chs"]
            self.pre_logits = nn.Identity()
            self.reset_classifier(0)
        return taken

    def get_classifier(self) -> nn.Module:
        """The layer with one output per class."""
        return self.classifier

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Make a new classifier, none for 0 classes; ``global_pool`` is ignored."""
        self.num_classes = num_classes
        self.classifier: nn.Module = nn.Identity()
        if num_classes:
            self.classifier = nn.Linear(self.head_hidden_size, num_classes)
            _initialise(self.classifier)

    def group_matcher(self, coarse: bool = False) -> dict[str, str]:
        """timm's stages: each numbered layer with weights is one, together with its norm."""
        return {"stem": r"^features\.conv1\.", "blocks": r"^\w+\.[a-z]+(\d+)\."}


class FixedFlatten(nn.Flatten):
    """Flattens maps ``[n, c, side, side]`` to rows, and refuses maps of any other size."""

    def __init__(self, side: int, img_size: int) -> None:
        super().__init__()
        self.side, self.img_size = side, img_size

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Raises ``TagonautError`` for a map of another size."""
        if tuple(input.shape[-2:]) != (self.side, self.side):
            raise TagonautError(
                f"this network was made for pictures of {self.img_size} × {self.img_size} pixels"
            )
        return super().forward(input)


def sequential(**layers: nn.Module) -> nn.Sequential:
    """The layers in a sequence, by name."""
    return nn.Sequential(OrderedDict(layers))


def untrained(*names: str, size: int, classes: int) -> Any:
    """timm's configurations of networks without published weights, for pixels from 0 to 1."""
    config = {
        "input_size": (3, size, size),
        "num_classes": classes,
        "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0),
        "crop_pct": 1.0,
        "interpolation": "bilinear",
        "first_conv": "features.conv1",
        "classifier": "classifier",
    }
    return generate_default_cfgs(dict.fromkeys(names, config))


def build(
    network: type[ClassicNetwork], name: str, pretrained: bool, **settings: Any
) -> ClassicNetwork:
    """The network for ``timm.create_model``."""
    every = {"feature_cls": "getter", "out_indices": tuple(range(len(network.feature_layers)))}
    return build_model_with_cfg(network, name, pretrained, feature_cfg=every, **settings)


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _feature_info(features: nn.Sequential, feature_layers: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    channels, reduction = 0, 1
    for name, layer in features.named_children():
        if isinstance(layer, nn.Conv2d):
            channels = layer.out_channels
        stride: Any = getattr(layer, "stride", 1)
        reduction *= stride[0] if isinstance(stride, tuple) else stride
        if name in feature_layers:
            module = f"features.{name}"
            found.append({"num_chs": channels, "reduction": reduction, "module": module})
    return found


def _final_side(features: nn.Sequential, in_chans: int, img_size: int, network: str) -> int:
    layers = copy.deepcopy(features).to("meta")  # computes only shapes

    def side(size: int) -> int:
        try:
            return layers(torch.empty(1, in_chans, size, size, device="meta")).shape[-1]
        except RuntimeError:
            return 0

    if found := side(img_size):
        return found
    smallest = next(size for size in range(img_size + 1, 10_000) if side(size))
    raise TagonautError(
        f"{network} cannot take pictures of {img_size} × {img_size} pixels; the smallest size that"
        f" it takes is {smallest} × {smallest}: --set size={smallest}"
    )

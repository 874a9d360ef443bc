"""Class activation maps: the contribution of each place of the last map to an output."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tagonaut.models.network import Network

# isort: split
# After the network, whose imports let torchvision load.
from timm.models.vision_transformer import VisionTransformer


@dataclass(frozen=True)
class ActivationMaps:
    """``values[n, j, h, w]`` of j labels.

    ``exact``: the mean over a map's places plus the output for a map of zeros is the label's
    output, as with a linear head on average-pooled maps. Otherwise the values are never negative.
    """

    values: NDArray[np.float32]
    exact: bool


def class_activation_maps(
    network: Network, pictures: torch.Tensor, labels: Sequence[int]
) -> ActivationMaps | None:
    """The channels of the last map, summed with the weights that they have for a label's output.

    Captum computes the weights: the output's gradients, averaged over the places (Grad-CAM,
    Selvaraju et al. 2017). If a linear head sees the map's averages, they are the head's own, and
    the sum is the class activation map of Zhou et al. (2016), which keeps its sign and is exact;
    otherwise negative values become 0, as in Grad-CAM. None without a last map.
    """
    # The import takes most of a second, which other maps do not need.
    from captum.attr import LayerGradCam

    with torch.no_grad():
        above = _above_last_map(network, pictures)
        if above is None:
            return None
        outputs = above(above.values)[:, list(labels)]
        of_nothing = above(torch.zeros_like(above.values))[:, list(labels)]
    cam = LayerGradCam(above, above.last_map)
    sums = torch.stack(
        [cam.attribute(above.values, target=label).detach()[:, 0] for label in labels], dim=1
    )
    places = sums.shape[2] * sums.shape[3]
    # Against what the map adds: beside a large bias, anything would be near enough.
    added = outputs - of_nothing
    exact = torch.allclose(
        sums.sum(dim=(2, 3)), added, rtol=1e-3, atol=1e-3 * float(added.abs().max())
    )
    values = sums * places if exact else sums.relu()
    return ActivationMaps(values.float().cpu().numpy(), exact)


class _Above(nn.Module):
    """The part of a network above its last map, ``values[n, c, h, w]``: ``outputs[n, m]`` of it."""

    def __init__(
        self, values: torch.Tensor, outputs: Callable[[torch.Tensor], torch.Tensor]
    ) -> None:
        super().__init__()
        self.values, self.outputs = values.float(), outputs
        self.last_map = nn.Identity()

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.outputs(self.last_map(values))


def _above_last_map(network: Network, pictures: torch.Tensor) -> _Above | None:
    backbone: Any = network.backbone
    if network.level != "pooled":
        values = network.features(pictures)
        if isinstance(values, torch.Tensor) and values.ndim == 4:
            return _Above(values, network.head)
        return None
    if network.norm is not None:
        pictures = network.norm(pictures)
    if isinstance(backbone, VisionTransformer):
        return _above_tokens(network, pictures)
    values = backbone.forward_features(pictures)
    if values.ndim != 4:
        return None
    if getattr(backbone, "output_fmt", "NCHW") == "NHWC":
        return _Above(
            values.permute(0, 3, 1, 2),
            lambda maps: network.head(backbone.forward_head(maps.permute(0, 2, 3, 1))),
        )
    return _Above(values, lambda maps: network.head(backbone.forward_head(maps)))


def _above_tokens(network: Network, pictures: torch.Tensor) -> _Above:
    """A transformer's tokens before its last block: after it, one token alone may count."""
    backbone: Any = network.backbone
    last = backbone.blocks[-1]
    seen: list[torch.Tensor] = []
    hook = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        backbone.forward_features(pictures)
    finally:
        hook.remove()
    prefix = seen[0][:, : backbone.num_prefix_tokens]
    tokens = seen[0][:, backbone.num_prefix_tokens :]
    height, width = backbone.patch_embed.dynamic_feat_size(pictures.shape[-2:])

    def outputs(maps: torch.Tensor) -> torch.Tensor:
        whole = torch.cat([prefix, maps.flatten(2).transpose(1, 2)], dim=1)
        return network.head(backbone.forward_head(backbone.norm(last(whole))))

    return _Above(tokens.transpose(1, 2).unflatten(2, (height, width)), outputs)

"""A network's first layer takes more channels than three."""

import torch
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.pixels.bands import RGB


def widen(backbone: nn.Module, channels: tuple[str, ...]) -> None:
    """Let the first convolution take ``channels``, in place; its weights start from those it has.

    Red, green and blue keep their filters. Every other channel starts from the mean of the three:
    it sees edges and textures as a grey picture would show them, and prefers no colour. All are
    scaled by 3 over the number of channels, so that the layer's output keeps its size. Raises
    ``TagonautError`` for a network whose first convolution is not known.
    """
    config = getattr(backbone, "pretrained_cfg", None) or {}
    names = config.get("first_conv") or ()
    for name in (names,) if isinstance(names, str) else names:
        try:
            layer = backbone.get_submodule(name)
        except AttributeError:
            layer = None
        if not isinstance(layer, nn.Conv2d) or layer.groups != 1 or layer.in_channels != len(RGB):
            names = ()
            break
        weight = layer.weight.detach()
        grey = weight.mean(dim=1)
        filters = [weight[:, RGB.index(name)] if name in RGB else grey for name in channels]
        scaled = torch.stack(filters, dim=1) * (len(RGB) / len(channels))
        layer.weight = nn.Parameter(scaled)
        layer.in_channels = len(channels)
    if not names:
        raise TagonautError(
            "this backbone's first layer cannot be widened to more than three bands: choose another"
            " --backbone, or --set bands=rgb"
        )

"""Widens a network's first layer to other channels than red, green and blue."""

import torch
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.pixels.bands import RGB


def widen(backbone: nn.Module, channels: tuple[str, ...]) -> None:
    """Let the first convolution take ``channels``, in place, with weights made from its own.

    Red, green and blue keep their filters, so that the pretrained layers behind them get familiar
    inputs. The other channels start from the mean of the three filters, which prefers no colour,
    and share a third of its strength: enough for a frozen network to notice them, too little to
    drown the colours (timm repeats the red filter at full strength, which does). Without any of the
    three, all channels share the strength of a grey picture. Raises ``TagonautError`` for a network
    whose first convolution is unknown.
    """
    others = max(1, sum(name not in RGB for name in channels))
    strength = 1 / (3 * others) if others < len(channels) else 3 / others
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
        filters = [
            weight[:, RGB.index(name)] if name in RGB else grey * strength for name in channels
        ]
        layer.weight = nn.Parameter(torch.stack(filters, dim=1))
        layer.in_channels = len(channels)
    if not names:
        raise TagonautError(
            "this backbone's first layer cannot be widened to more than three bands: choose another"
            " --backbone, or --set bands=rgb"
        )

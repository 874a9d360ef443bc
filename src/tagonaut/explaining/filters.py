"""Activation maximisation: the picture with a filter's strongest response (Erhan et al. 2009)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tagonaut.models.network import Network
from tagonaut.pixels.preprocessing import Preprocessing

LAYERS, FILTERS = 4, 12
"""The number of convolutions to show by default, and of filters in each."""
STEPS, RATE = 48, 0.05
"""The number of steps of the ascent, and the step size as a share of the pixels' range."""
BLUR_EVERY, BLUR_FROM = 3, 3
"""A blur follows every third step, for layers whose stride is 3 pixels or more: the filters of the
first layers may look for the finest stripes."""
LEAST_SIDE, MOST_SIDE, PLACES = 32, 128, 16
"""Limits to the pixels a side of the pictures, and the number of the map's places along a side: the
first layers see little at once, and their patterns would be lost in a large picture."""


@dataclass(frozen=True)
class Layer:
    """A module that gives a map of several places, and how many filters it has."""

    module: nn.Module
    channels: int


class _Reached(Exception):
    """The layer has been computed: what lies above it need not be."""


def spatial_layers(network: Network, pictures: torch.Tensor) -> dict[str, Layer]:
    """The backbone's modules that give a map of several places, by name, in the order they run."""
    found: dict[str, Layer] = {}

    def note(name: str, module: nn.Module) -> Any:
        def hook(*arguments: Any) -> None:
            output = arguments[-1]
            if isinstance(output, torch.Tensor) and output.ndim == 4 and output[0, 0].numel() > 1:
                found.setdefault(name, Layer(module, output.shape[1]))

        return module.register_forward_hook(hook)

    hooks = [note(name, module) for name, module in network.backbone.named_modules() if name]
    try:
        with torch.inference_mode():
            network.features(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def spread_convolutions(layers: dict[str, Layer], count: int = LAYERS) -> list[str]:
    """``count`` convolutions among ``layers``, evenly spread from the first to the last.

    Convolutions of 1 × 1, which mix the channels of one place, and of single channels are chosen
    only if there are few others.
    """
    convolutions = {
        name: layer.module for name, layer in layers.items() if isinstance(layer.module, nn.Conv2d)
    }
    full = [name for name, at in convolutions.items() if max(at.kernel_size) > 1 == at.groups]
    names = full if len(full) >= count else list(convolutions)
    chosen = np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)
    return [names[at] for at in chosen]


def spread_filters(channels: int, count: int = FILTERS) -> list[int]:
    """``count`` filters, evenly spread over those of a layer."""
    return np.linspace(0, channels - 1, min(count, channels)).round().astype(int).tolist()


def visualise_filters(
    network: Network,
    preprocessing: Preprocessing,
    layer: str,
    filters: Sequence[int],
    *,
    seed: int = 0,
) -> NDArray[np.float32]:
    """``pictures[f, s, s, c]``, 0 to 1, each of which excites a filter of the layer most.

    Gradient ascent raises the mean of the filter's map, from grey noise that ``seed`` draws. Each
    step sees the picture shifted a little, and a blur after some steps keeps out the high
    frequencies that excite any filter. The same seed gives two states of a network the same start.
    """
    module = network.backbone.get_submodule(layer)
    generator = torch.Generator().manual_seed(seed)
    channels, side = len(preprocessing.channels), preprocessing.size
    where = next(network.parameters()).device
    mean, std = (
        torch.tensor(values, device=where).view(1, -1, 1, 1)
        for values in (preprocessing.mean, preprocessing.std)
    )
    with _output_of(module) as seen:
        with torch.no_grad():
            whole = _reached(network, torch.zeros(1, channels, side, side, device=where), seen)
        stride = max(1, side // whole.shape[3])
        if not hasattr(network.backbone, "patch_embed"):  # which takes pictures of one size alone
            side = min(side, MOST_SIDE, max(LEAST_SIDE, PLACES * stride))
        rows = torch.arange(len(filters), device=where)
        noise = torch.randn((1, channels, side, side), generator=generator).to(where)
        pictures = (0.5 + 0.02 * noise).repeat(len(filters), 1, 1, 1)
        for step in range(STEPS):
            shift = torch.randint(-side // 16, side // 16 + 1, (2,), generator=generator).tolist()
            pictures = pictures.roll(shift, dims=(2, 3)).requires_grad_()
            found = _reached(network, (pictures - mean) / std, seen)
            # What lies below zero is mostly cut off above; without that, the mean of a linear map
            # would know of no pattern. A little of it lets a silent filter begin.
            answers = functional.leaky_relu(found[rows, list(filters)], 0.1)
            excited = answers.mean(dim=(1, 2)).sum()
            (slope,) = torch.autograd.grad(excited, pictures)
            with torch.no_grad():
                slope = slope / (slope.std(dim=(1, 2, 3), keepdim=True) + 1e-12)
                pictures = (pictures + RATE * slope).clamp(0, 1)
                pictures = pictures.roll([-by for by in shift], dims=(2, 3))
                if stride >= BLUR_FROM and step % BLUR_EVERY == BLUR_EVERY - 1:
                    pictures = _blurred(pictures)
    return pictures.permute(0, 2, 3, 1).cpu().numpy()


def _reached(network: Network, pictures: torch.Tensor, seen: list[torch.Tensor]) -> torch.Tensor:
    seen.clear()
    with suppress(_Reached):
        network.features(pictures)
    return seen[0].float()


@contextmanager
def _output_of(module: nn.Module) -> Iterator[list[torch.Tensor]]:
    """The module's last output, in a list; the network stops once it is computed."""
    seen: list[torch.Tensor] = []

    def hook(*arguments: Any) -> None:
        seen.append(arguments[-1])
        raise _Reached

    handle = module.register_forward_hook(hook)
    try:
        yield seen
    finally:
        handle.remove()


def _blurred(pictures: torch.Tensor) -> torch.Tensor:
    """The pictures under the binomial window 1, 2, 1."""
    channels = pictures.shape[1]
    row = torch.tensor([1.0, 2.0, 1.0], device=pictures.device) / 4
    window = (row[:, None] * row[None, :]).expand(channels, 1, 3, 3)
    padded = functional.pad(pictures, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, window, groups=channels)

"""Augmentation: random changes of training pictures, and views of pictures at test time."""

from typing import TYPE_CHECKING, Any

from tagonaut.pixels.augment.mixing import mix
from tagonaut.pixels.augment.rarity import rare_strength
from tagonaut.pixels.augment.settings import AugmentSettings
from tagonaut.pixels.augment.views import ViewKind, views

if TYPE_CHECKING:
    import torch

__all__ = [
    "AugmentSettings",
    "ViewKind",
    "augment",
    "mix",
    "rare_strength",
    "views",
]


def augment(
    pictures: "torch.Tensor",
    settings: AugmentSettings,
    strength: "torch.Tensor | None" = None,
    *,
    mean: "torch.Tensor",
    std: "torch.Tensor",
    generator: "torch.Generator | None" = None,
) -> "torch.Tensor":
    """``pictures[n, c, s, s]``, standardised floats, each changed at random.

    ``strength[n]`` multiplies the settings' ranges, up to the widest that the settings allow; its
    default is 1. ``mean[c]`` and ``std[c]`` standardised the pixels' shares of the peak, 0 to 1:
    colours are changed and clipped in these shares. ``generator``: on the processor; by default
    torch's global one. Raises ``ValueError`` for flip ``auto``, which the caller resolves first.
    """
    # These need torch; the settings, which recipes contain, do not.
    import torch

    from tagonaut.pixels.augment.colour import recoloured
    from tagonaut.pixels.augment.geometry import flipped, warped
    from tagonaut.pixels.augment.random_ranges import RandomRanges

    if settings.flip == "auto":
        raise ValueError("flip = 'auto' has to be resolved before pictures are changed")
    if strength is None:
        strength = torch.ones(len(pictures))
    ranges = RandomRanges(strength.to(pictures.device, torch.float32), generator)
    layout: Any = {"memory_format": torch.channels_last}
    # In half precision, positions would be off by a pixel.
    with torch.autocast(pictures.device.type, enabled=False):
        changed = flipped(pictures, settings.flip, ranges)
        changed = recoloured(warped(changed, settings, ranges), settings, mean, std, ranges)
    return changed if changed is pictures else changed.contiguous(**layout)

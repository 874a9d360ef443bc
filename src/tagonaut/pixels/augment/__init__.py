"""Random changes of training pictures that leave their labels true, and views at test time."""

from typing import TYPE_CHECKING, Any

from tagonaut.pixels.augment.mixing import mix
from tagonaut.pixels.augment.rarity import RARE, rare_strength
from tagonaut.pixels.augment.settings import AugmentSettings, Flip
from tagonaut.pixels.augment.views import ViewKind, views

if TYPE_CHECKING:
    import torch

__all__ = [
    "RARE",
    "AugmentSettings",
    "Flip",
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
    """``pictures[n, c, s, s]``, standardised floats, each changed by its own dice.

    ``strength[n]`` multiplies the settings' ranges, each up to the widest that the settings allow;
    it is 1 where there is none. ``mean[c]`` and ``std[c]`` are what the pixels' shares of the peak,
    0 to 1, were standardised by: colours are changed and clipped in those shares. Random numbers
    are torch's global ones where ``generator`` is none, else of one on the processor. Raises
    ``ValueError`` for flip ``auto``, which the caller has to find out first.
    """
    # These need torch; the settings, of which recipes are made, do not.
    import torch

    from tagonaut.pixels.augment.colour import recoloured
    from tagonaut.pixels.augment.geometry import flipped, warped
    from tagonaut.pixels.augment.random_ranges import RandomRanges

    if settings.flip == "auto":
        raise ValueError("flip = 'auto' has to be found out before pictures are changed")
    if strength is None:
        strength = torch.ones(len(pictures))
    ranges = RandomRanges(strength.to(pictures.device, torch.float32), generator)
    layout: Any = {"memory_format": torch.channels_last}
    # In half precision, positions would be off by a pixel.
    with torch.autocast(pictures.device.type, enabled=False):
        changed = flipped(pictures, settings.flip, ranges)
        changed = recoloured(warped(changed, settings, ranges), settings, mean, std, ranges)
    return changed if changed is pictures else changed.contiguous(**layout)

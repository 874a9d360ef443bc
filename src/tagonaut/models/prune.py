"""Removes the part of a backbone that lies above the maps that its head takes."""

from typing import Any

import torch
from torch import nn

from tagonaut.models.feature_levels import FeatureLevel, features_at


def prune_backbone(
    backbone: nn.Module, level: FeatureLevel, pictures: torch.Tensor
) -> FeatureLevel:
    """Remove, in place, all layers that the maps at ``level`` do not need; return the new level.

    Stages of the new level are counted from the beginning, since nothing is left behind the deepest
    of them. ``pictures[n, c, s, s]``: any that the backbone takes. For the final map, the layers
    that they pass through are found by autograd, since timm's own pruning would remove too much
    (the last convolution of MobileNetV2).
    """
    if level == "pooled":
        return level
    if level != "map":
        return tuple(backbone.prune_intermediate_layers(list(level), prune_norm=True))  # type: ignore[operator]
    needed = _parameters_behind(backbone, level, pictures)
    _remove(backbone, needed)
    return level


def _parameters_behind(
    backbone: nn.Module, level: FeatureLevel, pictures: torch.Tensor
) -> set[int]:
    """The ids of the parameters in autograd's graph of the maps."""
    learns = {parameter: parameter.requires_grad for parameter in backbone.parameters()}
    training = backbone.training
    backbone.eval().requires_grad_(True)
    with torch.enable_grad():
        maps = features_at(backbone, pictures, level)
    backbone.train(training)
    for parameter, learned in learns.items():
        parameter.requires_grad_(learned)
    todo: list[Any] = [some.grad_fn for some in (maps if isinstance(maps, list) else [maps])]
    seen = set(todo)
    found = set()
    while todo:
        node = todo.pop()
        if hasattr(node, "variable"):
            found.add(id(node.variable))
        following = {other for other, _ in node.next_functions if other is not None} - seen
        seen |= following
        todo.extend(following)
    return found


def _remove(module: nn.Module, needed: set[int]) -> None:
    """Replace each topmost part without a needed parameter by an identity."""
    for name, part in module.named_children():
        own = {id(parameter) for parameter in part.parameters()}
        if own and not own & needed:
            setattr(module, name, nn.Identity())
        elif own:
            _remove(part, needed)

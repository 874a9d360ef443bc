"""What of a backbone is not needed where its maps are tapped."""

from typing import Any

import torch
from torch import nn

from tagonaut.models.feature_levels import Tap, tapped


def without_top(backbone: nn.Module, tap: Tap, pictures: torch.Tensor) -> Tap:
    """Remove, in place, what the maps at ``tap`` do not need; gives the tap from then on.

    Stages come back counted from the beginning: behind the deepest of them nothing is left.
    ``pictures[n, c, s, s]``: any that the backbone takes; what of it they pass through is looked at
    where timm's own pruning would take too much (for the final map, the last convolution of
    MobileNetV2).
    """
    if tap == "pooled":
        return tap
    if tap != "map":
        return tuple(backbone.prune_intermediate_layers(list(tap), prune_norm=True))  # type: ignore[operator]
    needed = _parameters_behind(backbone, tap, pictures)
    _remove(backbone, needed)
    return tap


def _parameters_behind(backbone: nn.Module, tap: Tap, pictures: torch.Tensor) -> set[int]:
    """The ids of those that autograd's graph of the maps leads to."""
    learns = {parameter: parameter.requires_grad for parameter in backbone.parameters()}
    training = backbone.training
    backbone.eval().requires_grad_(True)
    with torch.enable_grad():
        maps = tapped(backbone, pictures, tap)
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
    """Each topmost part of which no parameter is needed."""
    for name, part in module.named_children():
        own = {id(parameter) for parameter in part.parameters()}
        if own and not own & needed:
            setattr(module, name, nn.Identity())
        elif own:
            _remove(part, needed)

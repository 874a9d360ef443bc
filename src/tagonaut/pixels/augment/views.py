"""Views of a picture for test-time augmentation: itself, mirrored and turned."""

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch

ViewKind = Literal["none", "flip", "dihedral"]


def views(pictures: "torch.Tensor", kind: ViewKind) -> "list[torch.Tensor]":
    """``pictures[n, c, s, s]``, then their other views, which only rearrange pixels.

    ``flip``: mirrored left to right. ``dihedral``: the eight flips and quarter turns.
    """
    if kind == "none":
        return [pictures]
    seen = [pictures, pictures.flip(3)]
    if kind == "dihedral":
        seen += [view.flip(2) for view in seen]
        seen += [_transposed(view) for view in seen]
    return seen


def _transposed(pictures: "torch.Tensor") -> "torch.Tensor":
    import torch

    layout: Any = {"memory_format": torch.channels_last}
    return pictures.transpose(2, 3).contiguous(**layout)

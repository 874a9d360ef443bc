"""What a network is fed: the size of its input, and the scale of its values."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.pixels.decode import decode

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Preprocessing:
    """The whole picture resized to ``size × size`` pixels, then ``(value / 255 - mean) / std``.

    The whole picture, not a crop of its middle: a tag may belong to something at the edge.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def prepare(self, path: Path) -> NDArray[np.uint8]:
        """One picture as ``[size, size, 3]``; raises ``PictureError``."""
        return decode(path, (self.size, self.size))

    def tensor(self, pictures: "NDArray[np.uint8] | torch.Tensor") -> "torch.Tensor":
        """Prepared pictures ``[n, s, s, 3]`` as float ``[n, 3, s, s]``, channels last."""
        import torch

        values = torch.as_tensor(pictures).permute(0, 3, 1, 2).float()
        mean = values.new_tensor(self.mean).view(1, 3, 1, 1) * 255
        std = values.new_tensor(self.std).view(1, 3, 1, 1) * 255
        return values.sub_(mean).div_(std)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(int(values["size"]), tuple(values["mean"]), tuple(values["std"]))

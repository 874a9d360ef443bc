"""What a network is fed: the size of its input, its bands, and the scale of its values."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import PictureError, TagonautError
from tagonaut.pixels.bands import RGB, network_order
from tagonaut.pixels.decode import decode, decode_bands

if TYPE_CHECKING:
    import torch

Pixels = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Preprocessing:
    """The whole picture resized to ``size × size`` pixels, then ``(value / peak - mean) / std``.

    The whole picture, not a crop of its middle: a tag may belong to something at the edge.
    ``bands``: none for pictures in red, green and blue, 8 bits each; else the names of the bands in
    the order of the files, 16 bits each. ``mean`` and ``std``, a value a channel, are shares of the
    peak: of 255, or of 65,535.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bands: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """What the network is fed, in its order: red, green, blue, then the other bands."""
        return network_order(self.bands) if self.bands else RGB

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of prepared pictures."""
        return np.dtype(np.uint16 if self.bands else np.uint8)

    def prepare(self, path: Path) -> Pixels:
        """One picture as ``[size, size, c]``; raises ``PictureError``."""
        side = (self.size, self.size)
        return decode_bands(path, side, self.bands) if self.bands else decode(path, side)

    def tensor(self, pictures: "Pixels | torch.Tensor") -> "torch.Tensor":
        """Prepared pictures ``[n, s, s, c]`` as float ``[n, c, s, s]``, channels last."""
        import torch

        values = torch.as_tensor(pictures).permute(0, 3, 1, 2).float()
        peak = 65_535 if self.bands else 255
        mean = values.new_tensor(self.mean).view(1, -1, 1, 1) * peak
        std = values.new_tensor(self.std).view(1, -1, 1, 1) * peak
        return values.sub_(mean).div_(std)

    def measured(self, pictures: Iterable[Pixels | PictureError]) -> Self:
        """The same with each channel's mean and standard deviation over prepared pictures.

        Pictures that could not be read are passed over; ``TagonautError`` if none was read.
        """
        count = 0
        total = np.zeros(len(self.channels))
        squares = np.zeros(len(self.channels))
        reason = ""
        for picture in pictures:
            if isinstance(picture, PictureError):
                reason = reason or f" (the first: {picture})"
            else:
                values = picture.reshape(-1, len(self.channels)) / 65_535
                count += len(values)
                total += values.sum(axis=0)
                squares += (values**2).sum(axis=0)
        if not count:
            raise TagonautError(
                f"the bands of no training picture can be read and measured{reason}"
            )
        mean = total / count
        # A constant band stays as it is: nothing to scale.
        std = np.sqrt(np.maximum(squares / count - mean**2, 1e-10))
        return replace(self, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(
            int(values["size"]),
            tuple(values["mean"]),
            tuple(values["std"]),
            tuple(values["bands"]),
        )

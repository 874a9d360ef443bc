"""Preprocessing: the size of a network's input, its bands, and the scale of its values."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import PictureError, TagonautError
from tagonaut.pixels.bands import RGB, network_order
from tagonaut.pixels.decode import decode, decode_bands

if TYPE_CHECKING:
    import torch

Pixels = NDArray[np.unsignedinteger[Any]]

# Prepared pictures that a model scores at once.
SCORING_BATCH = 32

GREY = ("grey",)
"""The luminance of red, green and blue: one band of 8 bits."""

Normalise = Literal["weights", "unit", "imagenet", "measured", "batch_norm"]
"""``weights``: as the backbone's weights were trained; ``unit``: 0 to 1; ``imagenet``: by the means
and deviations of ImageNet; ``measured``: by those of the training pictures; ``batch_norm``: 0 to 1,
and a batch norm before the backbone. The bands of files are always measured."""

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def channels_of(bands: tuple[str, ...]) -> tuple[str, ...]:
    """The network's channels in their order: red, green, blue, then other bands; or grey."""
    if bands == GREY:
        return GREY
    return network_order(bands) if bands else RGB


@dataclass(frozen=True)
class Preprocessing:
    """The whole picture resized to ``size × size`` pixels, then ``(value / peak - mean) / std``.

    The whole picture, not a central crop: a tag may belong to something at the edge. ``bands``:
    empty for red, green and blue with 8 bits each; ``GREY``; otherwise the names of the bands in
    the order of the files, 16 bits each. ``mean`` and ``std`` have one value per channel, as shares
    of the peak of 255 or 65,535.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bands: tuple[str, ...] = ()

    @classmethod
    def create(
        cls,
        size: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        bands: tuple[str, ...],
        normalise: Normalise,
    ) -> Self:
        """The preprocessing of a backbone whose weights were trained with ``mean`` and ``std``."""
        channels = len(channels_of(bands))
        if normalise == "imagenet":
            mean, std = IMAGENET
        if bands == GREY:
            mean, std = (sum(mean) / len(mean),), (sum(std) / len(std),)
        if normalise in {"unit", "measured", "batch_norm"} or (bands and bands != GREY):
            mean, std = (0.0,) * channels, (1.0,) * channels
        return cls(size, mean, std, bands)

    @property
    def channels(self) -> tuple[str, ...]:
        """The network's channels, in their order."""
        return channels_of(self.bands)

    @property
    def deep(self) -> bool:
        """Whether prepared pictures have 16 bits per channel."""
        return bool(self.bands) and self.bands != GREY

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of prepared pictures."""
        return np.dtype(np.uint16 if self.deep else np.uint8)

    @property
    def peak(self) -> int:
        """The highest value of prepared pictures."""
        return int(np.iinfo(self.dtype).max)

    def prepare(self, path: Path) -> Pixels:
        """Decode one picture to ``[size, size, c]``; raises ``PictureError``."""
        side = (self.size, self.size)
        if self.deep:
            return decode_bands(path, side, self.bands)
        picture = decode(path, side)
        return luminance(picture) if self.bands == GREY else picture

    def tensor(self, pictures: "Pixels | torch.Tensor") -> "torch.Tensor":
        """Prepared pictures ``[n, s, s, c]`` as float ``[n, c, s, s]``, channels last."""
        import torch

        values = torch.as_tensor(pictures).permute(0, 3, 1, 2).float()
        mean = values.new_tensor(self.mean).view(1, -1, 1, 1) * self.peak
        std = values.new_tensor(self.std).view(1, -1, 1, 1) * self.peak
        return values.sub_(mean).div_(std)

    def measured(self, pictures: Iterable[Pixels | PictureError]) -> Self:
        """The same preprocessing with the mean and deviation of each channel of these pictures.

        Pictures that could not be read are skipped; raises ``TagonautError`` if none was read.
        """
        count = 0
        total = np.zeros(len(self.channels))
        squares = np.zeros(len(self.channels))
        reason = ""
        for picture in pictures:
            if isinstance(picture, PictureError):
                reason = reason or f" (the first: {picture})"
            else:
                values = picture.reshape(-1, len(self.channels)) / self.peak
                count += len(values)
                total += values.sum(axis=0)
                squares += (values**2).sum(axis=0)
        if not count:
            raise TagonautError(f"no training picture can be read and measured{reason}")
        mean = total / count
        # The lower bound keeps a constant band finite.
        std = np.sqrt(np.maximum(squares / count - mean**2, 1e-10))
        return replace(self, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON."""
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


def luminance(picture: Pixels) -> Pixels:
    """``[h, w, 3]`` as ``[h, w, 1]``, by the weights of ITU-R BT.601, as Pillow's ``L``."""
    weights = np.array([299, 587, 114], dtype=np.uint32)
    return ((picture @ weights + 500) // 1000).astype(np.uint8)[..., None]

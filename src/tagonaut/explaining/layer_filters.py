"""Some filters of some layers, as pictures: after training, and before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.errors import TagonautError, nearest
from tagonaut.explaining.filters import (
    spatial_layers,
    spread_convolutions,
    spread_filters,
    visualise_filters,
)
from tagonaut.models.compute import device
from tagonaut.models.network import Network
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.progress import track


@dataclass(frozen=True)
class LayerFilters:
    """Pictures that excite some ``filters`` of a layer most: ``after[f, s, s, c]``, 0 to 1.

    ``before``: the same before training, None where it is not shown. ``of``: how many filters the
    layer has.
    """

    layer: str
    filters: Sequence[int]
    of: int
    after: NDArray[np.float32]
    before: NDArray[np.float32] | None


def choose_layers(
    network: Network, preprocessing: Preprocessing, names: Sequence[str] | None
) -> dict[str, int]:
    """The layers called ``names``, and how many filters each has.

    None: some convolutions spread over the depth. Raises ``TagonautError`` for a name that is no
    layer, or one whose output is not laid out in space.
    """
    side = preprocessing.size
    blank = torch.zeros(1, len(preprocessing.channels), side, side, device=device())
    found = spatial_layers(network, blank)
    for name in names or ():
        if name not in found:
            some = ", ".join(spread_convolutions(found))
            raise TagonautError(
                f"the backbone has no layer {nearest(name, list(found))} that gives maps; it has,"
                f" for example, {some}"
            )
    wanted = spread_convolutions(found) if names is None else names
    return {name: found[name].channels for name in wanted}


def layer_filters(
    network: Network,
    start: Network | None,
    preprocessing: Preprocessing,
    layers: Mapping[str, int],
) -> list[LayerFilters]:
    """Some filters of each layer, after training and, where ``start`` is given, before it."""
    sheets = []
    for name, channels in track(layers.items(), "filters", total=len(layers), unit="layers"):
        chosen = spread_filters(channels)
        after = visualise_filters(network, preprocessing, name, chosen)
        before = None if start is None else visualise_filters(start, preprocessing, name, chosen)
        sheets.append(LayerFilters(name, chosen, channels, after, before))
    return sheets

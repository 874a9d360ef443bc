"""What a run's filters look for, after training and before it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from tagonaut.errors import TagonautError, nearest
from tagonaut.explaining import (
    spatial_layers,
    spread_convolutions,
    spread_filters,
    visualise_filters,
)
from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.models.compute import device, to_device
from tagonaut.models.network import Network, create_network
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.progress import track
from tagonaut.reports.explain.page import LayerFilters


def choose_layers(
    network: Network, preprocessing: Preprocessing, names: Sequence[str] | None
) -> dict[str, int]:
    """The layers that are shown, and how many filters each has.

    Default: some convolutions spread over the depth. Raises ``TagonautError`` for a name that is no
    layer, or one without places.
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


def starting_network(
    network: Network, preprocessing: Preprocessing, recipe: Recipe, weights: str | Path | None
) -> tuple[Network | None, str]:
    """The network as it was before training, built as training built it; or what is to be told.

    ``weights``: the file that training started from, if it was one. Raises ``TagonautError`` for a
    file that does not fit.
    """
    if recipe.network is None:
        return None, "The backbone was frozen: training left its filters as they were."
    if recipe.start == "random" and weights is not None:
        raise TagonautError(
            f"the run started at random (recipe {recipe.name}): it takes no --weights"
        )
    where = Path(weights) if weights is not None else recipe.start
    torch.manual_seed(recipe.seed)
    try:
        start, _ = create_network(
            network.architecture,
            where,
            size=recipe.size,
            bands=preprocessing.bands,
            normalise=recipe.normalise,
        )
    except TagonautError as error:
        if weights is not None:
            raise
        return None, f"Before training: not shown, since its weights are not at hand ({error})."
    to_device(start.eval())
    return start, ""


def filter_sheets(
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

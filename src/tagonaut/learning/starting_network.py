"""A run's network as it was before training."""

from pathlib import Path

import torch

from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import Recipe
from tagonaut.models.compute import to_device
from tagonaut.models.network import Network, create_network
from tagonaut.pixels.preprocessing import Preprocessing


def starting_network(
    network: Network, preprocessing: Preprocessing, recipe: Recipe, weights: str | Path | None
) -> tuple[Network | None, str]:
    """Build the network as training built it, or give the reason why that is not possible.

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

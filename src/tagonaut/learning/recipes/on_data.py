"""What a recipe says of the data: its labels, its groups, its bands, how many pictures."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import SPLITS, UNUSED
from tagonaut.errors import PictureError
from tagonaut.labels import LabelSet
from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.pixels.decode import band_names
from tagonaut.pixels.preprocessing import GREY

# Pictures that are looked at to recognise their bands.
LOOKED_AT = 20


def declared(dataset: Dataset, recipe: Recipe) -> tuple[Dataset, list[str]]:
    """The data with the recipe's labels and groups, where it has them; and where it has not."""
    notes = []
    if recipe.labels:
        absent = [name for name in recipe.labels if name not in dataset.labels]
        if absent:
            notes.append(
                f"recipe {recipe.name} learns {', '.join(recipe.labels)} alone, but the data has no"
                f" {', '.join(absent)}: all of the data's labels are learned"
            )
        else:
            dataset = dataset.with_labels(recipe.labels)
    groups = list(dataset.labels.groups)
    grouped = {name for group in groups for name in group}
    for group in recipe.groups:
        if not all(name in dataset.labels for name in group):
            notes.append(
                f"recipe {recipe.name}: of {', '.join(group)} exactly one would hold, but the data"
                " has not all of them: they are taken as independent"
            )
        elif not grouped & set(group):
            groups.append(group)
    if recipe.loss.kind == "grouped" and not groups:
        notes.append(
            f"recipe {recipe.name}: no labels are known to exclude one another, so its loss is"
            " binary cross-entropy (--groups names such labels)"
        )
    labels = LabelSet(dataset.labels.names, tuple(groups))
    return replace(dataset, labels=labels), notes


def bands_of(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """The bands of the files that the network is fed; none for pictures as people see them."""
    if isinstance(recipe.bands, tuple):
        return recipe.bands
    if recipe.bands == "grey":
        return GREY
    if recipe.bands == "auto" and recipe.forest is None:
        for path in dataset.paths[:LOOKED_AT]:
            try:
                return band_names(path)
            except PictureError:  # told later, with all others that cannot be read
                continue
    return ()


def named(bands: tuple[str, ...]) -> str | tuple[str, ...]:
    """As a recipe names them."""
    return "grey" if bands == GREY else bands or "rgb"


def band_notes(bands: tuple[str, ...]) -> list[str]:
    """What is to be told of the files' bands, if they are learned from."""
    if not bands or bands == GREY:
        return []
    return [
        f"the pictures' bands are taken as {', '.join(bands)}, in this order (--set bands=... says"
        " otherwise, --set bands=rgb takes them as people see them)",
    ]


def fewer(splits: NDArray[Any], pictures: int, seed: int) -> NDArray[Any]:
    """The same with so many training pictures at most; the others are unused."""
    train = np.flatnonzero(splits == SPLITS[0])
    if len(train) <= pictures:
        return splits
    left = np.random.default_rng(seed).permutation(train)[pictures:]
    chosen = splits.copy()
    chosen[left] = UNUSED
    return chosen

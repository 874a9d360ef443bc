"""Applies a recipe to data: its labels, groups and bands, and its number of pictures."""

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

# Bands are recognised from at most this many pictures.
LOOKED_AT = 20


def with_recipe_labels(dataset: Dataset, recipe: Recipe) -> tuple[Dataset, list[str]]:
    """The data set with the recipe's labels and groups, and notes on those that it lacks."""
    notes = []
    if recipe.labels:
        absent = [name for name in recipe.labels if name not in dataset.labels]
        if absent:
            notes.append(
                f"recipe {recipe.name} learns only {', '.join(recipe.labels)}, but the data has no"
                f" {', '.join(absent)}: all labels of the data are learned instead"
            )
        else:
            dataset = dataset.with_labels(recipe.labels)
    groups = list(dataset.labels.groups)
    grouped = {name for group in groups for name in group}
    for group in recipe.groups:
        if not all(name in dataset.labels for name in group):
            notes.append(
                f"recipe {recipe.name}: {', '.join(group)} exclude one another, but the data lacks"
                " some of them: they are treated as independent labels"
            )
        elif not grouped & set(group):
            groups.append(group)
    if recipe.loss.uses_groups and not groups:
        notes.append(
            f"recipe {recipe.name}: there are no exclusive groups of labels, so its loss is binary"
            " cross-entropy (declare groups with --groups)"
        )
    labels = LabelSet(dataset.labels.names, tuple(groups))
    return replace(dataset, labels=labels), notes


def bands_of(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """The files' bands that the network gets, in their order; empty for red, green and blue."""
    if isinstance(recipe.bands, tuple):
        return recipe.bands
    if recipe.bands == "grey":
        return GREY
    if recipe.bands == "auto" and recipe.forest is None:
        for path in dataset.paths[:LOOKED_AT]:
            try:
                return band_names(path)
            except PictureError:  # reported later, with all other unreadable pictures
                continue
    return ()


def band_setting(bands: tuple[str, ...]) -> str | tuple[str, ...]:
    """These bands as a recipe's ``bands`` names them."""
    return "grey" if bands == GREY else bands or "rgb"


def band_notes(bands: tuple[str, ...]) -> list[str]:
    """A note on the bands, unless the network gets the usual red, green and blue, or grey."""
    if not bands or bands == GREY:
        return []
    return [
        f"the bands of the pictures are assumed to be {', '.join(bands)}, in this order (--set "
        "bands=... names others, --set bands=rgb uses only red, green and blue)",
    ]


def limit_training(splits: NDArray[Any], pictures: int, seed: int) -> NDArray[Any]:
    """The splits with at most ``pictures`` training pictures, at random; the rest is unused."""
    train = np.flatnonzero(splits == SPLITS[0])
    if len(train) <= pictures:
        return splits
    left = np.random.default_rng(seed).permutation(train)[pictures:]
    chosen = splits.copy()
    chosen[left] = UNUSED
    return chosen

"""The catalogue of shipped recipes: their networks, sizes and measured figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tagonaut.files.reading import read_bytes
from tagonaut.learning.recipes.loading import load_recipe, recipe_names
from tagonaut.learning.recipes.measured import Measured, Measurements, shipped_measurements
from tagonaut.learning.recipes.recipe import Recipe

# The number of labels of the collection that recipes are measured on; a source has its own.
LABELS = 17

Fits = Literal["head", "network", "head, then network", "forest"]


@dataclass(frozen=True)
class Entry:
    """A shipped recipe in figures.

    ``start`` and ``size`` (pixels per side) are None for a forest. ``fits``: the part that learns.
    ``parameters``: the number of weights of backbone, head and input batch norm together, for
    ``labels`` labels; 0 for a forest. ``figures``: reported by the authors of the source.
    ``measured``: our own measurement, if there is one.
    """

    name: str
    summary: str
    backbone: str
    start: Literal["pretrained", "random"] | None
    fits: Fits
    size: int | None
    labels: int
    parameters: int
    source: str
    figures: Mapping[str, str | int | float | bool]
    measured: Measured | None

    def document(self) -> dict[str, Any]:
        """The entry as JSON."""
        measured = self.measured.model_dump(mode="json") if self.measured else None
        return {**vars(self), "figures": dict(self.figures), "measured": measured}


def catalogue(measurements: Measurements | None = None) -> list[Entry]:
    """All shipped recipes by name: our own first, then those of published works.

    ``measurements``: by default those that come with the package. Neither weights nor memory for
    them are needed.
    """
    measured = (measurements or shipped_measurements()).recipes
    recipes = sorted(map(load_recipe, recipe_names()), key=lambda recipe: bool(recipe.source))
    return [_entry(recipe, measured.get(recipe.name)) for recipe in recipes]


def recipe_text(name: str) -> str:
    """The text of a shipped recipe or a ``.toml`` file; raises as ``load_recipe`` does."""
    load_recipe(name)
    if name.endswith(".toml"):
        return read_bytes(Path(name), follow=True).decode()
    return (files("tagonaut") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _entry(recipe: Recipe, measured: Measured | None) -> Entry:
    source = recipe.source
    labels = source.labels if source else LABELS
    parameters, size = network_size(recipe, labels)
    return Entry(
        recipe.name,
        recipe.summary,
        recipe.backbone,
        None if recipe.forest else recipe.start,
        _fits(recipe),
        size,
        labels,
        parameters,
        source.title if source else "",
        source.figures if source else {},
        measured,
    )


def _fits(recipe: Recipe) -> Fits:
    if recipe.forest is not None:
        return "forest"
    if recipe.network is None or recipe.network.frozen_stages == "all":
        return "head"
    return "network" if recipe.frozen is None else "head, then network"


def network_size(recipe: Recipe, labels: int) -> tuple[int, int | None]:
    """The number of parameters of the recipe's network for ``labels`` labels, and its input's side.

    0 and None for a forest. The network is built on torch's meta device, which has shapes without
    values, in a fraction of a second.
    """
    if recipe.forest is not None:
        return 0, None
    import torch

    from tagonaut.learning.losses import activation_of
    from tagonaut.models.network import Architecture, create_network
    from tagonaut.pixels.preprocessing import GREY

    architecture = Architecture(
        backbone=recipe.backbone,
        head=recipe.head,
        activation=activation_of(recipe.loss, labels, (), np.zeros((1, labels))),
        input_norm=recipe.normalise == "batch_norm",
    )
    bands = recipe.bands if isinstance(recipe.bands, tuple) else ()
    with torch.device("meta"):
        network, preprocessing = create_network(
            architecture,
            "random",
            size=recipe.size,
            bands=GREY if recipe.bands == "grey" else bands,
        )
    return sum(some.numel() for some in network.parameters()), preprocessing.size

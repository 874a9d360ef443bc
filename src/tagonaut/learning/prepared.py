"""Pictures that are ready for a fit: readable, split, and decoded as a recipe needs them."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import SPLITS, SplitTable, held_out
from tagonaut.errors import DataError, PictureError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Examples
from tagonaut.learning.losses import activation_of
from tagonaut.learning.recipes import Recipe
from tagonaut.models.backbones import Weights
from tagonaut.models.features import frozen_features
from tagonaut.models.network import Architecture, Network, create_network
from tagonaut.pixels.pixel_cache import pixel_pack, prepared
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

HELD_OUT = "held out"
"""The split, for one fold of cross-validation, of the pictures that its model must not see."""

# The channels' scales are measured on at most this many pictures.
MEASURED = 500
# Pixels a side for a forest's mean colours, if its recipe does not say.
FOREST_SIZE = 64


@dataclass(frozen=True)
class Inputs:
    """A recipe's inputs for all pictures, from the cache.

    ``features[n, d]`` of the frozen backbone, ``pixels[n, s, s, c]``: each None where not needed.
    """

    preprocessing: Preprocessing
    features: NDArray[Any] | None
    pixels: Pixels | None


@dataclass(frozen=True)
class Prepared:
    """The readable pictures of a data set, split, and the weights that the network starts from.

    ``rows[n]``: the pictures' rows in the data set that was given. ``left_out``: the number of
    pictures that could not be read.
    """

    dataset: Dataset
    rows: NDArray[np.intp]
    table: SplitTable
    recipe: Recipe
    start: Weights
    bands: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: int
    _inputs: dict[str, Inputs] = field(default_factory=dict)

    @property
    def examples(self) -> Examples:
        """The examples of the training and the validation split."""
        return Examples(
            self.dataset.targets,
            self.dataset.known,
            self.table.rows("train"),
            self.table.rows("validation"),
        )

    def for_fold(self, fold: int) -> "Prepared":
        """The same pictures, with ``fold`` held out and the next one as validation.

        Test pictures remain test pictures. The channels' scales, where measured, are those of the
        whole training split for every fold.
        """
        table = self.table
        splits = held_out(table.folds, fold)
        splits[splits == SPLITS[2]] = HELD_OUT
        splits[table.folds < 0] = table.splits[table.folds < 0]
        return replace(self, table=replace(table, splits=splits))

    def network(self, recipe: Recipe) -> tuple[Network, Preprocessing]:
        """The recipe's network before the fit, and its preprocessing, not yet measured."""
        labels = self.dataset.labels
        groups = tuple(tuple(labels.index(name) for name in group) for group in labels.groups)
        rows = self.table.rows("train")
        architecture = Architecture(
            backbone=recipe.backbone,
            head=recipe.head,
            activation=activation_of(recipe.loss, len(labels), groups, self.dataset.targets[rows]),
            input_norm=recipe.normalise == "batch_norm",
        )
        torch.manual_seed(recipe.seed)
        return create_network(
            architecture, self.start, size=recipe.size, bands=self.bands, normalise=recipe.normalise
        )

    def inputs(self, recipe: Recipe, stop: Stop) -> Inputs:
        """The inputs for the recipe; raises ``Unreadable`` for pictures that cannot be decoded."""
        keys = (recipe.backbone, recipe.size, recipe.head.level, recipe.normalise, recipe.seed)
        kinds = (recipe.frozen is None, recipe.network is None, recipe.views == "none")
        key = repr((keys, kinds))
        if key not in self._inputs:
            self._inputs[key] = self._read_inputs(recipe, stop)
        return self._inputs[key]

    def _read_inputs(self, recipe: Recipe, stop: Stop) -> Inputs:
        features = pixels = None
        failures: dict[int, PictureError] = {}
        if recipe.forest is not None:
            # The unit scale is the same whatever the weights' mean and deviation.
            size, unused = recipe.size or FOREST_SIZE, (0.0,)
            scale = Preprocessing.create(size, unused, unused, self.bands, "unit")
        else:
            network, scale = self.network(recipe)
            if recipe.normalise == "measured" or scale.deep:
                scale = self._measured(scale)
        paths, hashes, cache = self.dataset.paths, self.table.hashes, Cache()
        if recipe.frozen is not None:
            features, failures = frozen_features(network, scale, paths, hashes, cache, stop=stop)
        # Features are of pictures as they are; other views of them are scored from the pixels.
        views = recipe.network is not None or recipe.views in {"flip", "dihedral"}
        if views or recipe.forest is not None:
            pixels, failures = pixel_pack(paths, hashes, scale, cache, stop=stop)
        if failures:
            raise Unreadable(failures)
        return Inputs(scale, features, pixels)

    def _measured(self, preprocessing: Preprocessing) -> Preprocessing:
        rows = self.table.rows("train")
        some = [self.dataset.paths[row] for row in rows[:: max(1, len(rows) // MEASURED)]]
        decoded = prepared(some, preprocessing)
        with closing(track(decoded, "measuring the channels", total=len(some))) as pictures:
            return preprocessing.measured(pictures)


class Unreadable(DataError):
    """Some pictures could not be decoded: ``failures`` by row."""

    def __init__(self, failures: dict[int, PictureError]) -> None:
        super().__init__(f"{len(failures)} pictures cannot be read")
        self.failures = failures

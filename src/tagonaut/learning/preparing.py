"""What training begins with: readable pictures, split, and what a recipe needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.data.splitting import (
    NO_FOLD,
    SPLITS,
    UNUSED,
    SplitTable,
    group_by,
    held_out,
    is_dealt,
    split,
)
from tagonaut.data.splitting import folds as deal
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting.examples import Examples
from tagonaut.learning.losses import activation_of
from tagonaut.learning.recipes.on_data import band_notes, bands_of, declared, fewer, named
from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.learning.split_checks import (
    check_folds,
    check_splits,
    leak_notes,
    with_their_copies,
)
from tagonaut.models.backbones import Weights, backbone_name
from tagonaut.models.features import frozen_features
from tagonaut.models.network import Architecture, Network, create_network
from tagonaut.pixels.pixel_cache import pixel_pack, prepared
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

HELD_OUT = "held out"
"""The split, in a turn of cross-validation, of the fold that its model is not to see."""
FEWEST_FOLDS = 3

# Pictures that are measured for the channels' scales.
MEASURED = 500
# Pixels a side from which a forest takes mean colours, where its recipe does not say.
FOREST_SIZE = 64


@dataclass(frozen=True)
class Inputs:
    """What a recipe needs of all pictures, from the cache.

    ``features[n, d]`` of the frozen backbone, ``pixels[n, s, s, c]``: each None where not needed.
    """

    preprocessing: Preprocessing
    features: NDArray[Any] | None
    pixels: Pixels | None


@dataclass(frozen=True)
class Prepared:
    """The readable pictures of a data set, split, and where the network starts."""

    dataset: Dataset
    hashes: list[str]
    table: SplitTable
    recipe: Recipe
    start: Weights
    bands: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: int
    _materials: dict[str, Inputs] = field(default_factory=dict)

    @property
    def examples(self) -> Examples:
        """What is learned from, and what judges each epoch."""
        return Examples(
            self.dataset.targets,
            self.dataset.known,
            self.table.rows("train"),
            self.table.rows("validation"),
        )

    def turn(self, fold: int) -> "Prepared":
        """The same pictures, with ``fold`` held out and the next one as validation.

        Test pictures stay what they are. The channels' scales, where measured, are those of the
        whole training split in every turn.
        """
        table = self.table
        splits = held_out(table.folds, fold)
        splits[splits == SPLITS[2]] = HELD_OUT
        splits[table.folds < 0] = table.splits[table.folds < 0]
        return replace(self, table=replace(table, splits=splits))

    def network(self, recipe: Recipe) -> tuple[Network, Preprocessing]:
        """The recipe's network as it starts, and what it is fed, not yet measured."""
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

    def material(self, recipe: Recipe, stop: Stop) -> Inputs:
        """What the recipe needs; raises ``Unreadable`` for pictures that cannot be decoded."""
        keys = (recipe.backbone, recipe.size, recipe.head.tap, recipe.normalise, recipe.seed)
        kinds = (recipe.frozen is None, recipe.network is None, recipe.views == "none")
        key = repr((keys, kinds))
        if key not in self._materials:
            self._materials[key] = self._material(recipe, stop)
        return self._materials[key]

    def _material(self, recipe: Recipe, stop: Stop) -> Inputs:
        features = pixels = None
        failures: dict[int, PictureError] = {}
        if recipe.forest is not None:
            size, anything = recipe.size or FOREST_SIZE, (0.0,)
            scale = Preprocessing.create(size, anything, anything, self.bands, "unit")
        else:
            network, scale = self.network(recipe)
            if recipe.normalise == "measured" or scale.deep:
                scale = self._measured(scale)
        paths, cache = self.dataset.paths, Cache()
        if recipe.frozen is not None:
            features, failures = frozen_features(
                network, scale, paths, self.hashes, cache, stop=stop
            )
        # Features are of pictures as they are; other views of them are scored from the pixels.
        open_read_only = recipe.network is not None or recipe.views in {"flip", "dihedral"}
        if open_read_only or recipe.forest is not None:
            pixels, failures = pixel_pack(paths, self.hashes, scale, cache, stop=stop)
        if failures:
            raise Unreadable(failures)
        return Inputs(scale, features, pixels)

    def _measured(self, preprocessing: Preprocessing) -> Preprocessing:
        rows = self.table.rows("train")
        some = [self.dataset.paths[row] for row in rows[:: max(1, len(rows) // MEASURED)]]
        decoded = track(prepared(some, preprocessing), "measuring the channels", total=len(some))
        return preprocessing.measured(decoded)


class Unreadable(DataError):
    """Some pictures could not be decoded: ``failures`` by row."""

    def __init__(self, failures: dict[int, PictureError]) -> None:
        super().__init__(f"{len(failures)} pictures cannot be read")
        self.failures = failures


class Preparing(TypedDict, total=False):
    """How pictures are split, and where a network starts.

    ``weights``: a safetensors file for the backbone, which is its name up to the first dot unless
    ``backbone`` says otherwise; without it, the hub's. ``parts``, ``stratify``, ``in_order``: see
    ``tagonaut.data.splitting.splits.split``; ``by``, what no split may take apart: see
    ``tagonaut.data.splitting.groups.group_by``; files of the same bytes stay together anyway,
    unless a split is given. ``folds``: training and validation pictures are pooled and
    dealt into so many. ``missing``: unreadable pictures are an error (``error``) or
    left out (``skip``).
    """

    weights: str | Path | None
    backbone: str | None
    parts: str
    by: str | None
    stratify: bool
    in_order: bool
    folds: int | None
    missing: str


def prepare(
    dataset: Dataset,
    recipe: Recipe,
    *,
    weights: str | Path | None = None,
    backbone: str | None = None,
    parts: str = "60/20/20",
    by: str | None = None,
    stratify: bool = True,
    in_order: bool = False,
    folds: int | None = None,
    missing: str = "error",
    stop: Stop,
) -> Prepared:
    """Split the pictures and read all of them as the recipe wants them; see ``Preparing``."""
    if folds is not None and folds < FEWEST_FOLDS:
        raise TagonautError(
            f"--folds {folds}: one fold judges, one validates, and the others are learned from, so"
            f" there are {FEWEST_FOLDS} or more"
        )
    start, name = _start(recipe, Path(weights) if weights else None, backbone)
    dataset, notes = declared(dataset, recipe)
    bands = bands_of(recipe, dataset)
    recipe = recipe.model_copy(update={"backbone": name, "bands": named(bands)})
    groups = group_by(dataset, by, tell=notes.append, stop=stop) if by is not None else None
    splits = split(
        dataset, parts, seed=recipe.seed, stratify=stratify, in_order=in_order, groups=groups
    )
    if recipe.pictures is not None:
        splits = fewer(splits, recipe.pictures, recipe.seed)
    used = splits != UNUSED
    if recipe.pictures is None and not used.all():
        notes.append(f"{(~used).sum():,} of {len(used):,} pictures are in no split and not used")
    dataset, splits = dataset.subset(used), splits[used]
    groups = groups[used] if groups is not None else None
    hashes = hash_pictures(dataset.paths)
    contents = _contents(hashes)
    if is_dealt(parts):
        splits = with_their_copies(contents, splits)
    dealt = _dealt(dataset, splits, contents, folds, groups, recipe.seed, stratify=stratify)
    failures = {row: found for row, found in enumerate(hashes) if isinstance(found, PictureError)}
    faults: list[str] = []
    notes += band_notes(bands)
    while True:
        if failures:
            faults += [f"{dataset.paths[row]}: {error}" for row, error in sorted(failures.items())]
            _check_missing(faults, len(dataset), missing)
            kept = np.array([row for row in range(len(dataset)) if row not in failures])
            dataset, splits, dealt = dataset.subset(kept), splits[kept], dealt[kept]
            hashes = [hashes[row] for row in kept]
        texts = [str(content) for content in hashes]
        table = SplitTable.of(dataset, texts, splits, dealt)
        check_splits(table, recipe, faults)
        check_folds(table, folds or 0, recipe, faults)
        told = (*notes, *(f"{fault}: left out" for fault in faults), *leak_notes(table))
        ready = Prepared(dataset, texts, table, recipe, start, bands, told, len(faults))
        try:
            ready.material(recipe, stop)
        except Unreadable as found:
            failures = found.failures
        else:
            return ready


def _contents(hashes: Sequence[str | PictureError]) -> list[object]:
    """What each picture is, as far as it can be read; the others are copies of nothing."""
    return [row if isinstance(found, PictureError) else found for row, found in enumerate(hashes)]


def _check_missing(faults: Sequence[str], pictures: int, missing: str) -> None:
    if missing == "error":
        raise DataError(
            f"{len(faults):,} of {pictures:,} pictures cannot be read"
            " (--missing skip leaves them out)",
            faults,
        )
    if len(faults) >= pictures:
        raise DataError("nothing is left: no picture can be read", faults)


def _dealt(
    dataset: Dataset,
    splits: NDArray[np.str_],
    contents: Sequence[object],
    folds: int | None,
    groups: NDArray[np.intp] | None,
    seed: int,
    *,
    stratify: bool,
) -> NDArray[np.intp]:
    """The fold of each picture of the training and validation splits; -1 for all others."""
    dealt = np.full(len(dataset), NO_FOLD)
    if folds is not None:
        pool = np.flatnonzero(splits != SPLITS[2])
        bound = groups[pool] if groups is not None else None
        found = deal(dataset.subset(pool), folds, seed=seed, stratify=stratify, groups=bound)
        dealt[pool] = with_their_copies([contents[row] for row in pool.tolist()], found)
    return dealt


def _start(recipe: Recipe, weights: Path | None, backbone: str | None) -> tuple[Weights, str]:
    if recipe.forest is not None:
        if weights is not None or backbone is not None:
            raise TagonautError(
                f"recipe {recipe.name} is a forest: it takes no --backbone, no --weights"
            )
        return "random", ""
    if recipe.start == "random":
        if weights is not None:
            raise TagonautError(
                f"recipe {recipe.name} starts at random: it takes no --weights"
                " (--set start=pretrained lets it)"
            )
        return "random", backbone or recipe.backbone
    if weights is not None:
        if not weights.is_file():
            raise TagonautError(f"{weights}: there is no such weights file")
        return weights, backbone or backbone_name(weights)
    return "pretrained", backbone or recipe.backbone

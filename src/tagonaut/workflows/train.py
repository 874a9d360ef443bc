"""From labelled pictures to a run folder."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.data.groups import group_by
from tagonaut.data.splits import SPLITS, UNUSED, split
from tagonaut.deciding import DecisionRule
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.examples import Examples
from tagonaut.learning.fit_head import fit_head
from tagonaut.learning.history import History
from tagonaut.learning.recipes import Recipe, load_recipe
from tagonaut.learning.turning import find_augmentation
from tagonaut.models.backbones import Weights, backbone_name, create_backbone
from tagonaut.models.features import frozen_features
from tagonaut.models.network import Network, score_pixels
from tagonaut.pixels.decode import band_names
from tagonaut.pixels.pack import pixel_pack, prepared
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track
from tagonaut.tagger import Tagger
from tagonaut.workflows.run_folder import RunFolder
from tagonaut.workflows.split_table import SplitTable

# Pictures that are looked at to recognise their bands, and measured for the bands' scales.
LOOKED_AT, MEASURED = 20, 500


@dataclass(frozen=True)
class Trained:
    """What training leaves: where the run is, and its metrics (those of ``metrics.json``).

    ``counts``: pictures a label and split. ``left_out``: whether pictures could not be read.
    """

    run: Path
    metrics: dict[str, Any]
    counts: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    interrupted: bool
    left_out: bool


def train(
    dataset: Dataset,
    recipe: str | Recipe = "fast",
    *,
    out: str | Path | None = None,
    weights: str | Path | None = None,
    backbone: str | None = None,
    parts: str = "60/20/20",
    by: str | None = None,
    stratify: bool = True,
    in_order: bool = False,
    missing: str = "error",
    on_split: Callable[[dict[str, dict[str, int]]], None] = lambda counts: None,
) -> Trained:
    """Split, fit, tune the decision rule on validation scores, judge on the test pictures.

    ``weights``: a safetensors file for the backbone, which is its name up to the first dot unless
    ``backbone`` says otherwise; without it, the hub's. ``parts``, ``stratify``, ``in_order``: see
    ``tagonaut.data.splits.split``; ``by``, what no split may take apart: see
    ``tagonaut.data.groups.group_by``. ``missing``: unreadable pictures are an error (``error``) or
    left out (``skip``). ``on_split`` is told the label counts of each split before fitting.
    Ctrl-C ends with a usable run of the best epoch so far. Raises ``TagonautError``.
    """
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    start, name = _start(recipe, Path(weights) if weights else None, backbone)
    bands = _bands(recipe, dataset)
    recipe = recipe.model_copy(update={"backbone": name, "bands": bands or "rgb"})
    folder = RunFolder.new(Path(out) if out else None, recipe.name)
    grouping: list[str] = []
    groups = None
    if by is not None:
        with stoppable("Stopping; nothing was trained yet") as stop:
            groups = group_by(dataset, by, tell=grouping.append, stop=stop)
    splits = split(
        dataset, parts, seed=recipe.seed, stratify=stratify, in_order=in_order, groups=groups
    )
    used = splits != UNUSED
    dataset, splits = dataset.subset(used), splits[used]
    with stoppable("Stopping after this step; the best epoch so far is kept") as stop:
        torch.manual_seed(recipe.seed)
        module, preprocessing = create_backbone(name, start, recipe.size, bands)
        if bands:
            preprocessing = _measured(preprocessing, dataset.subset(splits == SPLITS[0]).paths)
        material = _material(dataset, recipe, module, preprocessing, missing, stop)
        table = SplitTable.of(material.dataset, material.hashes, splits[material.rows])
        counts = table.label_counts()
        on_split(counts)
        network, recipe, history = _fit(material, recipe, module, table, stop)
        interrupted = stop.asked
    scores = _scores(material, network, table)
    judged = table.rows("validation")
    rule = DecisionRule.tune(
        dataset.labels.names,
        table.targets[judged],
        scores[judged],
        metric=recipe.metric,
        known=table.known[judged],
        ids=[table.ids[row] for row in judged],
        split="validation",
        groups=dataset.labels.groups,
    )
    tagger = Tagger(network, name, preprocessing, dataset.labels, rule)
    metrics = folder.write(tagger, recipe, table, scores, history, interrupted=interrupted)
    notes = (
        *grouping,
        *_band_notes(bands),
        *material.notes,
        *_leak_notes(table),
        *_rule_notes(rule),
    )
    return Trained(folder.path, metrics, counts, notes, interrupted, bool(material.notes))


def _start(recipe: Recipe, weights: Path | None, backbone: str | None) -> tuple[Weights, str]:
    if recipe.start == "random":
        if weights is not None:
            raise TagonautError(
                f"recipe {recipe.name} starts at random: it takes no --weights"
                " (fast and best start from weights)"
            )
        return "random", backbone or recipe.backbone
    if weights is not None:
        return weights, backbone or backbone_name(weights)
    return "pretrained", backbone or recipe.backbone


def _bands(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """The bands of the files that the network is fed; none for pictures as people see them."""
    if isinstance(recipe.bands, tuple):
        return recipe.bands
    if recipe.bands == "auto":
        for path in dataset.paths[:LOOKED_AT]:
            try:
                return band_names(path)
            except PictureError:  # told later, with all others that cannot be read
                continue
    return ()


def _measured(preprocessing: Preprocessing, paths: Sequence[Path]) -> Preprocessing:
    some = paths[:: max(1, len(paths) // MEASURED)]
    decoded = track(prepared(some, preprocessing), "measuring the bands", total=len(some))
    return preprocessing.measured(decoded)


def _band_notes(bands: tuple[str, ...]) -> tuple[str, ...]:
    if not bands:
        return ()
    return (
        f"the pictures' bands are taken as {', '.join(bands)}, in this order (--set bands=... says"
        " otherwise, --set bands=rgb takes them as people see them)",
    )


@dataclass(frozen=True)
class _Material:
    """The readable pictures of a data set (its ``rows``), with what the recipe needs of them."""

    rows: NDArray[np.intp]
    dataset: Dataset
    hashes: list[str]
    preprocessing: Preprocessing
    features: NDArray[np.float32] | None
    pixels: Pixels | None
    notes: tuple[str, ...]


def _material(
    dataset: Dataset,
    recipe: Recipe,
    module: torch.nn.Module,
    preprocessing: Preprocessing,
    missing: str,
    stop: Stop,
) -> _Material:
    hashes = hash_pictures(dataset.paths)
    failures = {row: found for row, found in enumerate(hashes) if isinstance(found, PictureError)}
    features = pixels = None
    if not failures:
        texts = [str(content) for content in hashes]
        cache = Cache()
        if recipe.head is not None:
            features, failures = frozen_features(
                module, preprocessing, dataset.paths, texts, cache, stop=stop
            )
        if recipe.network is not None:
            pixels, failures = pixel_pack(dataset.paths, texts, preprocessing, cache, stop=stop)
        if not failures:
            rows = np.arange(len(dataset))
            return _Material(rows, dataset, texts, preprocessing, features, pixels, ())
    faults = [f"{dataset.paths[row]}: {error}" for row, error in sorted(failures.items())]
    if missing == "error":
        raise DataError(
            f"{len(faults):,} of {len(dataset):,} pictures cannot be read"
            " (--missing skip leaves them out)",
            faults,
        )
    if len(faults) == len(dataset):
        raise DataError("nothing is left: no picture can be read", faults)
    kept = np.array([row for row in range(len(dataset)) if row not in failures])
    left = _material(dataset.subset(kept), recipe, module, preprocessing, missing, stop)
    notes = tuple(f"{fault}: left out" for fault in faults)
    return replace(left, rows=kept[left.rows], notes=notes + left.notes)


def _fit(
    material: _Material, recipe: Recipe, module: torch.nn.Module, table: SplitTable, stop: Stop
) -> tuple[Network, Recipe, History]:
    """The fitted network, the recipe as it was carried out, and what happened."""
    dataset, history = material.dataset, History()
    network = Network(module, len(dataset.labels))
    examples = Examples(
        dataset.targets, dataset.known, table.rows("train"), table.rows("validation")
    )
    if recipe.head is not None and material.features is not None:
        network.head, fitted = fit_head(
            material.features,
            examples,
            recipe.head,
            seed=recipe.seed,
            stop=stop,
        )
        history.epochs += fitted.epochs
    enough = stop.asked and bool(history.epochs)
    if recipe.network is not None and material.pixels is not None and not enough:
        # Lightning takes seconds to import, and frozen features do without it.
        from tagonaut.learning.fit_network import fit_network

        settings = recipe.network
        if settings.augment == "auto":
            found, told = find_augmentation(
                network, material.preprocessing, material.pixels, examples
            )
            sys.stderr.write(f"{told}\n")
            settings = settings.model_copy(update={"augment": found})
            recipe = recipe.model_copy(update={"network": settings})
        fitted = fit_network(
            network,
            material.preprocessing,
            material.pixels,
            examples,
            settings,
            seed=recipe.seed,
            stop=stop,
            started=recipe.head is not None,
        )
        history.epochs += fitted.epochs
    return network, recipe, history


def _scores(material: _Material, network: Network, table: SplitTable) -> NDArray[np.float32]:
    """``scores[n, k]`` of the pictures that were not fitted; the others' rows are NaN."""
    scores = np.full(material.dataset.targets.shape, np.nan, dtype=np.float32)
    rows = np.concatenate([table.rows(part) for part in SPLITS[1:]])
    if material.pixels is not None:
        scores[rows] = score_pixels(network, material.pixels, rows, material.preprocessing)
    elif material.features is not None:
        with torch.inference_mode():
            logits = network.head(torch.from_numpy(material.features[rows]))
            scores[rows] = logits.sigmoid().numpy()
    return scores


def _leak_notes(table: SplitTable) -> tuple[str, ...]:
    judged = {part: {table.hashes[row] for row in table.rows(part)} for part in SPLITS}
    leaked = [row for row in table.rows("test")
              if table.hashes[row] in judged["train"] | judged["validation"]]  # fmt: skip
    if not leaked:
        return ()
    return (
        f"{len(leaked):,} test pictures are byte for byte pictures of another split, the first:"
        f" {table.ids[leaked[0]]} (--group-by near keeps such pictures together)",
    )


def _rule_notes(rule: DecisionRule) -> tuple[str, ...]:
    if not rule.untuned:
        return ()
    return (
        f"{', '.join(rule.untuned)}: no threshold could be tuned (the validation pictures have no"
        " example, or nothing else); 0.5 stands",
    )

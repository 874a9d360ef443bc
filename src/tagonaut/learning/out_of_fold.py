"""Scores of every labelled picture by models that saw neither it nor a copy of it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import UNUSED
from tagonaut.data.splitting import folds as deal
from tagonaut.errors import DataError, Interrupted
from tagonaut.interrupts import Stop
from tagonaut.learning.fit import fit
from tagonaut.learning.prepared import Prepared
from tagonaut.learning.preparing import Preparing, prepare
from tagonaut.learning.recipes import Recipe
from tagonaut.terminal import say

FEWEST = 4
"""Two folds, each with one picture in either half."""


@dataclass(frozen=True)
class OutOfFold:
    """``scores[n, k]`` of the pictures of ``dataset``, and the fold of each, from 0.

    ``recipe``: with everything resolved. ``left_out``: the number of pictures that could not be
    read.
    """

    dataset: Dataset
    scores: NDArray[np.float32]
    folds: NDArray[np.intp]
    recipe: Recipe
    notes: tuple[str, ...]
    left_out: int


def out_of_fold_scores(
    dataset: Dataset,
    recipe: Recipe,
    folds: int,
    *,
    groups: NDArray[np.intp],
    weights: str | Path | None = None,
    backbone: str | None = None,
    missing: str = "error",
    stop: Stop,
) -> OutOfFold:
    """Fit the recipe once per fold, on the other folds, and score the fold.

    Half of the next fold validates the fold's model, so that as much as possible is left to learn
    from. ``groups[n]``: pictures of the same number stay in one fold. Pictures of which no label is
    known are left out. Computations that do not depend on the fold, such as the features of a
    frozen backbone, are made once. Raises ``TagonautError``, and ``Interrupted`` if asked to stop.
    """
    halves = _halves(dataset, folds, recipe.seed, groups)
    usable = halves >= 0
    dataset, halves = dataset.subset(usable), halves[usable]
    prepared = prepare(
        dataset,
        recipe.model_copy(update={"pictures": None}),
        Preparing(weights, backbone, missing=missing),
        splits=_splits(halves, 0, folds),
        stop=stop,
    )
    halves = halves[prepared.rows]
    scores = np.full(prepared.dataset.targets.shape, np.nan, dtype=np.float32)
    for fold in range(folds):
        rows = halves // 2 == fold
        say(f"fold {fold + 1} of {folds}")
        scores[rows] = _scored(prepared, _splits(halves, fold, folds), stop)[rows]
    return OutOfFold(
        prepared.dataset, scores, halves // 2, prepared.recipe, prepared.notes, prepared.left_out
    )


def _halves(dataset: Dataset, folds: int, seed: int, groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """The half fold of each picture: 0 and 1 make fold 0, and so on; -1: no label is known."""
    usable = int(dataset.known.any(axis=1).sum())
    if usable < FEWEST:
        raise DataError(f"an audit needs at least {FEWEST} labelled pictures; there are {usable}")
    if not 2 <= folds <= usable // 2:
        raise DataError(
            f"{usable:,} labelled pictures cannot be dealt into {folds} folds"
            f" (from 2 to {usable // 2:,})"
        )
    return deal(dataset, 2 * folds, seed=seed, groups=groups)


def _splits(halves: NDArray[np.intp], fold: int, folds: int) -> NDArray[np.str_]:
    """The split of each picture for the model of one fold, which is its test split."""
    splits = np.full(len(halves), "train", dtype="<U10")
    splits[halves == (2 * fold + 2) % (2 * folds)] = "validation"
    splits[halves // 2 == fold] = "test"
    splits[halves < 0] = UNUSED
    return splits


def _scored(prepared: Prepared, splits: NDArray[np.str_], stop: Stop) -> NDArray[np.float32]:
    table = replace(prepared.table, splits=splits)
    for part in ("train", "validation", "test"):
        if not table.known[table.rows(part)].any():
            raise DataError(
                f"a fold has no readable {part} picture with a known label: use fewer folds"
            )
    scores = fit(replace(prepared, table=table), prepared.recipe, stop=stop, parts=("test",)).scores
    if stop.asked:
        raise Interrupted("stopped: nothing was written")
    return scores

"""Scores of every labelled picture by models that saw neither it nor a copy of it."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import COLUMN, UNUSED
from tagonaut.data.splitting import folds as deal
from tagonaut.errors import DataError, Interrupted
from tagonaut.interrupts import Stop
from tagonaut.learning.fit import fit
from tagonaut.learning.preparing import Prepared, prepare
from tagonaut.learning.recipes.recipe import Recipe

FEWEST = 4
"""Two folds, each of a picture that validates and one that does not."""

# Columns that no table can have: their names are not stripped.
_SPLIT, _HALF = " split ", " half "


@dataclass(frozen=True)
class OutOfFold:
    """``scores[n, k]`` of the pictures of ``dataset``, and the fold of each, from 0.

    ``recipe``: as it was carried out. ``left_out``: pictures that could not be read.
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
    """Fit the recipe once a fold, on the other folds, and score the fold.

    The fold's model is chosen by validation pictures of the others: half a fold, so that as much as
    can be is left to learn from. ``groups[n]``: pictures of one number stay in one fold. Pictures
    of which no label is known are left out. What does not learn, such as a frozen backbone's
    features, is computed once. Raises ``TagonautError``, and ``Interrupted`` if asked to stop.
    """
    halves = _halves(dataset, folds, recipe.seed, groups)
    usable = halves >= 0
    dataset, halves = dataset.subset(usable), halves[usable]
    own = dataset.columns
    marked = {_SPLIT: pl.Series(_turn(halves, 0, folds)), _HALF: pl.Series(halves)}
    columns = own.with_columns(**marked) if own.height else pl.DataFrame(marked)
    prepared = prepare(
        replace(dataset, columns=columns),
        recipe.model_copy(update={"pictures": None}),
        weights=weights,
        backbone=backbone,
        parts=f"{COLUMN}{_SPLIT}",
        missing=missing,
        stop=stop,
    )
    halves = prepared.dataset.columns[_HALF].to_numpy()
    scores = np.full(prepared.dataset.targets.shape, np.nan, dtype=np.float32)
    for fold in range(folds):
        here = halves // 2 == fold
        sys.stderr.write(f"fold {fold + 1} of {folds}\n")
        scores[here] = _scored(prepared, _turn(halves, fold, folds), stop)[here]
    own = prepared.dataset.columns.drop(_SPLIT, _HALF)
    return OutOfFold(
        replace(prepared.dataset, columns=own),
        scores,
        halves // 2,
        prepared.recipe,
        prepared.notes,
        prepared.left_out,
    )


def _halves(dataset: Dataset, folds: int, seed: int, groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """Two halves a fold: 0 and 1 are the first fold, and so on; -1: nothing is known."""
    usable = int(dataset.known.any(axis=1).sum())
    if usable < FEWEST:
        raise DataError(f"an audit needs at least {FEWEST} labelled pictures; here are {usable}")
    if not 2 <= folds <= usable // 2:
        raise DataError(
            f"{usable:,} labelled pictures cannot be dealt into {folds} folds"
            f" (from 2 to {usable // 2:,})"
        )
    return deal(dataset, 2 * folds, seed=seed, groups=groups)


def _turn(halves: NDArray[np.intp], fold: int, folds: int) -> NDArray[np.str_]:
    """The splits of one fit."""
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
                f"a fold has no readable {part} picture of which any label is known: take fewer"
                " folds"
            )
    scores = fit(replace(prepared, table=table), prepared.recipe, stop=stop, parts=("test",)).scores
    if stop.asked:
        raise Interrupted("stopped: nothing was written")
    return scores

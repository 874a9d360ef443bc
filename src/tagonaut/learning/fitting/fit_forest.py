"""Fits a random forest on mean colours; a grid search chooses depth and number of trees."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tagonaut.deciding import fbeta
from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting.examples import Examples
from tagonaut.progress import track
from tagonaut.settings import Settings
from tagonaut.terminal import say

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

    from tagonaut.models.forest import Forest


class ForestSettings(Settings):
    """Settings of a random forest, whose scores are the labels' mean shares in the leaves."""

    max_depth: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        tuple(range(1, 13)),
        min_length=1,
        description="depths of the trees that the grid search tries",
    )
    n_estimators: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(
        (100, 200, 300, 400),
        min_length=1,
        description="numbers of trees that the grid search tries",
    )
    folds: int = Field(
        5,
        ge=2,
        le=100,
        description="number of folds of the training pictures for the grid search, which compares"
        " the samples-F1 at 0.5 on the fold that was held out",
    )


@dataclass(frozen=True)
class GridPoint:
    """One depth and number of trees: mean and deviation of samples-F1 over ``folds`` folds."""

    max_depth: int
    n_estimators: int
    samples_f1: float
    deviation: float
    folds: int


@dataclass(frozen=True)
class Grid:
    """All points of a grid search."""

    points: tuple[GridPoint, ...]

    def best(self) -> GridPoint:
        """The point with the highest mean among those with the most folds; the first of equals.

        Points are ordered by depth, then by number of trees.
        """
        most = max(point.folds for point in self.points)
        complete = [point for point in self.points if point.folds == most]
        return max(complete, key=lambda point: point.samples_f1)

    def write(self, path: Path) -> None:
        """Write all points as CSV."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(field.name for field in fields(GridPoint))
            writer.writerows(astuple(point) for point in self.points)


def fit_forest(
    colours: NDArray[np.floating[Any]],
    examples: Examples,
    settings: ForestSettings,
    *,
    seed: int,
    stop: Stop,
) -> tuple["Forest", Grid]:
    """The forest with the best depth and number of trees, fitted on all training rows.

    ``colours[n, c]``: the features, such as the pictures' mean colours. Validation rows are not
    used. A tree is fitted to all labels at once, so it learns only from rows whose labels are all
    known; raises ``TagonautError`` if there are fewer of them than folds. If asked to stop, the
    search ends with the best point so far.
    """
    from tagonaut.models.forest import Forest

    train = examples.train
    rows = train[examples.known[train].all(axis=1)]
    if len(rows) < settings.folds:
        raise TagonautError(
            f"a random forest learns only from pictures whose labels are all known: {len(rows):,}"
            f" of the {len(train):,} training pictures, too few for {settings.folds} folds"
        )
    if len(rows) < len(train):
        say(
            f"the forest learns from {len(rows):,} of {len(train):,} training pictures: the "
            "others have unknown labels"
        )
    inputs, targets = np.ascontiguousarray(colours[rows], dtype=np.float32), examples.targets[rows]
    grid = _search(inputs, targets, settings, seed, stop)
    best = grid.best()
    return Forest.of(_fit(inputs, targets, best.max_depth, best.n_estimators, seed)), grid


def _search(
    inputs: NDArray[np.float32],
    targets: NDArray[np.uint8],
    settings: ForestSettings,
    seed: int,
    stop: Stop,
) -> Grid:
    fold = _folds(targets, settings.folds, seed)
    numbers = sorted(set(settings.n_estimators))
    found: dict[int, list[list[float]]] = {}
    fits = list(product(sorted(set(settings.max_depth)), range(settings.folds)))
    for depth, held_out in track(fits, "searching the forest", unit="fits"):
        out = fold == held_out
        forest = _fit(inputs[~out], targets[~out], depth, numbers[-1], seed)
        found.setdefault(depth, []).append(
            [
                fbeta(targets[out], tags, 1, average="samples")
                for tags in _growing(forest, inputs[out], numbers)
            ]
        )
        if stop.asked:
            break
    return Grid(
        tuple(
            GridPoint(depth, number, float(np.mean(figures)), float(np.std(figures)), len(figures))
            for depth, folds in found.items()
            for number, figures in zip(numbers, zip(*folds, strict=True), strict=True)
        )
    )


def _folds(targets: NDArray[np.uint8], folds: int, seed: int) -> NDArray[np.intp]:
    """The fold of each row; every label has nearly the same share in all folds."""
    from tagonaut.data.splitting import stratified

    n = len(targets)
    order = np.random.default_rng(seed).permutation(n)
    sizes = [n // folds + (fold < n % folds) for fold in range(folds)]
    positives = targets[order] > 0
    dealt = stratified(positives, np.ones_like(positives), np.arange(n), sizes)
    result = np.empty(n, dtype=np.intp)
    result[order] = dealt
    return result


def _fit(
    inputs: NDArray[np.float32], targets: NDArray[np.uint8], depth: int, trees: int, seed: int
) -> "RandomForestClassifier":
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(trees, max_depth=depth, random_state=seed, n_jobs=-1)
    return forest.fit(inputs, targets[:, 0] if targets.shape[1] == 1 else targets)


def _growing(
    forest: "RandomForestClassifier", inputs: NDArray[np.float32], numbers: list[int]
) -> Iterator[NDArray[np.intp]]:
    """Yield ``tags[n, k]`` by the forest's first trees, for each of ``numbers`` in rising order.

    The first trees are those of a smaller forest with the same seed, so all numbers cost one fit.
    """
    labels = forest.n_outputs_
    # scikit-learn has no list for a single label.
    classes = forest.classes_ if labels > 1 else [forest.classes_]
    total: Any = 0.0
    for number, tree in enumerate(forest.estimators_, 1):
        total = total + tree.tree_.predict(inputs).reshape(len(inputs), labels, -1)
        if number in numbers:
            most = total.argmax(axis=2)
            yield np.stack([classes[k][most[:, k]] for k in range(labels)], axis=1).astype(np.intp)

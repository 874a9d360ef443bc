"""One fit: a recipe applied to prepared pictures."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SPLITS
from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Epoch, History, OnEpoch, PictureExamples, validation_figures
from tagonaut.learning.fitting.fit_forest import Grid, fit_forest
from tagonaut.learning.fitting.fit_frozen import fit_frozen, frozen_scores
from tagonaut.learning.fitting.flip_invariance import find_flip
from tagonaut.learning.losses import create_loss
from tagonaut.learning.prepared import Inputs, Prepared
from tagonaut.learning.recipes import Recipe
from tagonaut.models.mean_colour import MeanColourForest, colours_of
from tagonaut.models.network import Network, score_pixels
from tagonaut.models.stored import Model
from tagonaut.pixels.augment import ViewKind
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.terminal import say

TRAIN_SCORED = 2000
"""At most this many views of training pictures are scored, to compare with the test pictures."""
VIEWS: dict[ViewKind, int] = {"none": 1, "flip": 2, "dihedral": 8}


@dataclass(frozen=True)
class Fitted:
    """A fitted network or forest, the recipe with everything resolved, and the fit's history.

    ``scores[n, k]`` of the pictures of all splits, with at most some 2,000 training pictures; all
    other rows are NaN. They are the network's own, not calibrated. ``seconds``: the time of the
    fit, without decoding and scoring. ``grids``: the points that each forest's search tried.
    """

    network: Model
    preprocessing: Preprocessing
    recipe: Recipe
    history: History
    scores: NDArray[np.float32]
    seconds: float
    grids: tuple[Grid, ...] = ()


def fit(
    prepared: Prepared,
    recipe: Recipe,
    *,
    stop: Stop,
    on_epoch: OnEpoch | None = None,
    parts: Sequence[str] = SPLITS,
) -> Fitted:
    """Fit a model by ``recipe``, which may differ from the one the pictures were prepared for.

    Its labels, groups, pictures, bands and start have to be those of ``prepared.recipe``.
    ``on_epoch`` is called with each epoch and may raise ``Pruned``. ``parts``: the splits whose
    pictures are scored. Raises ``TagonautError`` if the fit diverges in its first epoch.
    """
    inputs = prepared.inputs(recipe, stop)
    start = time.monotonic()
    if recipe.forest is not None:
        return _fit_forest(prepared, recipe, inputs, stop, start, parts)
    network, _ = prepared.network(recipe)
    recipe, history = _fit_network(prepared, recipe, inputs, network, stop, on_epoch)
    seconds = time.monotonic() - start
    network.views = _views(recipe)
    recipe = recipe.model_copy(update={"views": network.views})
    rows = _scored_rows(prepared, parts, VIEWS[network.views])
    if inputs.pixels is not None:
        found = score_pixels(network, inputs.pixels, rows, inputs.preprocessing)
    else:
        assert inputs.features is not None
        found = frozen_scores(network, inputs.features, rows)
    scores = _spread(prepared, rows, found)
    return Fitted(network, inputs.preprocessing, recipe, history, scores, seconds)


def _views(recipe: Recipe) -> ViewKind:
    """The recipe's views; ``auto`` takes the flips that the network was trained with."""
    if recipe.views != "auto":
        return recipe.views
    if recipe.network is None:
        return "none"
    learned: dict[str, ViewKind] = {"horizontal": "flip", "dihedral": "dihedral"}
    return learned.get(recipe.augment.flip, "none")


def _fit_network(
    prepared: Prepared,
    recipe: Recipe,
    inputs: Inputs,
    network: Network,
    stop: Stop,
    on_epoch: OnEpoch | None,
) -> tuple[Recipe, History]:
    examples = prepared.examples
    rows = examples.train
    loss = create_loss(
        recipe.loss, network.activation, examples.targets[rows], examples.known[rows]
    )
    history = History()
    if recipe.frozen is not None and inputs.features is not None:
        history = fit_frozen(
            network,
            inputs.features,
            examples,
            loss,
            recipe.frozen,
            seed=recipe.seed,
            stop=stop,
            on_epoch=on_epoch,
        )
        _check_figures(history)
    enough = stop.asked and bool(history.epochs)
    settings = recipe.network
    if settings is None or inputs.pixels is None or enough:
        return recipe, history
    # Lightning takes seconds to import, and frozen features do without it.
    from tagonaut.learning.fitting.fit_network import fit_network

    if recipe.augment.flip == "auto":
        flip, note = find_flip(network, inputs.preprocessing, inputs.pixels, examples)
        say(note)
        augment = recipe.augment.model_copy(update={"flip": flip})
        recipe = recipe.model_copy(update={"augment": augment})
    after = fit_network(
        network,
        PictureExamples(examples, inputs.pixels, inputs.preprocessing, recipe.augment),
        loss,
        settings,
        seed=recipe.seed,
        stop=stop,
        started=recipe.frozen is not None,
        on_epoch=on_epoch,
    )
    _check_figures(after)
    return recipe, History(after.watch, [*history.epochs, *after.epochs])


def _check_figures(history: History) -> None:
    if math.isnan(history.best().validation_loss):
        raise TagonautError(
            f"fitting the {history.epochs[-1].stage} diverged in its first epoch: the scores are"
            " not numbers any more (a lower learning_rate, or clip = 1.0, may help)"
        )


def _fit_forest(
    prepared: Prepared,
    recipe: Recipe,
    inputs: Inputs,
    stop: Stop,
    start: float,
    parts: Sequence[str],
) -> Fitted:
    if recipe.forest is None or inputs.pixels is None:
        raise TagonautError(f"recipe {recipe.name} has no [forest]")
    colours = colours_of(inputs.pixels, inputs.preprocessing)
    fitted, grid = fit_forest(
        colours, prepared.examples, recipe.forest, seed=recipe.seed, stop=stop
    )
    seconds = time.monotonic() - start
    forest = MeanColourForest(fitted)
    # Its only epoch has the figures of the training and of the validation pictures.
    rows = _scored_rows(
        prepared, [*SPLITS[:2], *(part for part in parts if part not in SPLITS[:2])]
    )
    found = score_pixels(forest, inputs.pixels, rows, inputs.preprocessing)
    scores = _spread(prepared, rows, found)
    history = History(epochs=[_only_epoch(prepared, scores, seconds)])
    return Fitted(forest, inputs.preprocessing, recipe, history, scores, seconds, (grid,))


def _only_epoch(prepared: Prepared, scores: NDArray[np.float32], seconds: float) -> Epoch:
    """A forest's history: one epoch."""
    table = prepared.table
    train, validation = (
        validation_figures(table.targets[rows], scores[rows], table.known[rows])
        for part in SPLITS[:2]
        for rows in [table.rows(part)]
        for rows in [rows[np.isfinite(scores[rows, 0])]]
    )
    return Epoch.of("forest", 1, train.loss, validation, 0.0, seconds)


def _scored_rows(prepared: Prepared, parts: Sequence[str], views: int = 1) -> NDArray[np.intp]:
    rows = {part: prepared.table.rows(part) for part in parts}
    train = rows.get(SPLITS[0])
    if train is not None:
        rows[SPLITS[0]] = train[:: max(1, -(-len(train) * views // TRAIN_SCORED))]
    return np.concatenate(list(rows.values()))


def _spread(
    prepared: Prepared, rows: NDArray[np.intp], found: NDArray[np.float32]
) -> NDArray[np.float32]:
    scores = np.full(prepared.dataset.targets.shape, np.nan, dtype=np.float32)
    scores[rows] = found
    return scores

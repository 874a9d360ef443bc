"""Cross-fitting: one fit per fold; each picture is scored by a model that did not see it."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import NO_FOLD, SPLITS, SplitTable
from tagonaut.errors import Interrupted
from tagonaut.interrupts import Stop
from tagonaut.learning.fit import Fitted, fit
from tagonaut.learning.fitting import Epoch, History
from tagonaut.learning.prepared import HELD_OUT, Prepared
from tagonaut.learning.recipes import Recipe
from tagonaut.models.ensemble import Ensemble, Member, share
from tagonaut.terminal import say

SCORED = (HELD_OUT, SPLITS[2])


@dataclass
class _FoldFits:
    """The complete folds: their fits, and their models."""

    fitted: list[Fitted] = field(default_factory=list)
    models: list[Member] = field(default_factory=list)


def cross_fit(prepared: Prepared, recipe: Recipe, *, stop: Stop) -> tuple[Fitted, SplitTable]:
    """Fit a model for each of the folds of ``prepared``, and average them.

    Each fold is held out once; the next fold validates, and the model learns from the others. A
    picture in a fold has the scores of the model that held it out, a test picture the mean of all
    models' scores. ``history`` names the fold in its stages.

    Asked to stop, the fold under way is left out, and with it its model. In the table that is
    returned, its pictures and those of the folds after it are training pictures without a fold,
    since other models learned from them. Raises ``Interrupted`` if no fold is done.
    """
    folds = int(prepared.table.folds.max()) + 1
    done = _FoldFits()
    for fold in range(folds):
        rest = prepared.for_fold(fold)
        say(f"fold {fold + 1} of {folds}: learning from {len(rest.examples.train):,} pictures")
        fitted = fit(rest, recipe, stop=stop, parts=SCORED)
        if stop.asked:
            break
        assert not isinstance(fitted.network, Ensemble)
        done.fitted.append(fitted)
        done.models.append(fitted.network)
        # At once, so that not all backbones are held in memory.
        share(done.models)
    if not done.fitted:
        raise Interrupted(
            f"stopped in the first of {folds} folds: no model is complete, and nothing was written"
        )
    return _averaged(done, recipe, prepared), _table(prepared.table, len(done.fitted))


def _averaged(done: _FoldFits, recipe: Recipe, prepared: Prepared) -> Fitted:
    fitted = done.fitted
    recipes = [one.recipe for one in fitted]
    # Each fold resolves the recipe's automatic settings by itself.
    alike = all(one == recipes[0] for one in recipes)
    return Fitted(
        Ensemble(done.models),
        fitted[0].preprocessing,
        recipes[0] if alike else recipe,
        _history(fitted),
        _scores(fitted, prepared.table),
        sum(one.seconds for one in fitted),
        tuple(grid for one in fitted for grid in one.grids),
    )


def _scores(fitted: list[Fitted], table: SplitTable) -> NDArray[np.float32]:
    scores = np.full(table.targets.shape, np.nan, dtype=np.float32)
    for fold, one in enumerate(fitted):
        rows = table.folds == fold
        scores[rows] = one.scores[rows]
    test = table.rows(SPLITS[2])
    scores[test] = np.mean([one.scores[test] for one in fitted], axis=0)
    return scores


def _history(fitted: list[Fitted]) -> History:
    epochs: list[Epoch] = []
    for fold, one in enumerate(fitted, 1):
        epochs += [
            replace(epoch, stage=f"fold {fold}: {epoch.stage}") for epoch in one.history.epochs
        ]
    return History(fitted[0].history.watch, epochs)


def _table(table: SplitTable, done: int) -> SplitTable:
    left = table.folds >= done
    splits: NDArray[np.str_] = np.where(left, SPLITS[0], table.splits)
    return replace(table, splits=splits, folds=np.where(left, NO_FOLD, table.folds))

"""Each label's threshold, drawn towards a shared one: a rare label's own is mostly noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import (
    Floats,
    Mask,
    check_probabilities,
    check_targets,
    log_odds,
    odds_to_probability,
)
from tagonaut.deciding.rules.settings import Examples, RuleSettings, thresholds_of
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import (
    Objective,
    global_threshold,
    optimal_thresholds,
    tunable,
)

STRENGTHS = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, np.inf)
"""Numbers of positives from which a label's own optimum outweighs the shared threshold."""
FOLDS, REPEATS = 5, 2
# Resamples whose optima are averaged; fewer where many pictures make one nearly as good. An ascent
# takes too long to be repeated so often.
RESAMPLES, RESAMPLED = 10, 200_000
# Beyond this, a threshold means always or never; how far beyond is chance.
LIMIT = 1e-3


@dataclass(frozen=True)
class ShrunkRule(RuleSettings):
    """Each label's threshold, drawn towards the global one, see ``shrunk_thresholds``."""

    kind: ClassVar[str] = "shrunk"
    description: ClassVar[str] = "each label's best threshold, drawn towards the global one"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``."""
        found = shrunk_thresholds(
            examples.targets,
            examples.scores,
            objective=objective,
            known=examples.known,
            groups=examples.groups,
            seed=seed,
        )
        return thresholds_of(found.thresholds)


class Shrunk(NamedTuple):
    """``thresholds[k]``, the ``shared`` one that they are drawn to, and the ``strength`` chosen.

    ``held_out``: the objective of each of ``STRENGTHS`` on pictures that its thresholds had not
    seen, averaged over the repeats.
    """

    thresholds: Floats
    shared: float
    strength: float
    held_out: tuple[float, ...]


def shrunk_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    objective: Objective,
    known: ArrayLike | None = None,
    groups: Sequence[Sequence[int]] = (),
    seed: int = 0,
) -> Shrunk:
    """Thresholds between each label's own optimum and the best single one, in log-odds.

    The plain optimum of a label with few positives follows the accidents of these pictures. Its own
    is therefore averaged over bootstrap resamples of the pictures (Breiman 1996, "Bagging
    predictors"), and then weighs ``p / (p + strength)`` for a label of p positives, as in empirical
    Bayes shrinkage (Efron and Morris 1975). The strength is chosen by cross-fitting: the one
    of ``STRENGTHS`` whose thresholds from four fifths of the pictures do best on the other fifth,
    over two repeats; the strongest of equally good ones.

    Scores are in [0, 1] and out of sample. Labels that are not ``tunable`` get the shared
    threshold. Raises what ``best_thresholds`` raises.
    """
    positive, mask = check_targets(targets, known)
    cells = _Cells(positive, check_probabilities(scores, mask.shape), mask)
    drawn = _Drawing(objective, tuple(map(tuple, groups)), np.random.default_rng(seed))
    repeats = REPEATS if len(positive) >= 2 * FOLDS else 0
    held_out = np.zeros(len(STRENGTHS))
    for _ in range(repeats):
        held_out += drawn.held_out(cells) / repeats
    best = len(STRENGTHS) - 1 - int(np.argmax(held_out[::-1]))
    shared, levels = drawn.levels(cells)
    return Shrunk(levels[best], shared, STRENGTHS[best], tuple(held_out.tolist()))


class _Cells(NamedTuple):
    positive: Mask
    scores: NDArray[Any]
    known: Mask

    def of(self, rows: NDArray[Any]) -> "_Cells":
        return _Cells(self.positive[rows], self.scores[rows], self.known[rows])


class _Drawing(NamedTuple):
    objective: Objective
    groups: tuple[tuple[int, ...], ...]
    random: np.random.Generator

    def held_out(self, cells: _Cells) -> Floats:
        """The objective of each strength; each picture is decided by thresholds of the others."""
        folds = self.random.permutation(len(cells.positive)) % FOLDS
        tags = np.zeros((len(STRENGTHS), *cells.positive.shape), dtype=np.bool_)
        for fold in range(FOLDS):
            here = folds == fold
            _, levels = self.levels(cells.of(~here))
            for strength, level in enumerate(levels):
                rule = Thresholds(tuple(level.tolist()))
                tags[strength, here] = rule.decide(cells.scores[here], self.groups)
        return np.array([
            self.objective.value(cells.positive, level, known=cells.known) for level in tags
        ])  # fmt: skip

    def levels(self, cells: _Cells) -> tuple[float, Floats]:
        """The shared threshold, and the thresholds ``[strength, k]``."""
        shared = global_threshold(
            cells.positive, cells.scores, objective=self.objective, known=cells.known
        )
        towards = log_odds(np.clip(shared, LIMIT, 1 - LIMIT))
        own = self.averaged(cells)
        own = np.where(np.isnan(own), towards, own)
        count = cells.positive.sum(axis=0)
        levels = []
        for strength in STRENGTHS:
            weight = count / np.maximum(count + strength, 1)
            levels.append(odds_to_probability(weight * own + (1 - weight) * towards))
        return shared, np.array(levels)

    def averaged(self, cells: _Cells) -> Floats:
        """Each label's mean optimum in log-odds over resamples, ``[k]``; NaN if never tunable."""
        n = len(cells.positive)
        quick = self.objective.average in {"macro", "micro"} and not self.groups
        times = int(np.clip(RESAMPLED // max(n, 1), 1, RESAMPLES)) if quick else 1
        sums, tuned = np.zeros((2, cells.positive.shape[1]))
        for _ in range(times):
            some = cells.of(self.random.integers(0, n, n)) if times > 1 else cells
            best = optimal_thresholds(
                some.positive,
                some.scores,
                objective=self.objective,
                known=some.known,
                groups=self.groups,
                seed=int(self.random.integers(2**31)),
            )
            able = tunable(some.positive, known=some.known)
            sums[able] += log_odds(np.clip(best[able], LIMIT, 1 - LIMIT))
            tuned += able
        return np.divide(sums, tuned, out=np.full(len(sums), np.nan), where=tuned > 0)

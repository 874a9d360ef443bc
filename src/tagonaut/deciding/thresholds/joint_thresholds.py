"""Thresholds for an objective that ties the labels together: one for all, or one per label.

Arrays, ties, gaps and errors are those of ``each_label``. Where quality is a sum of
ratios, each ratio is taken as a whole number of 2⁻⁴⁰, so that sums are exact, equally good cuts are
equal, and neither the order of pictures nor that of the summation changes a threshold.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities, check_targets
from tagonaut.deciding.metrics.ranking import LabelRanking, by_label
from tagonaut.deciding.thresholds.cuts import midway, widest, with_nothing
from tagonaut.deciding.thresholds.each_label import DEFAULT_THRESHOLD, best_thresholds, tunable
from tagonaut.deciding.thresholds.objectives import Objective
from tagonaut.errors import TagonautError

Whole = NDArray[np.int64]

# Sums of up to 2²³ ratios in [0, 1] stay in int64.
ONE = 2**40
# Further starts of the ascent, each near the best that was found before.
SHAKES = 8


def global_threshold(
    targets: ArrayLike, scores: ArrayLike, *, objective: Objective, known: ArrayLike | None = None
) -> float:
    """The one threshold for all labels with the highest ``objective``, of all cuts.

    As the threshold falls past the cells, by falling score, each changes the counts of its label
    (macro), of its picture (samples, exact match) or of all (micro); the objective is the running
    sum of the changes, read between distinct scores. O(n·k·log(n·k)), and some 40 bytes per cell.
    ``DEFAULT_THRESHOLD`` where no known cell is positive, or none negative.
    """
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    if not positive.any() or np.array_equal(positive, mask):
        return DEFAULT_THRESHOLD
    if objective.average == "micro":
        pooled = (array.reshape(-1, 1) for array in (positive, probabilities))
        found = best_thresholds(*pooled, beta=_beta(objective), known=mask.reshape(-1, 1))
        return float(found[0])
    if objective.average == "macro":
        positive, probabilities, mask = positive.T, probabilities.T, mask.T
    scored, changes, start = _changes(positive, probabilities, mask, objective)
    order = np.argsort(scored)[::-1]
    falling, worth = scored[order], start + np.cumsum(changes[order])
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    high, worth = falling[last], worth[last]
    low = np.append(high[1:], np.zeros_like(high[:1]))
    # The first cut of all tags nothing.
    high, low = np.append(np.ones_like(high[:1]), high), np.append(high[:1], low)
    return widest(np.append(start, worth)[::-1], high[::-1], low[::-1])


def micro_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, beta: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]``: the highest micro F-beta of all combinations of cuts.

    The largest ratio of two sums over the labels, by Dinkelbach's method (Management Science 1967):
    for a guess of the ratio the best cuts are each label's own, by the difference
    ``(1 + β²) tp - guess · tagged``, and their ratio is the next guess, until it rises no more. So
    a cell is worth its tag where its chance is over ``F / (1 + β²)``, F being the optimum (Ye et
    al. 2012, arXiv:1206.4625, and for F1 Lipton et al. 2014). Labels that are not ``tunable`` count
    as they are with the ``DEFAULT_THRESHOLD`` that they get.
    """
    beta = check_beta(beta)
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    tuned = tunable(positive, known=mask)
    rest = (probabilities[:, ~tuned] >= DEFAULT_THRESHOLD) & mask[:, ~tuned]
    hits, tagged = int((rest & positive[:, ~tuned]).sum()), int(rest.sum())
    labels = by_label(_choices, positive[:, tuned], probabilities[:, tuned], mask[:, tuned])
    thresholds = np.full(len(tuned), DEFAULT_THRESHOLD)
    if not labels:
        return thresholds
    weight, base, guess = 1 + beta**2, beta**2 * int(positive.sum()), 0.0
    while True:
        worth = [weight * label.tp - guess * label.tagged for label in labels]
        best = [(label, value.argmax()) for label, value in zip(labels, worth, strict=True)]
        tp = hits + sum(int(label.tp[at]) for label, at in best)
        ratio = weight * tp / (base + tagged + sum(int(label.tagged[at]) for label, at in best))
        if ratio <= guess:
            break
        guess = ratio
    thresholds[tuned] = [
        widest(_level(value), label.high, label.low)
        for value, label in zip(worth, labels, strict=True)
    ]
    return thresholds


def ascended_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    objective: Objective,
    known: ArrayLike | None = None,
    seed: int = 0,
) -> Floats:
    """``float64[k]``: a high ``objective``, samples F-beta or exact match, by coordinate ascent.

    One label's threshold after the other is set to its best cut while the others stay, by sorting
    and summing what each picture gains by the tag, until none can be bettered. That is the optimum
    of each coordinate and not always of all together, which would take every combination of cuts;
    so it is started from one half, from the best global threshold and from those that are best for
    macro and micro F-beta, and then again from the best so far with a third of the thresholds drawn
    anew. Never worse than any of these starts. Labels that are not ``tunable`` keep
    ``DEFAULT_THRESHOLD``. Raises ``TagonautError`` for macro and micro objectives, which are solved
    exactly.
    """
    if objective.average in {"macro", "micro"}:
        raise TagonautError(
            f"the thresholds for {objective.name} are found exactly, without an ascent"
        )
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    tuned = np.flatnonzero(tunable(positive, known=mask))
    search = _Ascent(positive, probabilities, mask, objective, tuned.tolist())
    beta = 1.0 if objective.beta is None else objective.beta
    half, one = (np.full(mask.shape[1], DEFAULT_THRESHOLD) for _ in range(2))
    one[tuned] = global_threshold(positive, probabilities, objective=objective, known=mask)
    starts = [
        half,
        one,
        best_thresholds(positive, probabilities, beta=beta, known=mask),
        micro_thresholds(positive, probabilities, beta=beta, known=mask),
    ]
    # Of equally good ones, max takes the first.
    best = max(map(search.climb, starts), key=lambda found: found.value)
    random = np.random.default_rng(seed)
    for _ in range(SHAKES if len(tuned) > 1 else 0):
        shaken = search.climb(search.shake(best.thresholds, random))
        best = max(best, shaken, key=lambda found: found.value)
    return best.thresholds


class _Choices(NamedTuple):
    """The cuts of one label, by rising score, with the one that tags nothing."""

    high: NDArray[Any]
    low: NDArray[Any]
    tp: Whole
    tagged: Whole


def _choices(ranking: LabelRanking) -> _Choices:
    cuts, low = with_nothing(ranking)
    return _Choices(cuts.scores, low, cuts.tp, cuts.tagged)


def _level(worth: Floats) -> Floats:
    # Worth is counted in cells: what differs by less does so by rounding.
    return np.where(worth > worth.max() - 1e-9, 0.0, -1.0)


def _beta(objective: Objective) -> float:
    assert objective.beta is not None
    return objective.beta


def quality(
    tp: NDArray[Any], tagged: NDArray[Any], positives: NDArray[Any], objective: Objective
) -> Whole:
    """F-beta of counts, or exact match: from 0 to ``ONE``."""
    if objective.average is None:
        return ONE * ((tp == positives) & (tagged == positives)).astype(np.int64)
    square = _beta(objective) ** 2
    whole = square * positives + tagged
    ratio = np.divide((1 + square) * tp, whole, out=np.zeros(whole.shape), where=whole > 0)
    return np.rint(ratio * ONE).astype(np.int64)


def _changes(
    positive: Mask, scores: NDArray[Any], known: Mask, objective: Objective
) -> tuple[NDArray[Any], Whole, int]:
    """Score and change of quality of each known cell of the rows, and the quality without a tag.

    Quality is averaged over rows: a row is a label for macro, else a picture.
    """
    order = np.argsort(np.where(known, -scores, np.inf), axis=1)
    scores, positive, known = (
        np.take_along_axis(array, order, axis=1) for array in (scores, positive, known)
    )
    tp = np.cumsum(positive, axis=1, dtype=np.int32)
    tagged = np.arange(1, scores.shape[1] + 1, dtype=np.int32)[np.newaxis]
    positives = tp[:, -1:]
    values = quality(tp, tagged, positives, objective)
    none = quality(0 * positives, 0 * positives, positives, objective)
    changes = np.diff(values, axis=1, prepend=none)
    return scores[known], changes[known], int(none[known.any(axis=1)].sum())


class _Found(NamedTuple):
    thresholds: Floats
    value: int


class _Ascent:
    """Coordinate ascent over the ``tuned`` labels of one data set, each sorted once."""

    def __init__(
        self,
        positive: Mask,
        scores: NDArray[Any],
        known: Mask,
        objective: Objective,
        tuned: list[int],
    ) -> None:
        self.positive, self.scores, self.known = positive, scores, known
        self.objective, self.tuned = objective, tuned
        self.positives = positive.sum(axis=1, dtype=np.int32)
        self.labels = {k: _rising(scores[:, k], known[:, k]) for k in tuned}

    def climb(self, start: Floats) -> _Found:
        thresholds = start.copy()
        tags = (self.scores >= thresholds) & self.known
        tp = (tags & self.positive).sum(axis=1, dtype=np.int32)
        tagged = tags.sum(axis=1, dtype=np.int32)
        kept = 0
        # A label is left when all others were tried since it changed last.
        while kept < len(self.tuned):
            for k in self.tuned:
                tp -= tags[:, k] & self.positive[:, k]
                tagged -= tags[:, k]
                better = self._best(k, tp, tagged, tags[:, k])
                kept += 1
                if better is not None:
                    thresholds[k], kept = better, 1
                    tags[:, k] = (self.scores[:, k] >= better) & self.known[:, k]
                tp += tags[:, k] & self.positive[:, k]
                tagged += tags[:, k]
                if kept >= len(self.tuned):
                    break
        judged = self.known.any(axis=1)
        value = quality(tp, tagged, self.positives, self.objective)[judged].sum()
        return _Found(thresholds, int(value))

    def _best(self, k: int, tp: Whole, tagged: Whole, tags: Mask) -> float | None:
        """The best cut, if better than ``tags``; ``tp`` and ``tagged`` are without the label."""
        label = self.labels[k]
        gains = quality(tp + self.positive[:, k], tagged + 1, self.positives, self.objective)
        gains -= quality(tp, tagged, self.positives, self.objective)
        total = np.cumsum(gains[label.rows][::-1])[::-1]
        worth = np.append(total[label.first], 0)
        return widest(worth, label.high, label.low) if worth.max() > gains[tags].sum() else None

    def shake(self, thresholds: Floats, random: np.random.Generator) -> Floats:
        shaken = thresholds.copy()
        for k in random.choice(self.tuned, -(-len(self.tuned) // 3), replace=False):
            label = self.labels[k]
            at = random.integers(len(label.high))
            shaken[k] = midway(label.low[at], label.high[at])
        return shaken


class _Rising(NamedTuple):
    """The known ``rows`` by rising score, ``first`` of each score, and the gaps as of widest."""

    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    high: NDArray[Any]
    low: NDArray[Any]


def _rising(scores: NDArray[Any], known: Mask) -> _Rising:
    rows = np.flatnonzero(known)
    # Stable, so that the draws of a shake do not hang on the processor's way to sort.
    rows = rows[np.argsort(scores[rows], kind="stable")]
    rising = scores[rows]
    first = np.flatnonzero(np.append(True, rising[1:] != rising[:-1]))
    high = np.append(rising[first], np.ones_like(rising[:1]))
    return _Rising(rows, first, high, np.append(np.zeros_like(rising[:1]), high[:-1]))

"""The best threshold of each label by itself, exactly, by sorting.

Everywhere: ``targets[n, k]`` are 0 or 1, ``scores[n, k]`` in [0, 1] and best out of sample, a cell
that is not ``known[n, k]`` counts nowhere, and a label is tagged where ``score >= threshold``.

Exact over all cuts between distinct scores, in at most O(n log n) a label. A threshold stands
midway between the lowest score that it tags and the next score below, or 0 where there is none
below. Of equally good cuts the one with the widest such gap is taken, then the highest. It is a
number of the scores' own precision, so that float32 scores are decided alike when compared as
float32 and as float64. Where tagging nothing is best, the threshold stands midway between the
highest score and 1, or is infinite where the highest score is 1.

Arrays that do not fit raise ``TagonautError`` naming row and label column, as does a setting that
is out of its range.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities, check_targets
from tagonaut.deciding.metrics.ranking import Cuts, LabelRanking, by_column, by_label
from tagonaut.deciding.rules.narrowing import next_below, promising_cuts, quality
from tagonaut.errors import TagonautError

DEFAULT_THRESHOLD = 0.5


def tunable(targets: ArrayLike, *, known: ArrayLike | None = None) -> Mask:
    """``bool[k]``: the labels with a known positive and a known negative.

    The others cannot be tuned: with nothing to find, or nothing to avoid, no cut is better.
    """
    positive, mask = check_targets(targets, known)
    return np.logical_and(positive.any(axis=0), (mask & ~positive).any(axis=0))


def best_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, beta: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]`` in [0, 1]: the highest F-beta of each label.

    The optimum of the macro average too, though not of ``micro`` and ``samples`` (Lipton, Elkan and
    Narayanaswamy 2014, arXiv:1402.1892). Labels that are not ``tunable`` get ``DEFAULT_THRESHOLD``.
    """
    beta = check_beta(beta)

    def best(positive: Mask, scores: NDArray[Any]) -> float:
        if not positive.any() or positive.all():
            return DEFAULT_THRESHOLD
        cuts, low = promising_cuts(positive, scores, beta)
        found = quality(cuts.tp, cuts.tagged, int(positive.sum()), beta)
        return widest(found, cuts.scores, low)

    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    return np.array(by_column(best, positive, probabilities, mask), dtype=np.float64)


def precision_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    target: float,
    confidence: float | None = None,
    known: ArrayLike | None = None,
) -> Floats:
    """``float64[k]``: the most recall with a precision of at least ``target``, in (0, 1].

    Of cuts with the same recall the most precise is taken. Infinite, which tags nothing, where no
    cut is as precise: also where the label has no known positive.

    With a ``confidence`` c in (0, 1) it is the lower bound of the precision that must reach the
    target: Clopper and Pearson's exact one (Biometrika 1934), one-sided. It holds for a cut fixed
    beforehand; for the one picked here, of many, it is a guard and no guarantee.
    """
    _check_share("target", target, one=True)
    if confidence is not None:
        _check_share("confidence", confidence)

    def lowest(ranking: LabelRanking) -> float:
        cuts = ranking.positive_cuts()
        reached = _precise(cuts, target, confidence)
        if not len(reached):
            return math.inf
        return _threshold(ranking, cuts, reached[0])

    return _each(lowest, targets, scores, known)


def recall_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, target: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]`` in [0, 1]: the highest with a recall of at least ``target``, in (0, 1].

    Labels without a known positive get ``DEFAULT_THRESHOLD``.
    """
    _check_share("target", target, one=True)

    def highest(ranking: LabelRanking) -> float:
        cuts = ranking.positive_cuts()
        if not len(cuts.tp):
            return DEFAULT_THRESHOLD
        return _threshold(ranking, cuts, np.flatnonzero(cuts.tp / cuts.tp[0] >= target)[-1])

    return _each(highest, targets, scores, known)


def cost_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    missed: float,
    wrong: float = 1.0,
    known: ArrayLike | None = None,
) -> Floats:
    """``float64[k]``: the least cost: ``missed`` a false negative, ``wrong`` a false positive.

    For calibrated scores and many pictures this comes to ``wrong / (wrong + missed)`` (Elkan 2001,
    "The foundations of cost-sensitive learning"). Labels that are not ``tunable`` get
    ``DEFAULT_THRESHOLD``.
    """
    for name, cost in (("missed", missed), ("wrong", wrong)):
        if not (math.isfinite(cost) and cost > 0):
            raise TagonautError(f"the cost {name} is {cost}, and must be a positive number")

    def cheapest(ranking: LabelRanking) -> float:
        if not _tunable(ranking):
            return DEFAULT_THRESHOLD
        cuts, low = with_nothing(ranking)
        saved = missed * cuts.tp - wrong * (cuts.tagged - cuts.tp)
        return widest(saved, cuts.scores, low)

    return _each(cheapest, targets, scores, known)


def with_nothing(ranking: LabelRanking) -> tuple[Cuts, NDArray[Any]]:
    """The cuts at positives, then the one that tags nothing (its score is 1), and what is below.

    For a label with a known cell.
    """
    cuts, top = ranking.positive_cuts(), ranking.scores[-1:]
    added = Cuts(
        np.append(cuts.scores, np.ones_like(top)),
        np.append(cuts.tp, 0),
        np.append(cuts.tagged, 0),
    )
    return added, np.append(next_below(ranking, cuts), top)


def widest(worth: NDArray[Any], high: NDArray[Any], low: NDArray[Any]) -> float:
    """The threshold of the best cut: of equally good ones, of the widest gap, then the highest.

    ``high[c]``, rising, are the lowest scores that each cut tags, ``low[c]`` the next below.
    """
    best = np.flatnonzero(worth == worth.max())
    gap = high[best] - low[best]
    at = best[np.flatnonzero(gap == gap.max())[-1]]
    return midway(low[at], high[at])


def midway(low: Any, high: Any) -> float:
    """A threshold above ``low`` and not above ``high``, two scores in [0, 1] of one precision."""
    middle = type(high)((float(low) + float(high)) / 2)
    if middle > low:
        return float(middle)
    # Between neighbouring floats the midpoint rounds to one of them; at 0 there is no room below,
    # nor at 1 above.
    return float(high) if high > low or high == 0 else math.inf


def _threshold(ranking: LabelRanking, cuts: Cuts, at: int) -> float:
    one = Cuts(*(part[at : at + 1] for part in cuts))
    return midway(next_below(ranking, one)[0], one.scores[0])


def _precise(cuts: Cuts, target: float, confidence: float | None) -> NDArray[np.intp]:
    if confidence is None:
        return np.flatnonzero(cuts.tp / cuts.tagged >= target)
    # The bound is at the target or above where, at a precision of the target, so many hits or more
    # would be as rare as 1 - confidence.
    rare = betainc(cuts.tp, cuts.tagged - cuts.tp + 1, target)
    return np.flatnonzero(rare <= 1 - confidence)


def _tunable(ranking: LabelRanking) -> bool:
    return bool(ranking.positive.any()) and not ranking.positive.all()


def _each(
    threshold: Callable[[LabelRanking], float],
    targets: ArrayLike,
    scores: ArrayLike,
    known: ArrayLike | None,
) -> Floats:
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    return np.array(by_label(threshold, positive, probabilities, mask), dtype=np.float64)


def _check_share(name: str, value: float, *, one: bool = False) -> None:
    if not (0 < value < 1 or (one and value == 1)):
        raise TagonautError(
            f"the {name} is {value}, and must be over 0 and {'at most' if one else 'under'} 1"
        )

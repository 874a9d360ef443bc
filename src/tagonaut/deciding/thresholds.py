"""The thresholds that make F-beta as high as it can be, exactly, by sorting."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities, check_targets
from tagonaut.deciding.ranking import Ranking, below, rank

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
    """``float64[k]`` in [0, 1]: ``score >= threshold`` then has the highest F-beta of each label.

    Exact over all cuts between distinct scores, in O(n log n) a label, and so the optimum of the
    macro average too, though not of ``micro`` and ``samples`` (Lipton, Elkan and Narayanaswamy
    2014, arXiv:1402.1892). ``scores[n, k]`` are in [0, 1]; let them be out of sample.

    A threshold stands midway between the lowest score that it tags and the next score below, or 0
    where there is none below. Of equally good cuts the one with the widest such gap is taken, then
    the highest. It is a number of the scores' own precision, so that float32 scores are decided
    alike when compared as float32 and as float64. Labels that are not ``tunable`` get
    ``DEFAULT_THRESHOLD``.

    Raises ``TagonautError`` for arrays that do not fit, naming row and label column, and for a beta
    that is not positive.
    """
    beta = check_beta(beta)
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    thresholds = np.full(mask.shape[1], DEFAULT_THRESHOLD)
    tuned = tunable(positive, known=mask)
    if tuned.any():
        ranking = rank(positive[:, tuned], probabilities[:, tuned], mask[:, tuned])
        thresholds[tuned] = _cut(ranking, beta)
    return thresholds


def _cut(ranking: Ranking, beta: float) -> NDArray[Any]:
    tagged = np.arange(1, ranking.tp.shape[1] + 1)
    positives = ranking.tp[:, -1:]
    quality = (1 + beta**2) * ranking.tp / (beta**2 * positives + tagged)
    quality[~ranking.cut] = -1
    lower = np.maximum(below(ranking.scores), 0)
    best = quality == quality.max(axis=1, keepdims=True)
    column = np.where(best, ranking.scores - lower, -1).argmax(axis=1)[:, np.newaxis]
    high = np.take_along_axis(ranking.scores, column, axis=1)[:, 0]
    low = np.take_along_axis(lower, column, axis=1)[:, 0]
    middle = ((low.astype(np.float64) + high) / 2).astype(high.dtype)
    # Between neighbouring floats the midpoint rounds to one of them; at 0 there is no room below.
    return np.where(middle > low, middle, high)

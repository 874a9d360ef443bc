"""The best threshold of each label by itself, exactly, by sorting.

Everywhere: ``targets[n, k]`` are 0 or 1, ``scores[n, k]`` in [0, 1] and best out of sample, a cell
that is not ``known[n, k]`` counts nowhere, and a label is tagged where ``score >= threshold``.

Exact over all cuts between distinct scores, in at most O(n log n) a label. A threshold stands
midway between the lowest score that it tags and the next score below, or 0 where there is none
below. Among equally good cuts the one with the widest such gap is taken, then the highest. It is a
number of the scores' own precision, so that float32 scores are decided alike when compared as
float32 and as float64. Where tagging nothing is best, the threshold stands midway between the
highest score and 1, or is infinite where the highest score is 1.

Arrays that do not fit raise ``TagonautError`` naming row and label column.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities, check_targets
from tagonaut.deciding.metrics.ranking import LabelRanking, by_column, by_label
from tagonaut.deciding.thresholds.cuts import widest
from tagonaut.deciding.thresholds.narrowing import promising_cuts, quality

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


def each_threshold(
    threshold: Callable[[LabelRanking], float],
    targets: ArrayLike,
    scores: ArrayLike,
    known: ArrayLike | None,
) -> Floats:
    """``float64[k]``: ``threshold`` of each label's ranked cells."""
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    return np.array(by_label(threshold, positive, probabilities, mask), dtype=np.float64)

"""Metrics of scores before any threshold: whether positives score higher than negatives.

``targets[n, k]``, ``scores[n, k]`` and ``known[n, k]`` as in ``deciding.metrics``; scores are
finite numbers of any range, of which only the order counts, and equal scores are one place. An
unknown cell takes no part. Raises ``TagonautError`` naming the row and the label column for NaN.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_scores, check_targets
from tagonaut.deciding.metrics.ranking import LabelRanking, by_label, ranked
from tagonaut.errors import TagonautError, nearest

ScoreAverage = Literal["macro", "micro"]
"""``micro``: all known cells as one label, so that the labels' scores must share a scale.

``macro``: the mean over the labels for which the metric is defined; NaN where there is none.
"""

# The cells that are sorted at a time: they fit the caches, and memory does not grow with n.
BLOCK_CELLS = 2**18


def average_precision(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None
) -> Floats:
    """Area under each label's precision-recall steps, ``float64[k]`` in [0, 1].

    ``Σ (Rᵢ - Rᵢ₋₁) Pᵢ`` over the distinct scores, not interpolated: scikit-learn's
    ``average_precision_score`` of the label's known rows. NaN where a label has no known positive.
    """
    positive, mask = check_targets(targets, known)
    return np.array(by_label(_area, positive, check_scores(scores, mask.shape), mask))


def mean_average_precision(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: ScoreAverage = "macro",
) -> float:
    """The mean ``average_precision`` of the labels with a known positive; NaN if none has one.

    Labels without one are left out, where scikit-learn counts them as 0. ``micro``: the average
    precision of all known cells as one label.
    """
    _check_average(average)
    if average == "macro":
        return _defined_mean(average_precision(targets, scores, known=known))
    return _area(_pooled(targets, scores, known))


@overload
def roc_auc(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = ..., average: None = ...
) -> Floats: ...
@overload
def roc_auc(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = ..., average: ScoreAverage
) -> float: ...
def roc_auc(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: ScoreAverage | None = None,
) -> Floats | float:
    """The share of pairs of a positive and a negative in which the positive's score is higher.

    In [0, 1], ties count half: the area under the ROC curve (Hanley and McNeil 1982),
    ``float64[k]`` or a float if averaged. NaN where there is no known positive or no known
    negative; such labels are left out of the ``macro`` average.
    """
    if average is not None:
        _check_average(average)
    if average == "micro":
        return _pairs_in_order(_pooled(targets, scores, known))
    positive, mask = check_targets(targets, known)
    areas = by_label(_pairs_in_order, positive, check_scores(scores, mask.shape), mask)
    return np.array(areas) if average is None else _defined_mean(np.array(areas))


def coverage_error(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None
) -> float:
    """The mean rank down to which a picture's labels include all its positives, in [0, k].

    Counted are its known labels that score at least what its lowest positive does, ties included;
    0 without a positive. Pictures with no known label are left out; NaN if none is left.
    scikit-learn's ``coverage_error`` of each picture's known labels.
    """
    return _picture_mean(_coverages, targets, scores, known)


def ranking_loss(targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """The share of a picture's pairs of positive and negative in the wrong order, on average.

    In [0, 1]; a tie is wrong. Pairs are of known labels; a picture whose known labels are all
    positive or all negative has no pair and a loss of 0. Pictures with no known label are left
    out; NaN if none is left. scikit-learn's ``label_ranking_loss`` of each picture's known labels.
    """
    return _picture_mean(_losses, targets, scores, known)


def label_ranking_average_precision(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None
) -> float:
    """The share of positives among the labels ranked at or above a positive, in [0, 1].

    The mean over a picture's positives, then over the pictures; ties stand at the lowest of their
    places. A picture whose known labels are all positive or all negative gives 1. Pictures with no
    known label are left out; NaN if none is left. scikit-learn's
    ``label_ranking_average_precision_score`` of each picture's known labels.
    """
    return _picture_mean(_precisions, targets, scores, known)


def _picture_mean(
    measure: Callable[[Mask, NDArray[Any], Mask], NDArray[Any]],
    targets: ArrayLike,
    scores: ArrayLike,
    known: ArrayLike | None,
) -> float:
    """The mean of ``measure`` over the pictures with a known label; it gives a value a row."""
    positive, mask = check_targets(targets, known)
    numbers = check_scores(scores, mask.shape)
    values = np.zeros(len(mask))
    step = max(1, BLOCK_CELLS // mask.shape[1])
    for start in range(0, len(mask), step):
        some = slice(start, start + step)
        values[some] = measure(positive[some], numbers[some], mask[some])
    return _mean(values[mask.any(axis=1)])


def _coverages(positive: Mask, scores: NDArray[Any], known: Mask) -> NDArray[Any]:
    lowest = np.where(positive, scores, np.inf).min(axis=1, keepdims=True)
    return np.count_nonzero((scores >= lowest) & known, axis=1)


def _losses(positive: Mask, scores: NDArray[Any], known: Mask) -> NDArray[Any]:
    hit, places, hits = _descent(positive, scores, known)
    wrong = np.where(hit, places - hits, 0).sum(axis=1)
    positives = np.count_nonzero(positive, axis=1)
    pairs = positives * (np.count_nonzero(known, axis=1) - positives)
    return np.divide(wrong, pairs, out=np.zeros(len(pairs)), where=pairs > 0)


def _precisions(positive: Mask, scores: NDArray[Any], known: Mask) -> NDArray[Any]:
    hit, places, hits = _descent(positive, scores, known)
    sums = np.where(hit, hits / places, 0).sum(axis=1)
    positives = np.count_nonzero(positive, axis=1)
    # If all are positive, the sum is their number.
    return np.divide(sums, positives, out=np.ones(len(sums)), where=positives > 0)


def _descent(
    positive: Mask, scores: NDArray[Any], known: Mask
) -> tuple[Mask, NDArray[Any], NDArray[Any]]:
    """Each row by falling score: what is positive, and how far down its score reaches.

    The latter is the number of known labels that score at least as high, and of positives among
    them. Unknown labels stand at the end, and are not positive.
    """
    rising = np.where(known, -scores, np.inf)
    order = np.argsort(rising, axis=1)
    rising = np.take_along_axis(rising, order, axis=1)
    hit = np.take_along_axis(positive, order, axis=1)
    width = rising.shape[1]
    # Where the next score is lower; of equal ones, each reaches as far as the last.
    ends = np.full(rising.shape, width - 1, dtype=np.int32)
    np.copyto(ends[:, :-1], np.arange(width - 1), where=rising[:, 1:] > rising[:, :-1])
    np.minimum.accumulate(ends[:, ::-1], axis=1, out=ends[:, ::-1])
    hits = np.take_along_axis(hit.cumsum(axis=1, dtype=np.int32), ends, axis=1)
    return hit, ends + 1, hits


def _pooled(targets: ArrayLike, scores: ArrayLike, known: ArrayLike | None) -> LabelRanking:
    positive, mask = check_targets(targets, known)
    numbers = check_scores(scores, mask.shape)
    return ranked(positive.ravel(), numbers.ravel(), mask.ravel())


def _area(ranking: LabelRanking) -> float:
    cuts = ranking.positive_cuts()
    if not len(cuts.tp):
        return float("nan")
    steps = -np.diff(cuts.tp, append=0)
    return float(np.sum(steps * (cuts.tp / cuts.tagged)) / cuts.tp[0])


def _pairs_in_order(ranking: LabelRanking) -> float:
    cuts = ranking.positive_cuts()
    cells, positives = len(ranking.scores), np.count_nonzero(ranking.positive)
    pairs = positives * (cells - positives)
    if not pairs:
        return float("nan")
    # Integers, so that nothing is rounded. Of equal scores the negatives stand first: the place of
    # a positive tells how many negatives are not above it, that of its cut how many are below.
    not_above = np.sum(np.flatnonzero(ranking.positive) - np.arange(positives))
    below = np.sum(-np.diff(cuts.tp, append=0) * (cells - cuts.tagged - (positives - cuts.tp)))
    return float((not_above + below) / (2 * pairs))


def _check_average(average: str) -> None:
    if average not in get_args(ScoreAverage):
        raise TagonautError(
            f"there is no average {nearest(average, get_args(ScoreAverage))} of scores"
        )


def _defined_mean(values: Floats) -> float:
    return _mean(values[~np.isnan(values)])


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")

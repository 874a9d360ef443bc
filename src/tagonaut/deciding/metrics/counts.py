"""Known cells by outcome, the ratios of these counts, and how labels or pictures are averaged.

A metric of tags is a ratio and an average. A ratio takes counts of any shape and gives an array of
that shape, so that one formula serves labels, pictures and the resamples of an interval.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args, overload

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_beta
from tagonaut.errors import TagonautError, nearest

Average = Literal["micro", "macro", "weighted", "samples"]
"""How one number is made, in scikit-learn's words.

``micro``: all known cells as one label. ``macro``: the mean over all labels, also those that nobody
has and nobody was given, which are 0. ``weighted``: the mean over the labels, each weighing as much
as it has known positives; 0 where no label has one, and NaN for accuracy. ``samples``: the mean
over the pictures, each over its known cells; pictures with no known cell are left out, and one
with neither target nor tag is 0.
"""


class Counts(NamedTuple):
    """Known cells by outcome: arrays of one shape, ``[k]`` for the labels."""

    tp: NDArray[Any]
    fp: NDArray[Any]
    fn: NDArray[Any]
    tn: NDArray[Any]


Ratio = Callable[[Counts], Floats]


def count(positive: Mask, tagged: Mask, known: Mask, axis: int = 0) -> Counts:
    """The outcomes along an axis of arrays ``[n, k]``: 0 counts by label, 1 by picture."""
    tagged = tagged & known
    tp = (positive & tagged).sum(axis=axis, dtype=np.int64)
    fp = tagged.sum(axis=axis, dtype=np.int64) - tp
    fn = positive.sum(axis=axis, dtype=np.int64) - tp
    tn = known.sum(axis=axis, dtype=np.int64) - tp - fp - fn
    return Counts(tp, fp, fn, tn)


@overload
def reduce(ratio: Ratio, positive: Mask, tagged: Mask, known: Mask, average: Average) -> float: ...
@overload
def reduce(
    ratio: Ratio, positive: Mask, tagged: Mask, known: Mask, average: Average | None
) -> Floats | float: ...
def reduce(
    ratio: Ratio, positive: Mask, tagged: Mask, known: Mask, average: Average | None
) -> Floats | float:
    """The ratio of each label, ``[k]``, or averaged to one number.

    Raises ``TagonautError`` where there is no such average.
    """
    match average:
        case None:
            return ratio(count(positive, tagged, known))
        case "micro":
            label = count(positive, tagged, known)
            return float(ratio(Counts(*(part.sum(keepdims=True) for part in label)))[0])
        case "macro":
            labels = ratio(count(positive, tagged, known))
            return _mean(labels[~np.isnan(labels)])
        case "weighted":
            label = count(positive, tagged, known)
            support = label.tp + label.fn
            has = support > 0
            if not has.any():
                return float(ratio(Counts(*np.zeros((4, 1), dtype=np.int64)))[0])
            return float(np.average(ratio(label)[has], weights=support[has]))
        case "samples":
            return _mean(ratio(count(positive, tagged, known, axis=1))[known.any(axis=1)])
        case _:
            raise TagonautError(f"there is no average {nearest(average, get_args(Average))}")


def precision_ratio(found: Counts) -> Floats:
    """The share of the tags that are right; 0 where nothing is tagged."""
    return _divide(found.tp, found.tp + found.fp)


def recall_ratio(found: Counts) -> Floats:
    """The share of the positives that are tagged; 0 where there is none."""
    return _divide(found.tp, found.tp + found.fn)


def fbeta_ratio(beta: float) -> Ratio:
    """F-beta; 0 without a positive and a tag. Raises ``TagonautError`` unless ``beta`` > 0."""
    return partial(_fbeta, beta=check_beta(beta))


def _fbeta(found: Counts, beta: float) -> Floats:
    hits = (1 + beta**2) * found.tp
    return _divide(hits, hits + beta**2 * found.fn + found.fp)


def jaccard_ratio(found: Counts) -> Floats:
    """The share of the positive or tagged cells that are both; 0 where there is none."""
    return _divide(found.tp, found.tp + found.fp + found.fn)


def accuracy_ratio(found: Counts) -> Floats:
    """The share of the cells that are right; NaN where none is known."""
    return _divide(found.tp + found.tn, sum(found), nothing=np.nan)


def error_ratio(found: Counts) -> Floats:
    """The share of the cells that are wrong; NaN where none is known."""
    return _divide(found.fp + found.fn, sum(found), nothing=np.nan)


def all_right(found: Counts) -> Floats:
    """1 where no cell is wrong, else 0."""
    return (found.fp + found.fn == 0).astype(np.float64)


def _divide(share: NDArray[Any], whole: Any, nothing: float = 0.0) -> Floats:
    return np.divide(share, whole, out=np.full(np.shape(whole), nothing), where=whole != 0)


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")

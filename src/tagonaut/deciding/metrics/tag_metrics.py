"""Metrics of decided tags: ``targets[n, k]`` against ``tags[n, k]``, k values or one average.

Everywhere: targets and tags are 0 or 1, ``known[n, k]`` says which targets are known (default:
all), and a cell that is not known counts nowhere. Arrays that do not fit raise ``TagonautError``
naming the row and the label column. A ratio with nothing to divide by is 0, scikit-learn's default.

Each metric is three steps: check the arrays, count, reduce.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import (
    Floats,
    Mask,
    check_beta,
    check_tags,
    check_targets,
)
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
    """Known cells by outcome, ``int64[k]`` each."""

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]
    tn: NDArray[np.int64]


def counts(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> Counts:
    """True and false positives, false and true negatives of each label."""
    return _count(*_check(targets, tags, known))


@overload
def precision(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: None = ...
) -> Floats: ...
@overload
def precision(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: Average
) -> float: ...
def precision(
    targets: ArrayLike,
    tags: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: Average | None = None,
) -> Floats | float:
    """Share of the tags that are right, in [0, 1]: ``float64[k]``, or a float if averaged.

    0 where nothing is tagged. The ``samples`` average is NaN where no picture has a known cell.
    """
    return _reduce(_precision, *_check(targets, tags, known), average)


@overload
def recall(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: None = ...
) -> Floats: ...
@overload
def recall(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: Average
) -> float: ...
def recall(
    targets: ArrayLike,
    tags: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: Average | None = None,
) -> Floats | float:
    """Share of the positives that are tagged, in [0, 1]: ``float64[k]``, or a float if averaged.

    0 where there is no positive. The ``samples`` average is NaN where no picture has a known cell.
    """
    return _reduce(_recall, *_check(targets, tags, known), average)


@overload
def fbeta(
    targets: ArrayLike,
    tags: ArrayLike,
    beta: float,
    *,
    known: ArrayLike | None = ...,
    average: None = ...,
) -> Floats: ...
@overload
def fbeta(
    targets: ArrayLike,
    tags: ArrayLike,
    beta: float,
    *,
    known: ArrayLike | None = ...,
    average: Average,
) -> float: ...
def fbeta(
    targets: ArrayLike,
    tags: ArrayLike,
    beta: float,
    *,
    known: ArrayLike | None = None,
    average: Average | None = None,
) -> Floats | float:
    """F-beta, in [0, 1]: ``float64[k]``, or a float if averaged.

    ``(1 + β²) tp / ((1 + β²) tp + β² fn + fp)`` (van Rijsbergen 1979): recall weighs β times as
    much as precision. 0 where there is neither a positive nor a tag. The ``samples`` average is NaN
    where no picture has a known cell. Raises ``TagonautError`` for a beta that is not positive.
    """
    formula = partial(_fbeta, beta=check_beta(beta))
    return _reduce(formula, *_check(targets, tags, known), average)


def exact_match(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Overall accuracy: the share of pictures whose known cells are all right, in [0, 1].

    Pictures with no known cell are left out; NaN if none is left.
    """
    positive, tagged, mask = _check(targets, tags, known)
    right = ((positive == tagged) | ~mask).all(axis=1)
    return _mean(right[mask.any(axis=1)])


@overload
def binary_accuracy(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: None = ...
) -> Floats: ...
@overload
def binary_accuracy(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: Average
) -> float: ...
def binary_accuracy(
    targets: ArrayLike,
    tags: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: Average | None = None,
) -> Floats | float:
    """Share of the known cells that are right, in [0, 1]: ``float64[k]``, or a float if averaged.

    NaN where nothing is known; such a label is left out of the ``macro`` average.
    """
    return _reduce(_accuracy, *_check(targets, tags, known), average)


def hamming_loss(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Share of the known cells that are wrong, in [0, 1]; NaN where nothing is known.

    One less the ``micro`` average of ``binary_accuracy``: each cell weighs the same, whatever is
    known of its picture.
    """
    positive, tagged, mask = _check(targets, tags, known)
    return _mean((positive != tagged)[mask])


@overload
def jaccard(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: None = ...
) -> Floats: ...
@overload
def jaccard(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = ..., average: Average
) -> float: ...
def jaccard(
    targets: ArrayLike,
    tags: ArrayLike,
    *,
    known: ArrayLike | None = None,
    average: Average | None = None,
) -> Floats | float:
    """``tp / (tp + fp + fn)``, in [0, 1]: ``float64[k]``, or a float if averaged.

    Of what is positive or tagged, the share that is both. 0 where there is neither a positive nor a
    tag. The ``samples`` average is NaN where no picture has a known cell.
    """
    return _reduce(_jaccard, *_check(targets, tags, known), average)


def _check(targets: ArrayLike, tags: ArrayLike, known: ArrayLike | None) -> tuple[Mask, Mask, Mask]:
    positive, mask = check_targets(targets, known)
    return positive, check_tags(tags, mask.shape), mask


def _count(positive: Mask, tagged: Mask, known: Mask, axis: int = 0) -> Counts:
    tagged = tagged & known
    tp = (positive & tagged).sum(axis=axis, dtype=np.int64)
    fp = tagged.sum(axis=axis, dtype=np.int64) - tp
    fn = positive.sum(axis=axis, dtype=np.int64) - tp
    tn = known.sum(axis=axis, dtype=np.int64) - tp - fp - fn
    return Counts(tp, fp, fn, tn)


def _reduce(
    ratio: Callable[[Counts], Floats],
    positive: Mask,
    tagged: Mask,
    known: Mask,
    average: Average | None,
) -> Floats | float:
    match average:
        case None:
            return ratio(_count(positive, tagged, known))
        case "micro":
            label = _count(positive, tagged, known)
            return float(ratio(Counts(*(part.sum(keepdims=True) for part in label)))[0])
        case "macro":
            labels = ratio(_count(positive, tagged, known))
            return _mean(labels[~np.isnan(labels)])
        case "weighted":
            label = _count(positive, tagged, known)
            support = label.tp + label.fn
            has = support > 0
            if not has.any():
                return float(ratio(Counts(*np.zeros((4, 1), dtype=np.int64)))[0])
            return float(np.average(ratio(label)[has], weights=support[has]))
        case "samples":
            return _mean(ratio(_count(positive, tagged, known, axis=1))[known.any(axis=1)])
        case _:
            raise TagonautError(f"there is no average {nearest(average, get_args(Average))}")


def _precision(found: Counts) -> Floats:
    return _divide(found.tp, found.tp + found.fp)


def _recall(found: Counts) -> Floats:
    return _divide(found.tp, found.tp + found.fn)


def _fbeta(found: Counts, beta: float) -> Floats:
    hits = (1 + beta**2) * found.tp
    return _divide(hits, hits + beta**2 * found.fn + found.fp)


def _jaccard(found: Counts) -> Floats:
    return _divide(found.tp, found.tp + found.fp + found.fn)


def _accuracy(found: Counts) -> Floats:
    return _divide(found.tp + found.tn, sum(found), nothing=np.nan)


def _divide(share: NDArray[Any], whole: Any, nothing: float = 0.0) -> Floats:
    return np.divide(share, whole, out=np.full(np.shape(whole), nothing), where=whole != 0)


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")

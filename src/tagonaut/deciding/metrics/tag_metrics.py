"""Metrics of decided tags: ``targets[n, k]`` against ``tags[n, k]``, k values or one average.

Everywhere: targets and tags are 0 or 1, ``known[n, k]`` says which targets are known (default:
all), and a cell that is not known counts nowhere. Arrays that do not fit raise ``TagonautError``
naming the row and the label column. A ratio with nothing to divide by is 0, scikit-learn's default.

Each metric is three steps: check the arrays, count, reduce.
"""

from typing import overload

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, Mask, check_tags, check_targets
from tagonaut.deciding.metrics.counts import (
    Average,
    Counts,
    accuracy_ratio,
    all_right,
    count,
    error_ratio,
    fbeta_ratio,
    jaccard_ratio,
    precision_ratio,
    recall_ratio,
    reduce,
)

__all__ = [
    "Average",
    "Counts",
    "binary_accuracy",
    "counts",
    "exact_match",
    "fbeta",
    "hamming_loss",
    "jaccard",
    "precision",
    "recall",
]


def counts(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> Counts:
    """True and false positives, false and true negatives of each label."""
    return count(*_check(targets, tags, known))


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
    return reduce(precision_ratio, *_check(targets, tags, known), average)


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
    return reduce(recall_ratio, *_check(targets, tags, known), average)


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
    return reduce(fbeta_ratio(beta), *_check(targets, tags, known), average)


def exact_match(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Overall accuracy: the share of pictures whose known cells are all right, in [0, 1].

    Pictures with no known cell are left out; NaN if none is left.
    """
    return reduce(all_right, *_check(targets, tags, known), "samples")


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
    return reduce(accuracy_ratio, *_check(targets, tags, known), average)


def hamming_loss(targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Share of the known cells that are wrong, in [0, 1]; NaN where nothing is known.

    One less the ``micro`` average of ``binary_accuracy``: each cell weighs the same, whatever is
    known of its picture.
    """
    return reduce(error_ratio, *_check(targets, tags, known), "micro")


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

    The share of the positive or tagged cells that are both; 0 where there is neither a positive nor
    a tag. The ``samples`` average is NaN where no picture has a known cell.
    """
    return reduce(jaccard_ratio, *_check(targets, tags, known), average)


def _check(targets: ArrayLike, tags: ArrayLike, known: ArrayLike | None) -> tuple[Mask, Mask, Mask]:
    positive, mask = check_targets(targets, known)
    return positive, check_tags(tags, mask.shape), mask

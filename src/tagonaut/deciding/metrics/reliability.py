"""Calibration of scores: whether a score of 0.7 is right seven times in ten.

``targets[n, k]`` and ``known[n, k]`` as in ``deciding.metrics``; ``scores[n, k]`` are in [0, 1].
[0, 1] is cut into bins of one width, each with its upper edge and without its lower one (0 is in
the first), as in Guo et al. 2017 (arXiv:1706.04599) and in scikit-learn's ``calibration_curve``.
An unknown cell is in no bin. Raises ``TagonautError`` naming the row and the label column for NaN
and for scores outside [0, 1].
"""

from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, check_probabilities, check_targets
from tagonaut.errors import TagonautError, nearest

# The cells that are sorted into bins at a time: they fit the caches.
BLOCK_CELLS = 2**18


class Reliability(NamedTuple):
    """The scores of each bin: ``[k, bins]``, or ``[bins]`` of all labels pooled."""

    mean_score: Floats
    """In the bin's range; NaN where the bin is empty."""
    share: Floats
    """The share of the bin's cells whose target is 1, in [0, 1]; NaN where the bin is empty."""
    pictures: NDArray[np.int64]
    """The known cells in the bin: pictures, or picture and label where the labels are pooled."""


def reliability_curve(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = None,
    bins: int = 10,
    average: Literal["micro"] | None = None,
) -> Reliability:
    """Mean score and share of positives of each bin; ``micro``: of all known cells as one label.

    With calibrated scores the two are alike. The filled bins are those of scikit-learn's
    ``calibration_curve``. A label without positives has a share of 0 in its filled bins.
    """
    _check_average(average, ("micro",))
    found = _binned(targets, scores, known, bins)
    return (found if average is None else found.pooled()).curve()


@overload
def calibration_error(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = ...,
    bins: int = ...,
    average: None = ...,
) -> Floats: ...
@overload
def calibration_error(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = ...,
    bins: int = ...,
    average: Literal["macro", "micro"],
) -> float: ...
def calibration_error(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    known: ArrayLike | None = None,
    bins: int = 15,
    average: Literal["macro", "micro"] | None = None,
) -> Floats | float:
    """Expected calibration error, in [0, 1]: ``float64[k]``, or a float if averaged.

    The distance between the mean score of a bin and its share of positives, averaged over the known
    cells. torchmetrics' ``binary_calibration_error`` of the label's known rows, except where a
    score is on an edge: there it takes the bin above. Defined also for a label without positives or
    without negatives; NaN where nothing is known, and such a label is left out of the ``macro``
    average. ``micro``: of all known cells as one label.
    """
    _check_average(average, ("macro", "micro"))
    found = _binned(targets, scores, known, bins)
    if average == "micro":
        return float(found.pooled().error())
    errors = found.error()
    if average is None:
        return errors
    defined = errors[~np.isnan(errors)]
    return float(defined.mean()) if len(defined) else float("nan")


class _Binned(NamedTuple):
    """Sums over the cells of each bin, the bins last."""

    scores: Floats
    positives: Floats
    pictures: NDArray[np.int64]

    def pooled(self) -> "_Binned":
        return _Binned(*(part.sum(axis=0) for part in self))

    def curve(self) -> Reliability:
        filled = np.where(self.pictures > 0, self.pictures, np.nan)
        return Reliability(self.scores / filled, self.positives / filled, self.pictures)

    def error(self) -> Floats:
        gaps = np.abs(self.scores - self.positives).sum(axis=-1)
        cells = self.pictures.sum(axis=-1)
        return gaps / np.where(cells > 0, cells, np.nan)


def _binned(targets: ArrayLike, scores: ArrayLike, known: ArrayLike | None, bins: int) -> _Binned:
    if not isinstance(bins, int) or bins < 1:
        raise TagonautError(f"bins must be a whole number from 1 up, not {bins!r}")
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    labels = mask.shape[1]
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    scored, hits, pictures = sums = np.zeros((3, labels * bins))
    step = max(1, BLOCK_CELLS // labels)
    for start in range(0, len(mask), step):
        some = slice(start, start + step)
        cells, inside = probabilities[some].astype(np.float64), mask[some]
        bin_of = (np.searchsorted(edges, cells) + bins * np.arange(labels))[inside]
        scored += np.bincount(bin_of, cells[inside], minlength=labels * bins)
        hits += np.bincount(bin_of, positive[some][inside], minlength=labels * bins)
        pictures += np.bincount(bin_of, minlength=labels * bins)
    scored, hits, pictures = sums.reshape(3, labels, bins)
    return _Binned(scored, hits, pictures.astype(np.int64))


def _check_average(average: str | None, valid: tuple[str, ...]) -> None:
    if average is not None and average not in valid:
        raise TagonautError(f"there is no average {nearest(average, valid)} of scores")

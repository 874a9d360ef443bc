"""Precision, recall and F-beta of one label at each possible threshold, for drawing.

``targets[n]``, ``scores[n]`` and ``known[n]`` are those of one label, a column of the tables of
``deciding.metrics``; all labels are pooled by giving the tables' ``.ravel()``. A curve has a point
at each distinct known score, and is empty where nothing is known.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, check_beta, check_scores, check_targets
from tagonaut.deciding.metrics.ranking import Cuts, ranked
from tagonaut.errors import TagonautError


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall of ``score >= threshold``, ``float64[m]`` each, thresholds rising."""

    thresholds: Floats
    precision: Floats
    recall: Floats


class FbetaCurve(NamedTuple):
    """F-beta of ``score >= threshold``, ``float64[m]`` each, thresholds rising."""

    thresholds: Floats
    fbeta: Floats


def precision_recall_curve(
    targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None
) -> PrecisionRecallCurve:
    """Precision and recall in [0, 1] at each distinct score.

    scikit-learn's curve without the point (recall 0, precision 1) that it adds at the end, and with
    a recall of 0, as everywhere here, where there is no positive. Raises ``TagonautError`` for
    arrays that are not of one label, or hold what ``deciding.metrics`` refuses.
    """
    cuts = _cuts(targets, scores, known)
    return PrecisionRecallCurve(
        cuts.scores.astype(np.float64), cuts.tp / cuts.tagged, cuts.tp / max(1, _positives(cuts))
    )


def fbeta_curve(
    targets: ArrayLike, scores: ArrayLike, beta: float, *, known: ArrayLike | None = None
) -> FbetaCurve:
    """F-beta in [0, 1] at each distinct score: ``fbeta`` of ``score >= threshold``.

    0 throughout where there is no positive. Raises what ``precision_recall_curve`` does, and
    ``TagonautError`` for a beta that is not positive.
    """
    weight = check_beta(beta) ** 2
    cuts = _cuts(targets, scores, known)
    values = (1 + weight) * cuts.tp / (weight * _positives(cuts) + cuts.tagged)
    return FbetaCurve(cuts.scores.astype(np.float64), values)


def _cuts(targets: ArrayLike, scores: ArrayLike, known: ArrayLike | None) -> Cuts:
    mask = None if known is None else _column("known", known)
    positive, mask = check_targets(_column("targets", targets), mask)
    numbers = check_scores(_column("scores", scores), mask.shape)
    return ranked(positive[:, 0], numbers[:, 0], mask[:, 0]).cuts()


def _positives(cuts: Cuts) -> int:
    return int(cuts.tp[0]) if len(cuts.tp) else 0


def _column(name: str, values: ArrayLike) -> NDArray[np.generic]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise TagonautError(
            f"{name} of a curve must be those of one label, [pictures], but their shape is "
            f"{list(array.shape)}"
        )
    return array[:, np.newaxis]

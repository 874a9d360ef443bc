"""Label quality: the probability that a given label is right, by models that did not learn from it.

A cell's *quality* is cleanlab's self-confidence: the score of the value that is given, calibrated
for each label (Platt 1999), so that the qualities of a rare and of a common label mean the same.
If wrong labels do not depend on the picture, the chance that a cell is wrong falls with just this
figure, whatever the label (Northcutt, Jiang and Chuang, JAIR 2021, call the method confident
learning). Of two values, cleanlab's normalised margin and confidence-weighted entropy rise and fall
with self-confidence, and so does 1 - |score - given|: all four are one and the same order.

Measured on 1,687 aerial pictures and 17 labels, of which 3 % of all cells were flipped at random
(means of three seeds; benchmarks/audit/run.py): the share of the flipped cells
that is among the first 5 % of all, and among as many first ones as were flipped,

    self-confidence, margin, entropy, |score - given|          87.8 %   74.6 %
    the same with cleanlab's adjustment for imbalance          75.0 %   41.0 %
    self-confidence of calibrated scores (what is here)        88.3 %   76.9 %
    calibrated by isotonic steps                               87.8 %   77.2 %
    the rank within the label                                  84.9 %   75.4 %

and the precision and the recall of the *flagged* cells:

    cleanlab, by noise rate                                    50.1 %   80.9 %
    cleanlab, fewest by self-confidence                        58.8 %   69.8 %
    by noise rate, quality below 0.2 (what is here)            66.3 %   75.0 %
    quality below 0.2 alone                                    66.4 %   82.4 %

A limit alone does as well there, but it cannot know a label whose values are right and hard to see;
cleanlab estimates the number of wrong ones of each label first. It flags hundreds of right values
of labels that no score tells apart, so those are not judged.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.calibration import Calibration
from tagonaut.deciding.label_swaps import ALONE, with_swaps
from tagonaut.deciding.metrics.score_metrics import roc_auc
from tagonaut.errors import TagonautError

UNLIKELY = 0.2
"""Only values whose quality is lower are flagged."""
TELLS_APART = 0.7
"""No cell is flagged of a label with a lower area under the ROC curve: Hosmer and Lemeshow (Applied
Logistic Regression, 2000) call discrimination acceptable from here on. A rare label whose tags are
mostly wrong falls below it too; its cells are ranked all the same."""
FOLDS = 5
SUGGESTED_SHARE = 0.05
"""The share of all cells, by rank, that is looked through for corrections, flagged or not."""


@dataclass(frozen=True)
class LabelQuality:
    """How likely each cell of ``targets[n, k]`` is right.

    ``quality[n, k]`` in [0, 1], NaN where a cell is unknown or its label has one value only;
    ``ranks[n, k]`` from 1, the least likely value, 0 for cells without a quality;
    ``flagged[n, k]``: probably wrong. ``area[k]``: under the ROC curve, NaN for labels of one
    value. ``judged[k]``: the labels whose cells could be flagged for their own score.
    """

    quality: NDArray[np.float64]
    ranks: NDArray[np.intp]
    flagged: NDArray[np.bool_]
    area: NDArray[np.float64]
    judged: NDArray[np.bool_]


def check_cleanlab() -> None:
    """Raise ``TagonautError`` if cleanlab is not installed."""
    if find_spec("cleanlab") is None:
        raise TagonautError("audit needs cleanlab: pip install 'tagonaut[audit]'")


def judge_labels(
    targets: NDArray[np.uint8],
    scores: NDArray[np.floating],
    known: NDArray[np.bool_],
    *,
    groups: Sequence[Sequence[int]] = (),
    seed: int = 0,
) -> LabelQuality:
    """Estimate the quality of ``targets[n, k]`` from out-of-sample ``scores[n, k]`` in [0, 1].

    ``groups`` are of columns, of which exactly one is positive; there a flagged cell comes with the
    one that is then wrong as well (see ``with_swaps``), or not at all. ``seed`` deals the pictures
    into the folds of the calibration. Raises ``TagonautError`` where cleanlab is not installed.
    """
    area = roc_auc(targets, scores, known=known)
    asked = known & np.isfinite(area)
    quality = np.full(targets.shape, np.nan)
    if asked.any():
        calibrated = _calibrated(targets, scores, known, seed)
        quality[asked] = 1 - np.abs(calibrated - targets)[asked]
    # Calibrated scores may round to one another; the scores themselves then decide.
    raw = np.abs(scores - targets)
    order = np.lexsort((-raw[asked], quality[asked]))
    ranks = np.zeros(targets.shape, dtype=np.intp)
    places = np.empty(len(order), dtype=np.intp)
    places[order] = np.arange(1, len(order) + 1)
    ranks[asked] = places
    judged = np.nan_to_num(area) >= TELLS_APART
    flagged = np.zeros(targets.shape, dtype=bool)
    for k in np.flatnonzero(judged):
        rows = asked[:, k]
        flagged[rows, k] = _issues(targets[rows, k], quality[rows, k])
    flagged, _ = with_swaps(flagged, targets, known, quality, groups)
    return LabelQuality(quality, ranks, flagged, area, judged)


def suggested_corrections(
    found: LabelQuality,
    targets: NDArray[np.uint8],
    known: NDArray[np.bool_],
    *,
    groups: Sequence[Sequence[int]] = (),
) -> list[list[tuple[int, int]]]:
    """The cells ``(row, column)`` to change, one or the two of a swap, the least likely first.

    They are the flagged cells, and the first 5 % by rank whose other value is the likelier; within
    exclusive ``groups`` as ``with_swaps`` says. The given label of a swap comes first.
    """
    asked = int((found.ranks > 0).sum())
    first = (found.ranks > 0) & (found.ranks <= SUGGESTED_SHARE * asked)
    doubtful = found.flagged | (first & (np.nan_to_num(found.quality, nan=1) < 0.5))
    chosen, partners = with_swaps(doubtful, targets, known, found.quality, groups)
    # The label that is given stands for both of a swap.
    leads = chosen & ((partners == ALONE) | (targets == 1))
    cells = [
        [(row, column), *([(row, partner)] if (partner := int(partners[row, column])) >= 0 else [])]
        for row, column in np.argwhere(leads).tolist()
    ]
    return sorted(cells, key=lambda together: min(found.ranks[cell] for cell in together))


def _issues(given: NDArray[np.uint8], quality: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The cells of one label that are probably wrong."""
    check_cleanlab()
    from cleanlab.filter import find_label_issues

    positive = np.where(given == 1, quality, 1 - quality)
    with warnings.catch_warnings():
        # It warns that it spares the last examples of a rare label: they are ranked all the same.
        warnings.simplefilter("ignore", UserWarning)
        found = find_label_issues(
            given.astype(int), np.column_stack([1 - positive, positive]), n_jobs=1
        )
    return np.asarray(found) & (quality < UNLIKELY)


def _calibrated(
    targets: NDArray[np.uint8],
    scores: NDArray[np.floating],
    known: NDArray[np.bool_],
    seed: int,
) -> NDArray[np.float64]:
    """Scores calibrated by curves of the other folds, so that no wrong cell bends its own curve."""
    n = len(targets)
    folds = np.random.default_rng(seed).permutation(n) % min(FOLDS, n)
    result = np.empty(scores.shape)
    for fold in np.unique(folds):
        here = folds == fold
        curves = Calibration.fit("platt", targets[~here], scores[~here], known=known[~here])
        result[here] = curves.apply(scores[here])
    return result

"""The cuts that can be the best for F-beta, found without sorting all cells.

F-beta of the cuts between bins of scores is a floor for the best. No cut inside a bin can be better
than one that tags all positives of the bin and none of its negatives; where that is under the
floor, the bin is not worth sorting. With many cells few bins are left.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.metrics.ranking import Cuts, ranked
from tagonaut.deciding.thresholds.cuts import next_below

BINS = 4096
# Under this many cells sorting them all is as quick.
WORTH_BINS = 10_000


def promising_cuts(positive: Mask, scores: NDArray[Any], beta: float) -> tuple[Cuts, NDArray[Any]]:
    """Cuts that include all the best ones for F-beta, and the next score below each best one, or 0.

    ``positive[n]`` has at least one positive, ``scores[n]`` are in [0, 1], both known and checked.
    """
    if len(scores) < WORTH_BINS:
        ranking = ranked(positive, scores)
        cuts = ranking.positive_cuts()
        return cuts, next_below(ranking, cuts)
    bins = _bins(scores)
    counts = np.bincount(2 * bins + positive, minlength=2 * BINS + 2).reshape(-1, 2)
    hits, cells = counts[:, 1], counts.sum(axis=1)
    promising = _promising(hits, cells, beta)
    kept = promising.copy()
    # The next score below a cut may be in the next bin that holds any; a cut there is not the best.
    filled = np.flatnonzero(cells)
    kept[filled[:-1][promising[filled[1:]]]] = True
    some = np.flatnonzero(kept[bins])
    ranking = ranked(positive[some], scores[some])
    cuts = ranking.positive_cuts()
    low, at = next_below(ranking, cuts), _bins(cuts.scores)
    tp, tagged = (_from_here_up(np.where(kept, 0, counted))[at] for counted in (hits, cells))
    return Cuts(cuts.scores, cuts.tp + tp, cuts.tagged + tagged), low


def quality(
    tp: NDArray[np.int64], tagged: NDArray[np.int64], positives: int, beta: float
) -> Floats:
    """F-beta of cuts; it rises with tp and falls with tagged, rounding included, for the bounds."""
    return (1 + beta**2) * tp / (beta**2 * positives + tagged)


def _promising(hits: NDArray[np.int64], cells: NDArray[np.int64], beta: float) -> Mask:
    tp, tagged = _from_here_up(hits), _from_here_up(cells)
    floor = quality(tp, tagged, tp[0], beta).max()
    ceiling = quality(tp, tagged - cells + hits, tp[0], beta)
    return (hits > 0) & (ceiling >= floor)


def _bins(scores: NDArray[Any]) -> NDArray[np.intp]:
    # Rounding keeps the order, so that a bin holds all scores between two of its own.
    return (scores * scores.dtype.type(BINS)).astype(np.intp)


def _from_here_up(counted: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(counted[::-1])[::-1]

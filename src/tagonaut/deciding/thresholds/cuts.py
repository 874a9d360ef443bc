"""Turns a cut of the ranking into a threshold, midway between two scores."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.metrics.ranking import Cuts, LabelRanking


def next_below(ranking: LabelRanking, cuts: Cuts) -> NDArray[Any]:
    """``[c]``: the next score below each cut of a ranking, 0 where there is none."""
    first = len(ranking.scores) - cuts.tagged
    return np.where(first > 0, ranking.scores[first - 1], 0).astype(ranking.scores.dtype)


def with_nothing(ranking: LabelRanking) -> tuple[Cuts, NDArray[Any]]:
    """The cuts at positives, then the one that tags nothing, and the next score below each.

    The score of the last cut is 1. The label has at least one known cell.
    """
    cuts, top = ranking.positive_cuts(), ranking.scores[-1:]
    added = Cuts(
        np.append(cuts.scores, np.ones_like(top)),
        np.append(cuts.tp, 0),
        np.append(cuts.tagged, 0),
    )
    return added, np.append(next_below(ranking, cuts), top)


def widest(worth: NDArray[Any], high: NDArray[Any], low: NDArray[Any]) -> float:
    """The threshold of the best cut; ties go to the widest gap, then to the highest cut.

    ``high[c]``, rising, are the lowest scores that each cut tags, ``low[c]`` the next below.
    """
    best = np.flatnonzero(worth == worth.max())
    gap = high[best] - low[best]
    at = best[np.flatnonzero(gap == gap.max())[-1]]
    return midway(low[at], high[at])


def midway(low: Any, high: Any) -> float:
    """A threshold above ``low`` and not above ``high``, two scores in [0, 1] of one precision."""
    middle = type(high)((float(low) + float(high)) / 2)
    if middle > low:
        return float(middle)
    # Between neighbouring floats the midpoint rounds to one of them; at 0 there is no room below,
    # nor at 1 above.
    return float(high) if high > low or high == 0 else math.inf


def threshold_of(ranking: LabelRanking, cuts: Cuts, at: int) -> float:
    """The threshold of the cut number ``at``, midway to the next score below."""
    one = Cuts(*(part[at : at + 1] for part in cuts))
    return midway(next_below(ranking, one)[0], one.scores[0])

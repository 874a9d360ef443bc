"""Every label's known cells by falling score: where a threshold can cut, and what it would tag."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.arrays import Mask


class Ranking(NamedTuple):
    """One row a label; column i is what tagging the i + 1 highest scores would mean."""

    scores: NDArray[Any]
    """``[k, n]``, falling; unknown cells stand at the end as -inf."""
    tp: NDArray[np.int64]
    """``[k, n]``, the positives among the i + 1 highest scores."""
    cut: Mask
    """``[k, n]``, whether a threshold can end here: at the last of equal scores, all known."""


def rank(positive: Mask, scores: NDArray[Any], known: Mask) -> Ranking:
    """Sort ``scores[n, k]`` a label; the three arrays are checked and of one shape."""
    falling = np.where(known, scores, -np.inf).T
    order = np.argsort(-falling, axis=1)
    falling = np.take_along_axis(falling, order, axis=1)
    tp = np.cumsum(np.take_along_axis(positive.T, order, axis=1), axis=1, dtype=np.int64)
    return Ranking(falling, tp, falling > below(falling))


def below(falling: NDArray[Any]) -> NDArray[Any]:
    """The score that follows each one in a ranking's ``scores[k, n]``; -inf after the last."""
    return np.pad(falling, ((0, 0), (0, 1)), constant_values=-np.inf)[:, 1:]

"""Scores as numbers that a linear model can be fitted to."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, check_probabilities, log_odds
from tagonaut.errors import TagonautError

EDGE = 2.0**-24
"""Scores nearer to 0 or 1 count as this far from it.

A float32 knows nothing nearer to 1, and one wrong score of exactly 0 must not outweigh the rest.
"""


class Standard(NamedTuple):
    """What takes each column to mean 0 and standard deviation 1, ``float64[k]`` each."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, features: Floats) -> "Standard":
        """That of ``features[n, k]``; a column that never changes is only moved."""
        deviation = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(deviation > 1e-9, deviation, 1))

    def apply(self, features: Floats) -> Floats:
        """``features[n, k]``, standardised."""
        return (features - self.mean) / self.deviation

    def fold(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """``weights[m, k]`` and ``bias[m]`` for the features as they were."""
        folded = weights / self.deviation
        return folded, bias - folded @ self.mean


def bounded_log_odds(scores: ArrayLike, labels: int | None = None) -> Floats:
    """The log-odds of ``scores[n, k]``, at most 17 from 0.

    Raises ``TagonautError`` for scores not in [0, 1], or not of ``labels`` labels.
    """
    numbers = check_probabilities(scores).astype(np.float64)
    if labels is not None and numbers.shape[1] != labels:
        raise TagonautError(f"scores of {numbers.shape[1]} labels do not fit a rule of {labels}")
    return log_odds(numbers.clip(EDGE, 1 - EDGE))

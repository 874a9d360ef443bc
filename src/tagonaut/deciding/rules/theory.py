"""The thresholds with the best expected F-beta of each label, by calibrated scores."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, check_beta, check_probabilities
from tagonaut.deciding.rules.settings import (
    Examples,
    RuleSettings,
    same_thresholds,
    thresholds_of,
)
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, Objective


@dataclass(frozen=True)
class TheoryRule(RuleSettings):
    """Each label's threshold of highest expected F-beta; one half for exact match."""

    kind: ClassVar[str] = "theory"
    description: ClassVar[str] = (
        "each label's threshold of highest expected F, by calibrated scores"
    )
    needs_probabilities: ClassVar[bool] = True

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``; targets and groups are not considered."""
        if objective.beta is None:
            return same_thresholds(DEFAULT_THRESHOLD, examples.targets.shape[1])
        return thresholds_of(theoretical_thresholds(examples.scores, objective.beta))


def theoretical_thresholds(probabilities: ArrayLike, beta: float) -> Floats:
    """``float64[k]``: the thresholds that maximise each label's F-beta where scores are calibrated.

    That is F* / (1 + beta²), F* being the highest F-beta of any cut (Lipton, Elkan and
    Narayanaswamy 2014, arXiv:1402.1892), here computed from ``probabilities[n, k]`` alone: expected
    true positives over expected total. A label whose probabilities are all 0 gets
    ``DEFAULT_THRESHOLD``, as one that cannot be tuned.
    """
    beta = check_beta(beta)
    falling = -np.sort(-check_probabilities(probabilities).astype(np.float64), axis=0)
    hits = np.cumsum(falling, axis=0)
    tagged = np.arange(1, len(falling) + 1)[:, np.newaxis]
    # F-beta over 1 + beta², which is the threshold.
    values = hits / (beta**2 * falling.sum(axis=0) + tagged)
    best = values.max(axis=0, initial=0.0)
    return np.where(best > 0, best, DEFAULT_THRESHOLD)

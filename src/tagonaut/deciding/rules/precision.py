"""Thresholds that keep a precision."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.metrics.ranking import LabelRanking
from tagonaut.deciding.metrics.tag_metrics import precision
from tagonaut.deciding.rules.settings import Examples, ShareSettings, thresholds_of
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import Objective, each_threshold, threshold_of


@dataclass(frozen=True)
class PrecisionRule(ShareSettings):
    """Each label has the most recall that its target precision allows (0.95: 19 tags in 20)."""

    kind: ClassVar[str] = "precision"
    description: ClassVar[str] = "the most recall of each label with a precision of target, up to 1"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``; groups are not considered."""
        return thresholds_of(
            precision_thresholds(
                examples.targets, examples.scores, target=self.target, known=examples.known
            )
        )

    def reached(self, targets: NDArray[Any], tags: Mask, known: Mask) -> Floats:
        """The precision of each label; NaN where no picture has its tag."""
        found = precision(targets, tags, known=known)
        return np.where((tags & known).any(axis=0), found, np.nan)


def precision_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, target: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]``: the most recall with a precision of at least ``target``, in (0, 1].

    The most precise of cuts with the same recall is taken. Infinite, which tags nothing, where no
    cut is as precise: also where the label has no known positive.
    """

    def lowest(ranking: LabelRanking) -> float:
        cuts = ranking.positive_cuts()
        reached = np.flatnonzero(cuts.tp / cuts.tagged >= target)
        return threshold_of(ranking, cuts, reached[0]) if len(reached) else math.inf

    return each_threshold(lowest, targets, scores, known)

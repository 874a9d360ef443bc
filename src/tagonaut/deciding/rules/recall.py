"""Thresholds that keep a recall."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.metrics.ranking import LabelRanking
from tagonaut.deciding.metrics.tag_metrics import recall
from tagonaut.deciding.rules.settings import Examples, ShareSettings, thresholds_of
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import (
    DEFAULT_THRESHOLD,
    Objective,
    each_threshold,
    threshold_of,
)


@dataclass(frozen=True)
class RecallRule(ShareSettings):
    """Each label has the fewest tags that its target recall allows (0.95: 19 pictures in 20)."""

    kind: ClassVar[str] = "recall"
    description: ClassVar[str] = "the fewest tags of each label with a recall of target, up to 1"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``; groups are not considered."""
        return thresholds_of(
            recall_thresholds(
                examples.targets, examples.scores, target=self.target, known=examples.known
            )
        )

    def reached(self, targets: NDArray[Any], tags: Mask, known: Mask) -> Floats:
        """The recall of each label; NaN where no picture has it."""
        found = recall(targets, tags, known=known)
        return np.where(((targets == 1) & known).any(axis=0), found, np.nan)


def recall_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, target: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]`` in [0, 1]: the highest with a recall of at least ``target``, in (0, 1].

    Labels without a known positive get ``DEFAULT_THRESHOLD``.
    """

    def highest(ranking: LabelRanking) -> float:
        cuts = ranking.positive_cuts()
        if not len(cuts.tp):
            return DEFAULT_THRESHOLD
        reached = np.flatnonzero(cuts.tp / cuts.tp[0] >= target)
        return threshold_of(ranking, cuts, reached[-1])

    return each_threshold(highest, targets, scores, known)

"""Thresholds of least cost, where a missed tag and a wrong one are not equally bad."""

import math
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats
from tagonaut.deciding.metrics.ranking import LabelRanking
from tagonaut.deciding.rules.settings import Examples, TargetSettings, thresholds_of
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import (
    DEFAULT_THRESHOLD,
    Objective,
    each_threshold,
    widest,
    with_nothing,
)
from tagonaut.errors import TagonautError


@dataclass(frozen=True)
class CostRule(TargetSettings):
    """The least cost of each label: a missed tag costs ``target`` times as much as a wrong one."""

    kind: ClassVar[str] = "cost"
    description: ClassVar[str] = (
        "the least cost, where a missed tag costs target times as much as a wrong one"
    )

    def __post_init__(self) -> None:
        if self.target is None or not 0 < self.target < math.inf:
            raise TagonautError(
                "a rule of kind cost needs a target, the cost of a missed tag over that of a wrong"
                f" one, such as 5, not {self.target}"
            )

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``; groups are not considered."""
        return thresholds_of(
            cost_thresholds(
                examples.targets, examples.scores, missed=self.target, known=examples.known
            )
        )

    def aim(self, objective: str) -> str:
        """The two costs."""
        return f"missed {self.target:g} × wrong"


def cost_thresholds(
    targets: ArrayLike, scores: ArrayLike, *, missed: float, known: ArrayLike | None = None
) -> Floats:
    """``float64[k]``: the least cost; a false negative costs ``missed``, a false positive 1.

    For calibrated scores and many pictures this comes to ``1 / (1 + missed)`` (Elkan 2001, "The
    foundations of cost-sensitive learning"). Labels that are not ``tunable`` get
    ``DEFAULT_THRESHOLD``.
    """

    def cheapest(ranking: LabelRanking) -> float:
        if not ranking.positive.any() or ranking.positive.all():
            return DEFAULT_THRESHOLD
        cuts, low = with_nothing(ranking)
        saved = missed * cuts.tp - (cuts.tagged - cuts.tp)
        return widest(saved, cuts.scores, low)

    return each_threshold(cheapest, targets, scores, known)

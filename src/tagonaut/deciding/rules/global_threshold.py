"""The decision rule with one threshold for all labels."""

from dataclasses import dataclass
from typing import ClassVar

from tagonaut.deciding.rules.settings import Examples, RuleSettings, same_thresholds
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import Objective, global_threshold


@dataclass(frozen=True)
class GlobalRule(RuleSettings):
    """The single threshold with the highest objective, see ``global_threshold``."""

    kind: ClassVar[str] = "global"
    description: ClassVar[str] = "one threshold for all labels"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``; groups are not considered."""
        shared = global_threshold(
            examples.targets, examples.scores, objective=objective, known=examples.known
        )
        return same_thresholds(shared, examples.targets.shape[1])

"""Each label's own threshold, the best on the pictures that tune it."""

from dataclasses import dataclass
from typing import ClassVar

from tagonaut.deciding.rules.settings import Examples, RuleSettings, thresholds_of
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import Objective, optimal_thresholds


@dataclass(frozen=True)
class OptimumRule(RuleSettings):
    """The thresholds with the highest objective, see ``optimal_thresholds``."""

    kind: ClassVar[str] = "optimum"
    description: ClassVar[str] = "each label's best threshold"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``."""
        found = optimal_thresholds(
            examples.targets,
            examples.scores,
            objective=objective,
            known=examples.known,
            groups=examples.groups,
            seed=seed,
        )
        return thresholds_of(found)

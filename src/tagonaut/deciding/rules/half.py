"""One half for every label, tuned on nothing."""

from dataclasses import dataclass
from typing import ClassVar

from tagonaut.deciding.rules.settings import Examples, RuleSettings, same_thresholds
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, Objective


@dataclass(frozen=True)
class HalfRule(RuleSettings):
    """Every label's threshold is one half."""

    kind: ClassVar[str] = "half"
    description: ClassVar[str] = "0.5 for every label"

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Thresholds:
        """See ``RuleSettings``."""
        return same_thresholds(DEFAULT_THRESHOLD, examples.targets.shape[1])

    def aim(self, objective: str) -> None:
        """None: it is tuned for nothing."""
        return

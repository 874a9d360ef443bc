"""How a recipe decides: from scores to tags."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tagonaut.deciding import CalibrationKind, RuleKind
from tagonaut.settings import Settings


class RuleSettings(Settings):
    """The decision rule, tuned on scores of pictures that the network did not learn from."""

    kind: RuleKind = Field(
        "shrunk",
        description="half: 0.5 for every label; global: one threshold; optimum: each label's best;"
        " shrunk: those drawn towards the global one; theory: what calibrated scores promise;"
        " expected_f: the labels with the highest expected F; precision, recall: what keeps the"
        " target; cost: a missed tag costs target times what a wrong one does; learned_thresholds,"
        " learned_count: from the scores",
    )
    calibration: Literal["auto", "none"] | CalibrationKind = Field(
        "auto",
        description="make scores probabilities first; auto: for theory and expected_f, by beta",
    )
    target: float | None = Field(
        None, gt=0, description="of the kinds precision and recall (up to 1), and cost"
    )
    implications: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of labels: a picture that has the first has the second too"
    )

    @model_validator(mode="after")
    def _has_its_target(self) -> Self:
        share = self.kind in {"precision", "recall"}
        if (share or self.kind == "cost") and self.target is None:
            raise ValueError(f"a rule of kind {self.kind} needs rule.target")
        if not (share or self.kind == "cost") and self.target is not None:
            raise ValueError(f"a rule of kind {self.kind} has no target")
        if share and self.target is not None and self.target > 1:
            raise ValueError(f"rule.target of {self.kind} is at most 1")
        return self

    def tuning(self) -> dict[str, Any]:
        """What ``DecisionRule.tune`` takes of it."""
        return self.model_dump()

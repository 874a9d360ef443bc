"""The decision rule of a recipe: how scores become tags."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tagonaut.deciding import CalibrationKind, RuleKind
from tagonaut.settings import Settings


class RuleSettings(Settings):
    """The decision rule, tuned on scores of pictures that the network did not learn from."""

    kind: RuleKind = Field(
        "shrunk",
        description="half: 0.5 for every label; global: one threshold for all labels; optimum: the"
        " best threshold per label; shrunk: the same, drawn towards the global one; theory: the"
        " optimal threshold for calibrated scores; expected_f: the set of tags with the highest"
        " expected F; precision, recall: the threshold that keeps the target; cost: a missed tag"
        " costs target times as much as a wrong one; learned_thresholds, learned_count: predicted"
        " from a picture's scores",
    )
    calibration: Literal["auto", "none"] | CalibrationKind = Field(
        "auto",
        description="calibration of scores before the rule; auto: beta for theory and expected_f,"
        " otherwise none",
    )
    target: float | None = Field(
        None, gt=0, description="the target of the kinds precision and recall (at most 1) and cost"
    )
    implications: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of labels, of which the first implies the second"
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
        """The keyword arguments for ``DecisionRule.tune``."""
        return self.model_dump()

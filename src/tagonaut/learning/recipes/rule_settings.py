"""The decision rule of a recipe: how scores become tags."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from tagonaut.deciding import RULES, CalibrationKind, Rule, TargetSettings, create_rule
from tagonaut.errors import TagonautError
from tagonaut.settings import Settings

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(RULES)]


class RuleSettings(Settings):
    """The decision rule, tuned on scores of pictures that the network did not learn from."""

    kind: Kind = Field(
        "shrunk",
        description="; ".join(f"{kind}: {rule.description}" for kind, rule in RULES.items()),
    )
    calibration: Literal["auto", "none"] | CalibrationKind = Field(
        "auto",
        description="make scores probabilities first; auto: by beta, for "
        + " and ".join(kind for kind, rule in RULES.items() if rule.needs_probabilities),
    )
    target: float | None = Field(
        None,
        gt=0,
        description="target of the rule, for the kinds "
        + ", ".join(kind for kind, rule in RULES.items() if issubclass(rule, TargetSettings)),
    )
    implications: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of labels, of which the first implies the second"
    )

    @model_validator(mode="after")
    def _has_its_target(self) -> Self:
        try:
            self.rule()
        except TagonautError as error:
            raise ValueError(str(error)) from None
        return self

    def rule(self) -> Rule:
        """The settings of the rule alone; raises ``TagonautError``."""
        return create_rule(self.kind, self.target)

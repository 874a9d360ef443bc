"""The settings for tuning a decision rule, and the record of a tuning."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np

from tagonaut.deciding.calibration import CalibrationKind
from tagonaut.deciding.rules import Rule, create_rule
from tagonaut.deciding.stored import read_object
from tagonaut.deciding.thresholds import Objective
from tagonaut.errors import TagonautError

OUT_OF_FOLD = "out-of-fold"


@dataclass(frozen=True)
class DecisionSettings:
    """Settings for tuning a decision rule.

    ``objective``: the metric to maximise, such as ``f1`` (see ``Objective.of``). ``calibration``
    makes scores probabilities first, on the same pictures; ``auto`` does so (by ``beta``) for rules
    that compute with probabilities. ``implications``: pairs of labels; a picture that is given the
    first is given the second too. ``seed`` of the rule's random draws.
    """

    objective: str = "f1"
    rule: Rule = create_rule("shrunk")  # noqa: RUF009  it is frozen
    calibration: CalibrationKind | Literal["auto", "none"] = "auto"
    implications: tuple[tuple[str, str], ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Tuning:
    """The record of a tuning: the objective, the rule, and the pictures.

    ``kind`` and ``target`` are those of the rule. ``split``: the name of the split that the
    pictures are of, or ``out-of-fold``, where each was scored by a network that had not seen it.
    ``pictures``: their ids. ``untuned``: the labels of which these pictures have no positive, or no
    negative.
    """

    objective: str
    kind: str
    split: str
    pictures: tuple[str, ...]
    untuned: tuple[str, ...] = ()
    target: float | None = None

    def __post_init__(self) -> None:
        Objective.of(self.objective)
        if self.target is not None:
            _check_number(self.target)
        create_rule(self.kind, self.target)
        texts("split", [self.split])
        for name in ("pictures", "untuned"):
            object.__setattr__(self, name, texts(name, getattr(self, name)))
        # Without them nothing keeps a rule from being judged on what it was tuned on.
        if not self.pictures:
            raise TagonautError(
                "a tuned rule lists the pictures that tuned it, but here the list is empty"
            )

    @property
    def rule(self) -> Rule:
        """The settings of the rule."""
        return create_rule(self.kind, self.target)

    @property
    def aim(self) -> str | None:
        """The objective or target of the tuning, in words; None for ``half``, which has neither."""
        return self.rule.aim(self.objective)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("tuning", values, [item.name for item in fields(cls)]))


def texts(name: str, values: Any) -> tuple[str, ...]:
    """``values`` as a tuple of text; raises ``TagonautError`` for anything else."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TagonautError(f"{name} of a decision rule must be a list of text, not {values!r:.60}")
    found = tuple(values)
    for text in found:
        if not isinstance(text, str):
            raise TagonautError(f"{name} of a decision rule must be text, not {text!r:.60}")
    return found


def _check_number(target: Any) -> None:
    # JSON's true is Python's 1.
    if isinstance(target, bool) or not isinstance(target, int | float):
        raise TagonautError(f"the target of a rule must be a number, not {target!r:.60}")
    if not 0 < target < np.inf:
        raise TagonautError(f"the target of a rule must be over 0 and finite, not {target!r:.60}")

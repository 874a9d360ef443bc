"""How a decision rule is tuned: the kinds there are, and what is kept of it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.rules.expected_f import ExpectedF, theoretical_thresholds
from tagonaut.deciding.rules.joint_thresholds import global_threshold
from tagonaut.deciding.rules.learned_count import LearnedCount
from tagonaut.deciding.rules.learned_thresholds import LearnedThresholds
from tagonaut.deciding.rules.objectives import Objective
from tagonaut.deciding.rules.optimum import optimal_thresholds
from tagonaut.deciding.rules.shrinkage import shrunk_thresholds
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.rules.thresholds import (
    DEFAULT_THRESHOLD,
    cost_thresholds,
    precision_thresholds,
    recall_thresholds,
)
from tagonaut.deciding.stored import read_object
from tagonaut.errors import TagonautError, nearest
from tagonaut.labels import LabelSet

RuleKind = Literal[
    "half",
    "global",
    "optimum",
    "shrunk",
    "theory",
    "expected_f",
    "precision",
    "recall",
    "cost",
    "learned_thresholds",
    "learned_count",
]
OUT_OF_FOLD = "out-of-fold"
Decider = Thresholds | ExpectedF | LearnedThresholds | LearnedCount


@dataclass(frozen=True)
class Tuning:
    """What a rule was tuned for, how, and on which pictures.

    ``split``: the name of the split whose scores they are, or ``out-of-fold``: each picture was
    then scored by a network that had not seen it. ``pictures``: the ids. ``untuned``: the labels of
    which these pictures have no positive, or no negative. ``target``: of the kinds that have one.
    """

    objective: str
    kind: RuleKind
    split: str
    pictures: tuple[str, ...]
    untuned: tuple[str, ...] = ()
    target: float | None = None

    def __post_init__(self) -> None:
        Objective.of(self.objective)
        if self.kind not in get_args(RuleKind):
            raise TagonautError(f"there is no rule {nearest(str(self.kind), get_args(RuleKind))}")
        texts("split", [self.split])
        for name in ("pictures", "untuned"):
            object.__setattr__(self, name, texts(name, getattr(self, name)))
        # Without them nothing keeps a rule from being judged on what it was tuned on.
        if not self.pictures:
            raise TagonautError("a rule that was tuned names the pictures; here there is none")
        if self.target is not None:
            _check_number(self.target)

    @property
    def aim(self) -> str | None:
        """What it was tuned for, in words; None for ``half``, which is tuned for nothing."""
        match self.kind:
            case "half":
                return None
            case "precision" | "recall" if self.target is not None:
                return f"{self.kind} {100 * self.target:g} %"
            case "cost" if self.target is not None:
                return f"missed {self.target:g} × wrong"
            case "learned_thresholds" | "learned_count":
                return self.kind.replace("_", " ")
        return self.objective

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


def tuned_decider(
    kind: RuleKind,
    targets: ArrayLike,
    scores: ArrayLike,
    objective: Objective,
    known: ArrayLike | None,
    labels: LabelSet,
    target: float | None,
    seed: int,
) -> Decider:
    """The decider of a kind that does best by the objective; see ``DecisionRule.tune``."""
    _check_target(kind, target)
    groups = [[labels.index(name) for name in group] for group in labels.groups]
    wanted = target or 0.0
    match kind:
        case "half":
            found: ArrayLike = np.full(len(labels), DEFAULT_THRESHOLD)
        case "global":
            shared = global_threshold(targets, scores, objective=objective, known=known)
            found = np.full(len(labels), shared)
        case "optimum":
            found = optimal_thresholds(
                targets, scores, objective=objective, known=known, groups=groups, seed=seed
            )
        case "shrunk":
            found = shrunk_thresholds(
                targets, scores, objective=objective, known=known, groups=groups, seed=seed
            ).thresholds
        case "theory" if objective.beta is not None:
            found = theoretical_thresholds(scores, objective.beta)
        case "theory":
            found = np.full(len(labels), DEFAULT_THRESHOLD)
        case "expected_f":
            return ExpectedF(1.0 if objective.beta is None else objective.beta)
        case "precision":
            found = precision_thresholds(targets, scores, target=wanted, known=known)
        case "recall":
            found = recall_thresholds(targets, scores, target=wanted, known=known)
        case "cost":
            found = cost_thresholds(targets, scores, missed=wanted, known=known)
        case "learned_thresholds":
            return LearnedThresholds.fit(targets, scores, known=known)
        case "learned_count":
            return LearnedCount.fit(targets, scores, known=known)
    return Thresholds(tuple(np.asarray(found).tolist()))


def _check_number(target: Any) -> None:
    # JSON's true is Python's 1.
    if isinstance(target, bool) or not isinstance(target, int | float):
        raise TagonautError(f"the target of a rule must be a number, not {target!r:.60}")
    if not 0 < target < np.inf:
        raise TagonautError(f"the target of a rule must be over 0 and finite, not {target!r:.60}")


def _check_target(kind: str, target: float | None) -> None:
    if kind in {"precision", "recall"}:
        if target is None or not 0 < target <= 1:
            raise TagonautError(
                f"a rule of kind {kind} needs a target over 0 and up to 1, such as 0.95,"
                f" not {target}"
            )
    elif kind == "cost":
        if target is None or not 0 < target < np.inf:
            raise TagonautError(
                "a rule of kind cost needs a target: how many times what a wrong tag costs a missed"
                f" one does, such as 5, not {target}"
            )
    elif target is not None:
        raise TagonautError(f"a rule of kind {kind} has no target: precision, recall and cost have")


def texts(name: str, values: Any) -> tuple[str, ...]:
    """``values`` as a tuple of text; raises ``TagonautError`` for anything else."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TagonautError(f"{name} of a decision rule must be a list of text, not {values!r:.60}")
    found = tuple(values)
    for text in found:
        if not isinstance(text, str):
            raise TagonautError(f"{name} of a decision rule must be text, not {text!r:.60}")
    return found

"""Decision rules: one file for each, chosen by its kind in a recipe's ``[rule]``."""

from collections.abc import Mapping
from typing import Any, get_args

from tagonaut.deciding.rules.cost import CostRule
from tagonaut.deciding.rules.expected_f import ExpectedFRule
from tagonaut.deciding.rules.global_threshold import GlobalRule
from tagonaut.deciding.rules.half import HalfRule
from tagonaut.deciding.rules.learned_thresholds import LearnedThresholdsRule
from tagonaut.deciding.rules.optimum import OptimumRule
from tagonaut.deciding.rules.precision import PrecisionRule
from tagonaut.deciding.rules.recall import RecallRule
from tagonaut.deciding.rules.settings import Decider, Examples, ShareSettings, TargetSettings
from tagonaut.deciding.rules.shrunk import ShrunkRule
from tagonaut.deciding.rules.theory import TheoryRule
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.errors import TagonautError, nearest

__all__ = [
    "RULES",
    "Decider",
    "Examples",
    "Rule",
    "ShareSettings",
    "TargetSettings",
    "Thresholds",
    "create_rule",
    "read_decider",
    "target_of",
]

Rule = (
    HalfRule
    | GlobalRule
    | OptimumRule
    | ShrunkRule
    | TheoryRule
    | ExpectedFRule
    | PrecisionRule
    | RecallRule
    | CostRule
    | LearnedThresholdsRule
)

RULES: dict[str, type[Rule]] = {rule.kind: rule for rule in get_args(Rule)}
"""The rules by kind."""
_DECIDERS = {rule.decider.kind: rule.decider for rule in RULES.values()}
_REMOVED = {"learned_count": "learned_thresholds"}
"""Kinds of earlier versions, with the one that comes nearest."""


def create_rule(kind: str, target: float | None = None) -> Rule:
    """The settings of the rule of that kind.

    Raises ``TagonautError`` for a kind that does not exist, and for a ``target`` that is missing,
    out of range, or of no use to the rule.
    """
    _check_kind(kind, list(RULES), "rule")
    chosen: Any = RULES[kind]
    if issubclass(chosen, TargetSettings):
        return chosen(target)
    if target is not None:
        having = [name for name, rule in RULES.items() if issubclass(rule, TargetSettings)]
        raise TagonautError(
            f"a rule of kind {kind} has no target: only {', '.join(having)} have one"
        )
    return chosen()


def target_of(rule: Rule) -> float | None:
    """The target of a rule, None for a rule without."""
    return rule.target if isinstance(rule, TargetSettings) else None


def read_decider(values: Any) -> Decider:
    """The decider that a rule stored; raises ``TagonautError``."""
    if not isinstance(values, Mapping):
        raise TagonautError(f"a decider must be an object, not {values!r:.60}")
    found = dict(values)
    kind = found.pop("kind", None)
    _check_kind(kind, list(_DECIDERS), "decider")
    return _DECIDERS[kind].from_json(found)


def _check_kind(kind: Any, known: list[str], noun: str) -> None:
    if isinstance(kind, str) and kind in known:
        return
    if isinstance(kind, str) and kind in _REMOVED:
        raise TagonautError(
            f"the rule {kind} no longer exists: choose another with tagonaut decide RUN --set"
            f" rule.kind=..., for instance {_REMOVED[kind]}"
        )
    raise TagonautError(f"there is no {noun} {nearest(str(kind), known)}: {', '.join(known)}")

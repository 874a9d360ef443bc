"""The shape that all decision rules share: settings that tune a decider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.thresholds import Objective
from tagonaut.errors import TagonautError


class Decider(Protocol):
    """A tuned rule: it turns scores into tags, and can be stored as plain values."""

    kind: ClassVar[str]

    def decide(self, scores: Floats, groups: Sequence[Sequence[int]]) -> Mask:
        """``tags[n, k]`` of ``scores[n, k]``; ``groups`` are of columns."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file; numbers come back to the bit."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""


class Examples(NamedTuple):
    """Pictures to tune on: ``[n, k]`` each, checked."""

    targets: Mask
    """The known positives."""
    scores: NDArray[Any]
    """In [0, 1], out of sample."""
    known: Mask
    groups: Sequence[Sequence[int]] = ()
    """The columns of each exclusive group."""


@dataclass(frozen=True)
class RuleSettings:
    """A kind of decision rule. A subclass has its ``kind``, its ``description`` and ``tune``."""

    kind: ClassVar[str]
    description: ClassVar[str]
    decider: ClassVar[type[Decider]] = Thresholds
    """The type that ``tune`` returns; a stored rule is read by it."""
    needs_probabilities: ClassVar[bool] = False
    """Whether it computes with scores as probabilities, so that they are calibrated first."""

    def tune(self, examples: Examples, objective: Objective, seed: int) -> Decider:
        """The decider that does best on the examples; ``seed`` draws what is random."""
        raise NotImplementedError

    def aim(self, objective: str) -> str | None:
        """The objective or target of the tuning, in words; None if it has neither."""
        return objective


@dataclass(frozen=True)
class TargetSettings(RuleSettings):
    """A rule that is tuned to reach a ``target`` instead of an objective."""

    target: float


@dataclass(frozen=True)
class ShareSettings(TargetSettings):
    """A rule that keeps a metric at ``target`` or above, in (0, 1]."""

    def __post_init__(self) -> None:
        if self.target is None or not 0 < self.target <= 1:
            raise TagonautError(
                f"a rule of kind {self.kind} needs a target over 0 and up to 1, such as 0.95,"
                f" not {self.target}"
            )

    def aim(self, objective: str) -> str:
        """The metric and its target."""
        return f"{self.kind} {100 * self.target:g} %"

    def reached(self, targets: NDArray[Any], tags: Mask, known: Mask) -> Floats:
        """``float64[k]``: the metric of ``tags[n, k]``, NaN where no picture counts for it."""
        raise NotImplementedError


def same_thresholds(threshold: float, labels: int) -> Thresholds:
    """A decider with one threshold for all labels."""
    return Thresholds((threshold,) * labels)


def thresholds_of(values: Floats) -> Thresholds:
    """A decider with the thresholds ``values[k]``."""
    return Thresholds(tuple(np.asarray(values).tolist()))

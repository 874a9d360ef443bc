"""Decisions by one threshold per label."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask, log_odds
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.stored import read_object
from tagonaut.errors import TagonautError


@dataclass(frozen=True)
class Thresholds:
    """A label is tagged where its score is at or above its threshold.

    Thresholds are in [0, 1], or infinite, which never tags. In an exclusive group exactly one label
    is tagged, whose odds over those of its threshold are highest. Raises ``TagonautError`` for
    other values.
    """

    kind: ClassVar[str] = "thresholds"
    thresholds: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "thresholds", _numbers(self.thresholds))

    def decide(self, scores: Floats, groups: Sequence[Sequence[int]]) -> Mask:
        """``tags[n, k]``, booleans, of ``scores[n, k]``; ``groups`` are of columns."""
        thresholds = np.array(self.thresholds)
        tags = scores >= thresholds
        if not groups:
            return tags
        return one_of_each(tags, log_odds(scores) - log_odds(thresholds), groups)

    def to_json(self) -> dict[str, Any]:
        """Plain values; null stands for never."""
        return {"thresholds": [None if math.isinf(value) else value for value in self.thresholds]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        found = read_object("thresholds", values, ["thresholds"])["thresholds"]
        if not isinstance(found, list):
            raise TagonautError(f"thresholds must be a list of numbers, not {found!r:.60}")
        return cls(tuple(math.inf if value is None else value for value in found))


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise TagonautError(f"thresholds must be a list of numbers, not {values!r:.60}")
    numbers = tuple(values)
    for number in numbers:
        if not isinstance(number, int | float | np.floating) or isinstance(number, bool):
            raise TagonautError(f"a threshold must be a number, not {number!r:.60}")
        if not (0 <= number <= 1 or number == math.inf):
            raise TagonautError(f"a threshold is {number}, not from 0 to 1")
    return tuple(float(number) for number in numbers)

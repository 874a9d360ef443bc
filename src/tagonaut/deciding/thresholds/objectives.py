"""Objectives: the metrics that a decision rule can be tuned for, by name."""

import re
from dataclasses import dataclass
from typing import Literal, Self

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import check_beta
from tagonaut.deciding.metrics.tag_metrics import exact_match, fbeta
from tagonaut.errors import TagonautError

Averaged = Literal["macro", "micro", "samples"]


@dataclass(frozen=True)
class Objective:
    """F-beta in one of its averages, or exact match (``average`` and ``beta`` are then None)."""

    name: str
    average: Averaged | None
    beta: float | None

    @classmethod
    def of(cls, name: str) -> Self:
        """``macro_f1``, ``micro_f0.5``, ``samples_f2``, ``exact_match``; ``f2`` is ``macro_f2``.

        Raises ``TagonautError`` for any other name.
        """
        name = name.lower() if isinstance(name, str) else name
        if name == "exact_match":
            return cls(name, None, None)
        found = (
            re.fullmatch(r"(?:(macro|micro|samples)_)?f(\d+(?:\.\d+)?)", name)
            if isinstance(name, str)
            else None
        )
        if found is None:
            raise TagonautError(
                f"decisions are tuned for exact_match, or for F-beta as macro_f1, micro_f2,"
                f" samples_f2 and so on (f1 is macro_f1), not for {name!r}"
            )
        average = found[1] or "macro"
        assert average in {"macro", "micro", "samples"}
        return cls(name, average, check_beta(float(found[2])))  # type: ignore[arg-type]

    def value(
        self, targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None
    ) -> float:
        """The objective of ``tags[n, k]``, in [0, 1]; NaN where no picture has a known cell."""
        if self.average is None or self.beta is None:
            return exact_match(targets, tags, known=known)
        return fbeta(targets, tags, self.beta, known=known, average=self.average)

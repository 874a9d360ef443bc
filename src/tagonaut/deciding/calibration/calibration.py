"""Calibration: eight in ten of the pictures with a calibrated score of 0.8 have the label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, check_probabilities, check_targets
from tagonaut.deciding.calibration.isotonic_curves import IsotonicCurve, fit_isotonic
from tagonaut.deciding.calibration.logistic_curves import LogisticCurve, fit_logistic
from tagonaut.deciding.stored import read_object
from tagonaut.errors import TagonautError, nearest

CalibrationKind = Literal["platt", "isotonic", "beta", "temperature"]
"""The kinds of calibration curves.

``platt``: a logistic curve in the score's log-odds (Platt 1999). ``beta``: one in the logarithms of
the score and of its complement (Kull, Silva Filho and Flach 2017, AISTATS). ``isotonic``: the
nearest rising steps (Zadrozny and Elkan 2002, KDD), with straight lines between them.
``temperature``: log-odds divided by one number for all labels (Guo et al. 2017, arXiv:1706.04599).
"""
CALIBRATION_KINDS: tuple[CalibrationKind, ...] = get_args(CalibrationKind)


@dataclass(frozen=True)
class Calibration:
    """A curve for each label that never falls, from scores to calibrated scores."""

    kind: CalibrationKind
    curves: tuple[LogisticCurve | IsotonicCurve, ...]

    def __post_init__(self) -> None:
        _check_kind(self.kind)
        object.__setattr__(self, "curves", tuple(self.curves))
        if not self.curves:
            raise TagonautError("a calibration needs a curve for each label, but it has none")
        if not all(isinstance(curve, _curve_type(self.kind)) for curve in self.curves):
            raise TagonautError(f"a calibration of the kind {self.kind} has curves of another kind")

    @classmethod
    def fit(
        cls,
        kind: CalibrationKind,
        targets: ArrayLike,
        scores: ArrayLike,
        *,
        known: ArrayLike | None = None,
    ) -> Self:
        """The curves that fit ``scores[n, k]`` in [0, 1], out of sample, to ``targets[n, k]``.

        A label with few positives, or few negatives, is drawn towards the curve of all labels
        together, and one with none has just that curve (``fit_logistic``, ``fit_isotonic``). Raises
        ``TagonautError`` for arrays that do not fit, and if no positive or no negative is known.
        """
        _check_kind(kind)
        positive, mask = check_targets(targets, known)
        numbers = check_probabilities(scores, mask.shape).astype(np.float64)
        if not (positive.any() and (mask & ~positive).any()):
            raise TagonautError(
                "scores cannot be calibrated: at least one positive and one negative must be known"
            )
        if kind == "isotonic":
            return cls(kind, tuple(fit_isotonic(positive, numbers, mask)))
        return cls(kind, tuple(fit_logistic(kind, positive, numbers, mask)))

    def apply(self, scores: ArrayLike) -> Floats:
        """``float64[n, k]`` in [0, 1]; raises ``TagonautError`` for scores that do not fit."""
        numbers = check_probabilities(scores).astype(np.float64)
        if numbers.shape[1] != len(self.curves):
            raise TagonautError(
                f"scores of {numbers.shape[1]} labels do not fit "
                f"a calibration of {len(self.curves)}"
            )
        columns = zip(self.curves, numbers.T, strict=True)
        return np.column_stack([curve.apply(column) for curve, column in columns])

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file; the curves come back to the bit."""
        return {"kind": self.kind, "curves": [curve.to_json() for curve in self.curves]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError`` for anything else."""
        found = read_object("a calibration", values, ["kind", "curves"])
        _check_kind(found["kind"])
        if not isinstance(found["curves"], Sequence) or isinstance(found["curves"], str):
            raise TagonautError(
                f"the curves of a calibration: must be a list, not {found['curves']!r:.60}"
            )
        read = _curve_type(found["kind"]).from_json
        return cls(found["kind"], tuple(read(curve) for curve in found["curves"]))


def _check_kind(kind: Any) -> None:
    if kind not in CALIBRATION_KINDS:
        raise TagonautError(
            f"there is no calibration {nearest(str(kind), CALIBRATION_KINDS)}: "
            f"choose one of {', '.join(CALIBRATION_KINDS)}"
        )


def _curve_type(kind: CalibrationKind) -> type[LogisticCurve] | type[IsotonicCurve]:
    return IsotonicCurve if kind == "isotonic" else LogisticCurve

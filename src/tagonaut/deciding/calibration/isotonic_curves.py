"""Calibration curves that only rise: isotonic regression, kept as knots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.errors import TagonautError

PRIOR_POSITIVES = 20.0
"""The number of a label's own positives (or negatives) that weigh as much as all labels do."""


@dataclass(frozen=True)
class IsotonicCurve:
    """Straight lines between knots, level outside them."""

    scores: tuple[float, ...]
    """Where the knots stand: rising, in [0, 1]."""
    probabilities: tuple[float, ...]
    """Their heights: never falling, in [0, 1]."""

    def __post_init__(self) -> None:
        knots = {}
        for name in ("scores", "probabilities"):
            what = f"{name} of an isotonic curve"
            knots[name] = read_floats(what, getattr(self, name), dimensions=1)
            if knots[name].min() < 0 or knots[name].max() > 1:
                raise TagonautError(f"{what}: must be from 0 to 1")
            object.__setattr__(self, name, tuple(knots[name].tolist()))
        if len(self.scores) != len(self.probabilities):
            raise TagonautError("an isotonic curve needs a probability for each of its scores")
        if (np.diff(knots["scores"]) <= 0).any() or (np.diff(knots["probabilities"]) < 0).any():
            raise TagonautError("an isotonic curve must not fall, and its scores must rise")

    def apply(self, scores: Floats) -> Floats:
        """``float64[n]`` in [0, 1] of ``scores[n]``."""
        return np.interp(scores, self.scores, self.probabilities)

    def to_json(self) -> dict[str, Any]:
        """Plain values; they come back to the bit."""
        return {"scores": list(self.scores), "probabilities": list(self.probabilities)}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("an isotonic curve", values, ["scores", "probabilities"]))


def fit_isotonic(positive: Mask, scores: Floats, known: Mask) -> list[IsotonicCurve]:
    """One curve per label, each mixed with the curve of all labels together.

    The least squares of Zadrozny and Elkan (2002), by pooling adjacent violators. A curve fitted to
    n cells is cut off at ``1 / (n + 2)`` and at ``1 - 1 / (n + 2)``, Laplace's estimate after n
    equal outcomes, so that no score is certain. With m positives or, where those are fewer,
    negatives, a label's own curve has the weight ``m / (m + PRIOR_POSITIVES)`` and the common one
    the rest.
    """
    common = _regression(scores[known], positive[known])
    curves = []
    for column in range(scores.shape[1]):
        rows = known[:, column]
        targets = positive[rows, column]
        found = min(int(targets.sum()), int((~targets).sum()))
        if found:
            own = _regression(scores[rows, column], targets)
            curves.append(_mix([own, common], found / (found + PRIOR_POSITIVES)))
        else:
            curves.append(common)
    return curves


def _regression(scores: Floats, positive: Mask) -> IsotonicCurve:
    # Imported here: it takes longer than everything else in this room.
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(scores) + 2)
    regression = IsotonicRegression(y_min=least, y_max=1 - least)
    regression.fit(scores, positive.astype(np.float64))
    return IsotonicCurve(
        tuple(regression.X_thresholds_.tolist()), tuple(regression.y_thresholds_.tolist())
    )


def _mix(curves: Sequence[IsotonicCurve], weight: float) -> IsotonicCurve:
    """``weight`` times the first curve plus the rest of the second, between the knots of both."""
    own, common = curves
    knots = np.union1d(own.scores, common.scores)
    heights = weight * own.apply(knots) + (1 - weight) * common.apply(knots)
    # Level stretches may waver by a rounding error.
    heights = np.maximum.accumulate(heights).clip(0, 1)
    return IsotonicCurve(tuple(knots.tolist()), tuple(heights.tolist()))

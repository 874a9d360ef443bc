"""Calibration curves that are logistic in the logarithms of a score: Platt, beta, temperature."""

import itertools
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from scipy.special import expit

from tagonaut.deciding.arrays import EDGE, Floats, Mask
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.errors import TagonautError

PRIOR_PICTURES = 10.0
"""The number of a label's own informative pictures that weigh as much as all labels together."""

# Keeps the equations solvable where all scores are equal.
RIDGE = 1e-9
MAX_STEPS = 100

LogisticKind = Literal["platt", "beta", "temperature"]


@dataclass(frozen=True)
class LogisticCurve:
    """``p`` with ``log(p / (1 - p)) = a log(s) - b log(1 - s) + c`` of a score ``s``; a, b >= 0."""

    a: float
    b: float
    c: float

    def __post_init__(self) -> None:
        values = read_floats("a logistic curve", astuple(self), dimensions=1).tolist()
        for name, value in zip("abc", values, strict=True):
            object.__setattr__(self, name, value)
        if self.a < 0 or self.b < 0:
            raise TagonautError(
                f"a logistic curve must not fall, but its slopes are {self.a} and {self.b}"
            )

    def apply(self, scores: Floats) -> Floats:
        """``float64[n]`` in [0, 1] of ``scores[n]`` in [0, 1], 0 and 1 included."""
        low, high = _logarithms(scores, least=1e-300, most=1 - 2**-53)
        return expit(self.a * low + self.b * high + self.c)

    def to_json(self) -> dict[str, Any]:
        """Plain values; they come back to the bit."""
        return {"a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("a logistic curve", values, ["a", "b", "c"]))


def fit_logistic(
    kind: LogisticKind, positive: Mask, scores: Floats, known: Mask
) -> list[LogisticCurve]:
    """One curve per label, each drawn towards the curve of all labels together.

    That curve has the least cross-entropy with Platt's smoothed targets, ``(p + 1) / (p + 2)`` and
    ``1 / (q + 2)`` for p positives and q negatives, which leave every parameter finite. A label's
    own adds Zellner's g-prior (1986): Gaussian around the common parameters, with the precision
    that ``PRIOR_PICTURES`` pictures of full weight would give. A picture's weight is ``p (1 - p)``,
    so a label has about as many of full weight as it has positives or, where those are fewer,
    negatives. A label with none of one of the two, and all labels for ``temperature``, have the
    common curve.
    """
    cells = _design(kind, scores[known], positive[known])
    slopes = cells.design.shape[1] - (kind != "temperature")
    identity = np.r_[np.ones(slopes), np.zeros(cells.design.shape[1] - slopes)]
    ridge = RIDGE * np.eye(len(identity))
    common = _fit(cells, Prior(identity, ridge), slopes)
    curves = []
    for column in range(scores.shape[1]):
        rows = known[:, column]
        targets = positive[rows, column]
        parameters = common
        if kind != "temperature" and targets.any() and not targets.all():
            own = _design(kind, scores[rows, column], targets)
            parameters = _fit(own, Prior(common, _precision(own, common) + ridge), slopes)
        curves.append(_curve(kind, parameters))
    return curves


class Cells(NamedTuple):
    """One row per known cell."""

    design: Floats
    """``[n, d]``: the slopes' columns first, then ones for the intercept."""
    smoothed: Floats
    """``[n]``, the targets that Platt's rule makes of 0 and 1."""


class Prior(NamedTuple):
    """A Gaussian around ``centre[d]``."""

    centre: Floats
    precision: Floats


def _design(kind: LogisticKind, scores: Floats, positive: Mask) -> Cells:
    low, high = _logarithms(scores, least=EDGE, most=1 - EDGE)
    ones = np.ones_like(low)
    match kind:
        case "platt":
            columns = [low + high, ones]
        case "beta":
            columns = [low, high, ones]
        case "temperature":
            columns = [low + high]
    found = int(positive.sum())
    smoothed = np.where(positive, (found + 1) / (found + 2), 1 / (len(positive) - found + 2))
    return Cells(np.column_stack(columns), smoothed)


def _curve(kind: LogisticKind, parameters: Floats) -> LogisticCurve:
    match kind, parameters.tolist():
        case "beta", [a, b, c]:
            return LogisticCurve(a, b, c)
        case "platt", [slope, c]:
            return LogisticCurve(slope, slope, c)
        case _, [slope]:
            return LogisticCurve(slope, slope, 0.0)
    raise AssertionError(kind)


def _precision(cells: Cells, parameters: Floats) -> Floats:
    weights = _weights(expit(cells.design @ parameters))
    information = (cells.design * weights[:, np.newaxis]).T @ cells.design
    return PRIOR_PICTURES * information / max(weights.sum(), RIDGE)


def _fit(cells: Cells, prior: Prior, slopes: int) -> Floats:
    """The parameters of highest posterior whose first ``slopes`` are not negative.

    The problem is convex, so that at its solution some slopes are 0 and the others are as
    if they were free: with at most two slopes, all cases can be tried.
    """
    best, least = prior.centre, np.inf
    for zeros in _subsets(range(slopes)):
        free = [index for index in range(len(prior.centre)) if index not in zeros]
        found = _newton(cells, prior, free)
        value = _loss(cells, prior, found)
        if (found[:slopes] >= 0).all() and value < least:
            best, least = found, value
        if not zeros and np.isfinite(least):
            break
    return best


def _subsets(indices: Sequence[int]) -> itertools.chain[tuple[int, ...]]:
    sizes = range(len(indices) + 1)
    return itertools.chain.from_iterable(itertools.combinations(indices, size) for size in sizes)


def _newton(cells: Cells, prior: Prior, free: list[int]) -> Floats:
    parameters = np.zeros_like(prior.centre)
    if not free:
        return parameters
    parameters[free] = prior.centre[free]
    loss = _loss(cells, prior, parameters)
    design = cells.design[:, free]
    for _ in range(MAX_STEPS):
        probabilities = expit(cells.design @ parameters)
        pull = prior.precision @ (parameters - prior.centre)
        gradient = design.T @ (probabilities - cells.smoothed) + pull[free]
        curvature = (design * _weights(probabilities)[:, np.newaxis]).T @ design
        step = np.linalg.solve(curvature + prior.precision[np.ix_(free, free)], gradient)
        decrement = float(gradient @ step)
        size, trial, lower = 1.0, parameters.copy(), np.inf
        while size > 1e-10:
            trial[free] = parameters[free] - size * step
            lower = _loss(cells, prior, trial)
            if lower <= loss - 1e-4 * size * decrement:
                break
            size /= 2
        if lower >= loss:
            break
        parameters, loss = trial, lower
        if decrement < 1e-12 * len(cells.smoothed):
            break
    return parameters


def _loss(cells: Cells, prior: Prior, parameters: Floats) -> float:
    logits = cells.design @ parameters
    away = parameters - prior.centre
    entropy = np.logaddexp(0, logits).sum() - cells.smoothed @ logits
    return float(entropy + away @ prior.precision @ away / 2)


def _weights(probabilities: Floats) -> Floats:
    return probabilities * (1 - probabilities)


def _logarithms(scores: Floats, *, least: float, most: float) -> tuple[Floats, Floats]:
    inside = scores.clip(least, most)
    return np.log(inside), -np.log1p(-inside)

"""Tagging so that each picture's F-beta is as high as calibrated scores let one expect."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities, check_tags
from tagonaut.deciding.rules.label_order import LabelOrder
from tagonaut.deciding.rules.thresholds import DEFAULT_THRESHOLD
from tagonaut.deciding.stored import read_object
from tagonaut.errors import TagonautError

# Pictures are done in chunks of about this many numbers an array, small enough for the cache.
CHUNK = 2**18
MAX_ROOT = 8
# What is divided by stays above 0.
LEAST = 1e-300
# Expectations nearer than this are equal, so that no rounding error adds a tag.
ROUNDING = 1e-10


@dataclass(frozen=True)
class ExpectedF:
    """Tags as many of a picture's likeliest labels as give the highest ``expected_f``.

    Exact for independent labels: among all sets of m labels the m likeliest are best (Lewis 1995,
    SIGIR), so only the count is sought (Ye, Chai, Lee and Chieu 2012, ICML). Of equally good counts
    the lowest is taken. Nothing tagged where there is nothing is worth 0 and not 1, as everywhere
    here, so at least one label is tagged wherever a score is above 0. Of an exclusive group the
    likeliest label is tagged.
    """

    kind: ClassVar[str] = "expected_f"
    beta: float

    def __post_init__(self) -> None:
        if not isinstance(self.beta, Real) or isinstance(self.beta, bool):
            raise TagonautError(f"beta must be a number, not {self.beta!r:.60}")
        object.__setattr__(self, "beta", check_beta(float(self.beta)))

    def decide(self, scores: Floats, groups: Sequence[Sequence[int]]) -> Mask:
        """``tags[n, k]`` of calibrated ``scores[n, k]``; ``groups`` are of columns."""
        probabilities = check_probabilities(scores).astype(np.float64)
        order = LabelOrder.of(probabilities, groups)
        nodes = _nodes(self.beta, probabilities.shape[1])
        found = [np.empty(0, dtype=np.int64)]
        for rows in _chunks(probabilities.shape, nodes):
            hits = _hits(probabilities[rows], groups, nodes)
            hits = np.take_along_axis(hits, order.columns[rows, :, np.newaxis], axis=1)
            expected = np.einsum("nmq,mq->nm", np.cumsum(hits, axis=1), nodes.powers)
            # No tag at all is worth 0, and may be as good as one that is never right.
            values = np.pad(expected, ((0, 0), (1, 0)))[:, order.least : order.most + 1]
            best = values >= values.max(axis=1, keepdims=True) * (1 - ROUNDING)
            found.append(order.least + best.argmax(axis=1))
        return order.tags(np.concatenate(found))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"beta": self.beta}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("expected F", values, ["beta"]))


def expected_f(
    probabilities: ArrayLike,
    tags: ArrayLike,
    beta: float,
    groups: Sequence[Sequence[int]] = (),
) -> Floats:
    """``float64[n]``: the F-beta of ``tags[n, k]`` that ``probabilities[n, k]`` let one expect.

    Labels count as independent of each other, save that of a group of columns exactly one is true,
    with odds as their probabilities. Right to some ten digits for any beta. With m tags, i one of
    them, the part of F-beta that i brings is

        (1 + b) p_i E[1 / (b (1 + N) + m)],    b = beta ** 2,

    where N counts the true labels other than i. As ``1 / c`` is the integral of ``t ** (c - 1)``
    from 0 to 1, and N a sum of independent zeros and ones, the expectation is the integral of
    ``t ** (b + m - 1)`` times the product of ``1 - p_j + p_j t ** b`` over all j but i, which is
    smooth enough for Gauss and Legendre.

    Raises ``TagonautError`` for arrays that do not fit, and for a beta that is not positive.
    """
    beta = check_beta(beta)
    numbers = check_probabilities(probabilities).astype(np.float64)
    tagged = check_tags(tags, numbers.shape)
    nodes = _nodes(beta, numbers.shape[1])
    found = [np.empty(0)]
    for rows in _chunks(numbers.shape, nodes):
        hits = (_hits(numbers[rows], groups, nodes) * tagged[rows, :, np.newaxis]).sum(axis=1)
        # Without a tag the sum is 0, whichever row of powers is taken.
        counts = tagged[rows].sum(axis=1)
        found.append((hits * nodes.powers[counts - 1]).sum(axis=1))
    return np.concatenate(found)


def theoretical_thresholds(probabilities: ArrayLike, beta: float) -> Floats:
    """``float64[k]``: the thresholds that maximise each label's F-beta where scores are calibrated.

    That is F* / (1 + beta²), F* being the highest F-beta of any cut (Lipton, Elkan and
    Narayanaswamy 2014, arXiv:1402.1892), here computed from ``probabilities[n, k]`` alone: expected
    true positives over expected total. A label whose probabilities are all 0 gets
    ``DEFAULT_THRESHOLD``, as one that cannot be tuned.
    """
    beta = check_beta(beta)
    falling = -np.sort(-check_probabilities(probabilities).astype(np.float64), axis=0)
    hits = np.cumsum(falling, axis=0)
    tagged = np.arange(1, len(falling) + 1)[:, np.newaxis]
    # F-beta over 1 + beta², which is the threshold.
    values = hits / (beta**2 * falling.sum(axis=0) + tagged)
    best = values.max(axis=0, initial=0.0)
    return np.where(best > 0, best, DEFAULT_THRESHOLD)


class Nodes(NamedTuple):
    """Where the integrand is evaluated: at ``t = v ** root``, v being Gauss and Legendre's."""

    others: Floats
    """``[q]``, ``t ** b`` at each node: the factor of a label that is true."""
    powers: Floats
    """``[k, q]``, weights times ``(1 + b) t ** (b + m - 1)``, in row m - 1."""


def _nodes(beta: float, labels: int) -> Nodes:
    # The integrand is a mixture of t ** (c - 1) with c = b j + m, which Gauss-Legendre integrates
    # to rounding with some 4.5 times the square root of the degree, or exactly with half of it.
    weight = float(beta) ** 2
    root = _root(weight)
    degree = root * (weight + 1) * labels
    count = math.ceil(min(degree / 2 + 1, 4.5 * math.sqrt(degree) + 12))
    if not (root.is_integer() and (root * weight).is_integer()):
        count = max(count, 40)
    places, weights = np.polynomial.legendre.leggauss(count)
    v, weights = (places + 1) / 2, weights / 2
    exponents = root * (weight + np.arange(1, labels + 1)) - 1
    powers = (1 + weight) * root * weights * v ** exponents[:, np.newaxis]
    return Nodes(np.maximum(v ** (root * weight), LEAST), powers)


def _root(weight: float) -> float:
    # So that b j has no fractions and the integrand is a polynomial in v, or is smooth at 0 at
    # least. A large b is taken down instead, as the degree would grow with it.
    if weight > 2 * MAX_ROOT:
        return MAX_ROOT / weight
    whole = (root for root in range(1, MAX_ROOT) if (root * weight).is_integer())
    return float(next(whole, MAX_ROOT))


def _hits(probabilities: Floats, groups: Sequence[Sequence[int]], nodes: Nodes) -> Floats:
    """``[n, k, q]``: p_i times the product over all labels but i of ``1 - p_j + p_j t ** b``."""
    hits = probabilities[:, :, np.newaxis].copy()
    # Written so that it is never below t ** b, by which it can then be divided.
    factors = (1 - hits) + hits * nodes.others
    joint = np.ones((len(probabilities), len(nodes.others)))
    alone = np.ones(probabilities.shape[1], dtype=np.bool_)
    for group in groups:
        columns = list(group)
        alone[columns] = False
        total = hits[:, columns].sum(axis=1, keepdims=True)
        shares = hits[:, columns] / np.where(total > 0, total, 1)
        hits[:, columns] = np.where(total > 0, shares, 1 / len(columns))
        # However the group falls, one of its labels is true.
        factors[:, columns] = nodes.others
        joint *= nodes.others
    joint *= factors[:, alone].prod(axis=1)
    return hits / factors * joint[:, np.newaxis]


def _chunks(shape: tuple[int, ...], nodes: Nodes) -> list[slice]:
    rows, labels = shape
    size = max(1, CHUNK // (labels * len(nodes.others)))
    return [slice(start, start + size) for start in range(0, rows, size)]

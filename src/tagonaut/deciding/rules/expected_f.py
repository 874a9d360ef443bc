"""Each picture's tags with the highest expected F-beta, by calibrated scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask, check_beta, check_probabilities
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.rules.settings import Examples, RuleSettings
from tagonaut.deciding.stored import read_object
from tagonaut.deciding.thresholds import Objective
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
    """Tags as many of a picture's likeliest labels as give the highest expected F-beta.

    Exact for independent labels: among all sets of m labels the m likeliest are best (Lewis 1995,
    SIGIR), so only the count is sought (Ye, Chai, Lee and Chieu 2012, ICML). Of equally good counts
    the lowest is taken. Nothing tagged where there is nothing is worth 0 and not 1, as everywhere
    here, so at least one label is tagged wherever a score is above 0. The likeliest label of an
    exclusive group is tagged.

    Labels count as independent of each other, save that of a group exactly one is true, with odds
    as their probabilities. Right to some ten digits for any beta. With m tags, i one of them, the
    part of F-beta that i brings is

        (1 + b) p_i E[1 / (b (1 + N) + m)],    b = beta ** 2,

    where N counts the true labels other than i. As ``1 / c`` is the integral of ``t ** (c - 1)``
    from 0 to 1, and N a sum of independent zeros and ones, the expectation is the integral of
    ``t ** (b + m - 1)`` times the product of ``1 - p_j + p_j t ** b`` over all j but i, which is
    smooth enough for Gauss and Legendre.
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


@dataclass(frozen=True)
class ExpectedFRule(RuleSettings):
    """Each picture gets the labels with the highest expected F-beta; F1 for exact match."""

    kind: ClassVar[str] = "expected_f"
    description: ClassVar[str] = "each picture's labels with the highest expected F"
    decider: ClassVar[type[ExpectedF]] = ExpectedF
    needs_probabilities: ClassVar[bool] = True

    def tune(self, examples: Examples, objective: Objective, seed: int) -> ExpectedF:
        """See ``RuleSettings``; nothing is tuned, as calibrated scores say what to expect."""
        return ExpectedF(1.0 if objective.beta is None else objective.beta)


class LabelOrder(NamedTuple):
    """Tagging the first m labels of each picture, ``least <= m <= most``, fits the groups."""

    columns: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    """``[n, k]``, the label columns: first the likeliest of each group, which must be tagged, then
    those in no group by falling score, last the others of the groups, which must not be."""
    least: int
    most: int

    @classmethod
    def of(cls, scores: Floats, groups: Sequence[Sequence[int]]) -> Self:
        """The order by falling ``scores[n, k]``; ties keep the order of the columns."""
        grouped = [column for group in groups for column in group]
        first = one_of_each(np.zeros(scores.shape, dtype=np.bool_), scores, groups)
        rank = np.where(first, 0, 1)
        rank[:, grouped] += rank[:, grouped]
        columns = np.lexsort((-scores, rank), axis=1)
        return cls(columns, len(groups), scores.shape[1] - len(grouped) + len(groups))

    def tags(self, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Mask:
        """``tags[n, k]``: the first ``counts[n]`` labels of each picture."""
        places = np.arange(self.columns.shape[1])
        tags = np.empty(self.columns.shape, dtype=np.bool_)
        np.put_along_axis(tags, self.columns, places < counts[:, np.newaxis], axis=1)
        return tags


class Nodes(NamedTuple):
    """The places ``t = v ** root`` of the integrand, v being the nodes of Gauss and Legendre."""

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

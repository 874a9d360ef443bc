"""Finds rules of labels: exclusive groups, and implications such as "A comes with B"."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.statistics import Cooccurrence, unique_rows

CONFIDENCE, COMMON = 0.95, 0.8
"""The least confidence of an implication, and the largest share of its consequence overall."""

# The largest probability of a rule by chance, corrected for the number of rules searched.
CHANCE = 1e-3
# The least share of pictures with a known value for a label to be in a group.
KNOWN_SHARE = 0.9
# The largest share of a label's pictures that may have another label of its group too.
OVERLAP = 0.05
# Real tables need tens; data made to defeat the search ends it here, without a group.
MOST_BRANCHES = 20_000


@dataclass(frozen=True)
class Implication:
    """Pictures with label ``premise`` also have ``consequence``, with some exceptions.

    ``support`` counts the pictures with the premise and a known consequence. ``lift`` is the
    consequence's share among them over its share in all pictures.
    """

    premise: int
    consequence: int
    support: int
    exceptions: int
    lift: float

    @property
    def confidence(self) -> float:
        """The share of the supporting pictures that have the consequence."""
        return 1 - self.exceptions / self.support


def find_implications(found: Cooccurrence) -> list[Implication]:
    """Find the significant rules "A comes with B", by support.

    At least 95 % of A's pictures have B, and at most 80 % of all pictures (so the lift is 1.19 or
    more). The exceptions are too few to be chance: a binomial tail bound with B's overall share,
    times the number of pairs, is below 0.001.
    """
    rules = []
    shares, k = found.shares, len(found.counts)
    for i, j in np.argwhere(np.nan_to_num(found.conditional) >= CONFIDENCE):
        if i == j or shares[j] > COMMON:
            continue
        support = int(found.asked[i, j])
        exceptions = support - int(found.together[i, j])
        if _log_chance(exceptions, support, 1 - shares[j]) + 2 * math.log(k) > math.log(CHANCE):
            continue
        lift = float(found.conditional[i, j] / shares[j])
        rules.append(Implication(int(i), int(j), support, exceptions, lift))
    return sorted(rules, key=lambda rule: (-rule.support, rule.premise, rule.consequence))


@dataclass(frozen=True)
class ExclusiveGroup:
    """The columns of labels of which each picture has exactly one, and the rows that break this.

    ``known`` counts the rows in which all of them are known.
    """

    labels: tuple[int, ...]
    known: int
    broken: NDArray[np.intp]


def check_group(
    targets: NDArray[np.uint8], known: NDArray[np.bool_], labels: Sequence[int]
) -> ExclusiveGroup:
    """Find the rows that break a group: they have none or several of its labels."""
    columns = sorted(labels)
    complete = known[:, columns].all(axis=1)
    broken = complete & ((targets[:, columns] != 0).sum(axis=1) != 1)
    return ExclusiveGroup(tuple(columns), int(complete.sum()), np.flatnonzero(broken))


def find_exclusive_groups(
    targets: NDArray[np.uint8], known: NDArray[np.bool_]
) -> list[ExclusiveGroup]:
    """Find disjoint groups of labels of which each picture has exactly one, least broken first.

    The search covers the labels that are known in at least 90 % of the pictures with any known
    label, and the rows in which all of these are known. A group has two labels or more, and at most
    one row in a thousand (or one row) breaks it. To exclude accidents,

    - each label has more pictures than may break the group, and shares at most 5 % of them with the
      group's other labels;
    - a label so rare that it could miss the others by chance is no member;
    - if the labels were independent, so few breaks would have a probability below 0.001, divided by
      the number of possible groups of that size (a binomial tail bound).

    The search is an exact cover by backtracking over the distinct label sets: the heaviest set not
    yet covered is covered by each of its labels in turn that avoids those chosen before.
    """
    labelled = known.any(axis=1)
    if not labelled.any():
        return []
    columns = np.flatnonzero(known[labelled].mean(axis=0) >= KNOWN_SHARE)
    rows = known[:, columns].all(axis=1)
    if not rows.any() or len(columns) < 2:
        return []
    patterns, _, _, weights = unique_rows(targets[np.ix_(rows, columns)] != 0)
    found = _one_label_each(patterns, weights) or _Cover(patterns, weights).groups()
    groups = [check_group(targets, known, columns[members].tolist()) for members in found]
    groups.sort(key=lambda group: (len(group.broken), group.labels))
    taken: set[int] = set()
    disjoint = []
    for group in groups:
        if taken.isdisjoint(group.labels):
            taken.update(group.labels)
            disjoint.append(group)
    return disjoint


def _one_label_each(patterns: NDArray[np.bool_], weights: NDArray[np.intp]) -> list[list[int]]:
    """All labels that occur, if each picture has one label; then even rare labels are members."""
    single = patterns.sum(axis=1) == 1
    members = np.flatnonzero(patterns[single].any(axis=0)).tolist()
    if weights[~single].sum() > _tolerance(weights) or len(members) < 2:
        return []
    return [members] if _unlikely(patterns, weights, members) else []


class _Cover:
    """The search for exclusive groups in distinct label sets ``patterns[m, k]``."""

    def __init__(self, patterns: NDArray[np.bool_], weights: NDArray[np.intp]) -> None:
        self.patterns, self.weights = patterns, weights
        self.tolerance, self.rows = _tolerance(weights), int(weights.sum())
        # Products of float32 are ten times as quick as those of integers, and exact below 2^24.
        self.dense = patterns.astype(np.float32)
        overlap = (self.dense * weights[:, None].astype(np.float32)).T @ self.dense
        counts = np.diagonal(overlap)
        smaller = np.minimum.outer(counts, counts)
        self.avoids = overlap <= np.minimum(self.tolerance, OVERLAP * smaller)
        self.candidates = (counts > self.tolerance) & (counts < self.rows - self.tolerance)
        self.counts = counts
        self.branches = 0
        self.solutions: set[tuple[int, ...]] = set()

    def groups(self) -> list[list[int]]:
        """The columns of each group that is no accident."""
        self._extend([], self.candidates)
        if self.branches > MOST_BRANCHES:
            return []
        kept = (self._without_accidents(sorted(members)) for members in self.solutions)
        return [
            members
            for members in kept
            if len(members) > 1
            and self._breaks(members) <= self.tolerance
            and _unlikely(self.patterns, self.weights, members)
        ]

    def _breaks(self, members: list[int]) -> int:
        return int(self.weights[self.patterns[:, members].sum(axis=1) != 1].sum())

    def _extend(self, chosen: list[int], allowed: NDArray[np.bool_]) -> None:
        self.branches += 1
        if self.branches > MOST_BRANCHES:
            return
        covered = self.dense[:, chosen].sum(axis=1)
        open_sets = covered == 0
        twice = int(self.weights[covered > 1].sum())
        if twice + self.weights[open_sets].sum() <= self.tolerance:
            self.solutions.add(tuple(chosen))
            return
        ways = self.dense @ allowed.astype(np.float32)
        left = self.tolerance - twice - self.weights[open_sets & (ways == 0)].sum()
        if left < 0:
            return
        choices = np.flatnonzero(open_sets & (ways > 0))
        if not len(choices):
            return
        # Sets too heavy to be left uncovered come first, and of these the most constrained.
        order = np.lexsort((-self.weights[choices], ways[choices], self.weights[choices] <= left))
        chosen_set = choices[order[0]]
        allowed = allowed.copy()
        for label in np.flatnonzero(self.patterns[chosen_set] & allowed):
            # Groups with this label are all found in this branch: the next ones do without it.
            allowed[label] = False
            self._extend([*chosen, int(label)], allowed & self.avoids[label])
        if self.weights[chosen_set] <= left:
            self._extend(chosen, allowed)

    def _without_accidents(self, members: list[int]) -> list[int]:
        """The members that would overlap the others if they fell by chance."""
        kept = []
        for label in members:
            others = self.patterns[:, [other for other in members if other != label]].any(axis=1)
            both = int(self.weights[others & self.patterns[:, label]].sum())
            share = float(self.weights[others].sum() / self.rows)
            chance = _log_chance(both, int(self.counts[label]), share)
            if chance + math.log(len(self.counts)) < math.log(CHANCE):
                kept.append(label)
        return kept


def _tolerance(weights: NDArray[np.intp]) -> int:
    return max(1, int(weights.sum()) // 1000)


def _unlikely(
    patterns: NDArray[np.bool_], weights: NDArray[np.intp], members: Sequence[int]
) -> bool:
    """Whether independent labels would hardly ever break the group this rarely."""
    rows = int(weights.sum())
    inside = patterns[:, members]
    shares = weights @ inside / rows
    if (shares >= 1).any():
        return False
    exactly_one = float((1 - shares).prod() * (shares / (1 - shares)).sum())
    broken = int(weights[inside.sum(axis=1) != 1].sum())
    groups = math.log(math.comb(patterns.shape[1], len(members)))
    return _log_chance(broken, rows, 1 - exactly_one) + groups < math.log(CHANCE)


def _log_chance(hits: int, trials: int, rate: float) -> float:
    """An upper bound (Chernoff) of log P(X <= ``hits``) for a binomial X of this rate."""
    share = hits / trials
    if share >= rate:
        return 0.0
    if rate >= 1:
        return -math.inf
    divergence = (1 - share) * math.log((1 - share) / (1 - rate))
    if share > 0:
        divergence += share * math.log(share / rate)
    return -trials * divergence

"""Thresholds of exclusive groups, tuned for the joint decision."""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import (
    Floats,
    Mask,
    check_probabilities,
    check_targets,
    log_odds,
    odds_to_probability,
)
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.thresholds.each_label import DEFAULT_THRESHOLD, tunable
from tagonaut.deciding.thresholds.joint_thresholds import Whole, quality
from tagonaut.deciding.thresholds.objectives import Objective
from tagonaut.errors import TagonautError

# Margins that differ by less do so by rounding, and no threshold can be trusted to part them.
SAME = 1e-9
# A guard: data of 40,000 pictures came to rest within a dozen.
PASSES = 50

Chosen = NDArray[Any]
"""``[n]``, integers: one label of a group a picture, by its place in the group."""


def group_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    thresholds: ArrayLike,
    groups: Sequence[Sequence[int]],
    *,
    objective: Objective,
    known: ArrayLike | None = None,
) -> Floats:
    """``thresholds[k]`` with those of the groups' labels retuned: ``float64[k]`` in [0, 1].

    In each group of columns exactly the label of highest margin is tagged: log-odds of its score
    less those of its threshold. Best cuts of the labels by themselves are not the best for that. So
    one label's threshold after the other is set to the best ``objective`` while the others stay:
    as it falls, the pictures go over to the label by falling lead of their margin, each from the
    group's next best label, and all the cuts between leads are compared (leads nearer than 1e-9
    are not parted). Two starts: the thresholds given, and one half in the groups. The result is the
    optimum of each coordinate, not always of all together, and never worse than the given ones,
    which stay where nothing is better. O(n log n) a step. Labels that are not ``tunable`` stay as
    they are.

    Arrays and errors are those of ``each_label``; a column may be in one group only.
    """
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    given = np.array(thresholds, dtype=np.float64)
    _check_groups(given, groups, mask.shape[1])
    tuned = tunable(positive, known=mask)
    half = given.copy()
    columns = [k for group in groups for k in group if tuned[k]]
    half[columns] = DEFAULT_THRESHOLD
    joint = _Joint(positive, probabilities, mask, log_odds(probabilities), groups, objective)
    found = [given, *(_Climb(joint, start).run(tuned) for start in (given, half))]
    # Of equally good ones, max takes the first.
    return max(found, key=joint.value)


class _Joint(NamedTuple):
    """The joint decisions of one data set, ``[n, k]`` each."""

    positive: Mask
    scores: NDArray[Any]
    known: Mask
    odds: Floats
    groups: Sequence[Sequence[int]]
    objective: Objective

    def tags(self, thresholds: Floats) -> Mask:
        margins = self.odds - log_odds(thresholds)
        return one_of_each(self.scores >= thresholds, margins, self.groups)

    def value(self, thresholds: Floats) -> int:
        tags, average = self.tags(thresholds), self.objective.average
        axis = None if average == "micro" else 0 if average == "macro" else 1
        tp, tagged, positives = (
            np.asarray(cells.sum(axis=axis))
            for cells in (tags & self.positive, tags & self.known, self.positive)
        )
        return int(quality(tp, tagged, positives, self.objective).sum())


class _Tagged(NamedTuple):
    """Right tags, and tags with a known target: ``[n]``, booleans or counts."""

    tp: NDArray[Any]
    tagged: NDArray[Any]

    def at(self, rows: NDArray[np.intp]) -> "_Tagged":
        return _Tagged(self.tp[rows], self.tagged[rows])

    def plus(self, more: "_Tagged") -> "_Tagged":
        return _Tagged(self.tp + more.tp, self.tagged + more.tagged)

    def minus(self, less: "_Tagged") -> "_Tagged":
        return _Tagged(self.tp - less.tp, self.tagged - less.tagged)


class _Group:
    """One group's cells, ``[n, g]`` each, and who leads it at the present thresholds."""

    def __init__(self, columns: Sequence[int], joint: _Joint, thresholds: Floats) -> None:
        self.columns = list(columns)
        self.positive, self.known, self.odds = (
            table.take(self.columns, axis=1) for table in (joint.positive, joint.known, joint.odds)
        )
        self.positives = self.positive.sum(axis=0)
        self.margins = self.odds - log_odds(thresholds[self.columns])
        self._rank()

    def _rank(self) -> None:
        # Small integers, which are sorted in one sweep.
        kind = np.int16 if len(self.columns) < 2**15 else np.int64
        self.first = self.margins.argmax(axis=1).astype(kind)
        rest = self.margins.copy()
        np.put_along_axis(rest, self.first[:, np.newaxis].astype(np.intp), -np.inf, axis=1)
        self.second = rest.argmax(axis=1).astype(kind)
        self.tags = self.tagged(self.first)

    def tagged(self, chosen: Chosen) -> _Tagged:
        return _Tagged(_picked(self.positive, chosen), _picked(self.known, chosen))

    def rival(self, label: int) -> Chosen:
        """``[n]``: the best of the others."""
        return np.where(self.first == label, self.second, self.first)

    def chosen(self, label: int, rival: Chosen, threshold: float) -> Chosen:
        """``[n]``: the label tagged with this threshold of ``label``; ties go to the first."""
        own = self.odds[:, label] - log_odds(np.array(threshold))
        lead = own - _picked(self.margins, rival)
        return np.where((lead > 0) | ((lead == 0) & (label < rival)), label, rival).astype(
            rival.dtype
        )

    def move(self, label: int, threshold: float) -> None:
        self.margins[:, label] = self.odds[:, label] - log_odds(np.array(threshold))
        self._rank()


class _Climb:
    """Coordinate ascent from one start."""

    def __init__(self, joint: _Joint, start: Floats) -> None:
        self.objective, self.thresholds = joint.objective, start.copy()
        self.groups = [_Group(group, joint, start) for group in joint.groups if len(group) > 1]
        self.positives = joint.positive.sum(axis=1)
        tags = joint.tags(start)
        self.tags = _Tagged((tags & joint.positive).sum(axis=1), (tags & joint.known).sum(axis=1))

    def run(self, tuned: Mask) -> Floats:
        members = [
            (group, label)
            for group in self.groups
            for label, column in enumerate(group.columns)
            if tuned[column]
        ]
        # A label is left when all others were tried since one changed last.
        kept = 0
        for group, label in islice(cycle(members), PASSES * len(members)):
            kept = 1 if self._improve(group, label) else kept + 1
            if kept >= len(members):
                break
        return self.thresholds

    def _improve(self, group: _Group, label: int) -> bool:
        """Set the label's threshold to the best one; False if the present one is as good."""
        rest = self.tags.minus(group.tags)
        present = self._value(group, group.first, group.tags, rest)
        rival = group.rival(label)
        leads = group.odds[:, label] - _picked(group.margins, rival)
        # In any order where they are equal: such leads are not parted.
        rows = np.argsort(-leads)
        worth = self._worths(group, label, rival, rest, rows)
        threshold = _best_cut(leads[rows], worth, present)
        if threshold is None:
            return False
        # Decided anew: what rounding did to the leads must not be taken for progress.
        chosen = group.chosen(label, rival, threshold)
        if self._value(group, chosen, group.tagged(chosen), rest) <= present:
            return False
        self.thresholds[group.columns[label]] = threshold
        group.move(label, threshold)
        self.tags = rest.plus(group.tags)
        return True

    def _value(self, group: _Group, chosen: Chosen, tags: _Tagged, rest: _Tagged) -> int:
        """The objective's sum, without the part that the group cannot change."""
        if self.objective.average == "macro":
            return int(_label_quality(group, chosen, tags, self.objective).sum())
        tp, tagged = rest.plus(tags)
        if self.objective.average == "micro":
            total = self.positives.sum()
            return int(quality(tp.sum(), tagged.sum(), total, self.objective))
        return int(quality(tp, tagged, self.positives, self.objective).sum())

    def _worths(
        self,
        group: _Group,
        label: int,
        rival: Chosen,
        rest: _Tagged,
        rows: NDArray[np.intp],
    ) -> Whole:
        """``[n + 1]``: ``_value`` after none, one, … of ``rows`` went from its rival to the label.

        Each picture takes a tag from its rival and gives one to the label, and no other count
        changes.
        """
        gained = _Tagged(group.positive[rows, label], group.known[rows, label])
        lost = group.tagged(rival).at(rows)
        if self.objective.average == "macro":
            return _label_worths(group, label, rival[rows], gained, lost, self.objective)
        rest, positives = rest.at(rows), self.positives[rows]
        if self.objective.average == "micro":
            tp, tagged = (
                others.sum() + less.sum() + _running(more.astype(np.int64) - less)
                for others, more, less in zip(rest, gained, lost, strict=True)
            )
            return quality(tp, tagged, positives.sum(), self.objective)
        after = quality(*rest.plus(gained), positives, self.objective)
        before = quality(*rest.plus(lost), positives, self.objective)
        return before.sum() + _running(after - before)


def _label_worths(
    group: _Group,
    label: int,
    rival: Chosen,
    gained: _Tagged,
    lost: _Tagged,
    objective: Objective,
) -> Whole:
    """``_worths`` of a macro average; ``[n]`` each, in the order in which pictures go over.

    A rival's quality changes with its own pictures only: these are brought together, and what each
    changes is put back where it happens.
    """
    tp, tagged = map(_running, gained)
    own = quality(tp, tagged, group.positives[label], objective)
    start = _label_quality(group, rival, lost, objective)
    together = np.argsort(rival, kind="stable")
    owner = rival[together]
    end = np.cumsum(np.bincount(rival, minlength=len(start)))

    def left(cells: Mask) -> Whole:
        """How many its rival still has, after each picture."""
        running = _running(cells[together])
        return running[end][owner] - running[1:]

    tp, tagged = map(left, lost)
    after = quality(tp, tagged, group.positives[owner], objective)
    before = np.append(0, after[:-1])
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    before[first] = start[owner[first]]
    changes = np.empty_like(after)
    changes[together] = after - before
    return own + start.sum() + _running(changes)


def _label_quality(group: _Group, chosen: Chosen, tags: _Tagged, objective: Objective) -> Whole:
    """``[g]``: the quality of each label over the pictures that it is ``chosen`` for."""
    tp, tagged = (np.bincount(chosen[cells], minlength=len(group.columns)) for cells in tags)
    return quality(tp, tagged, group.positives, objective)


def _best_cut(falling: Floats, worth: Whole, floor: int) -> float | None:
    """The threshold midway in the best gap of ``falling[n]`` odds; ties go to the widest.

    ``worth[n + 1]`` is of the gap before each and of the last; None if none over ``floor``.
    """
    edges = np.concatenate([[np.inf], falling, [-np.inf]])
    parted = np.flatnonzero(edges[:-1] - edges[1:] > SAME)
    worth = worth[parted]
    while len(worth) and (best := worth.max()) > floor:
        at = parted[worth == best]
        high, low = edges[at], edges[at + 1]
        above, below = odds_to_probability(high), odds_to_probability(low)
        threshold = (above + below) / 2
        odds = log_odds(threshold)
        gap = np.where((low < odds) & (odds < high), above - below, -1.0)
        if gap.max() >= 0:
            return float(threshold[gap.argmax()])
        # No probability is between odds so near to each other, or so far out.
        parted, worth = parted[worth < best], worth[worth < best]
    return None


def _picked(table: NDArray[Any], chosen: Chosen) -> NDArray[Any]:
    """``[n]``: the chosen cell of each row of ``table[n, g]``."""
    # Several times faster than an index a dimension.
    return table.ravel().take(np.arange(0, table.size, table.shape[1]) + chosen)


def _running(values: NDArray[Any]) -> Whole:
    """``[n + 1]``: the sum of the first none, one, …"""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _check_groups(thresholds: Floats, groups: Sequence[Sequence[int]], width: int) -> None:
    if thresholds.shape != (width,):
        raise TagonautError(
            f"thresholds of the shape {list(thresholds.shape)} do not fit targets of {width} labels"
        )
    columns = [column for group in groups for column in group]
    if len(set(columns)) < len(columns) or any(not 0 <= column < width for column in columns):
        raise TagonautError(
            f"the groups' columns must be from 0 to {width - 1}, each in one group only"
        )

"""Thresholds of exclusive groups, tuned for the joint decision."""

from collections.abc import Sequence
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
from tagonaut.deciding.joint_thresholds import Whole, quality
from tagonaut.deciding.objectives import Objective
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, tunable
from tagonaut.errors import TagonautError

# Margins that differ by less do so by rounding, and no threshold can be trusted to part them.
SAME = 1e-9


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

    Of each group of columns exactly the label of highest margin is tagged: log-odds of its score
    less those of its threshold. Best cuts of the labels by themselves are not the best for that. So
    one label's threshold after the other is set to the best ``objective`` while the others stay:
    as it falls, the pictures go over to the label by falling lead of their margin, each from the
    group's next best label, and all the cuts between leads are compared (leads nearer than 1e-9
    are not parted). Two starts: the thresholds given, and one half in the groups. The result is the
    optimum of each coordinate, not always of all together, and never worse than the given ones,
    which stay where nothing is better. Labels that are not ``tunable`` stay as they are.

    Arrays and errors are those of ``deciding.thresholds``; a column may be in one group only.
    """
    positive, mask = check_targets(targets, known)
    probabilities = check_probabilities(scores, mask.shape)
    given = np.array(thresholds, dtype=np.float64)
    _check_groups(given, groups, mask.shape[1])
    tuned = tunable(positive, known=mask)
    joint = _Joint(positive, probabilities, mask, groups, objective)
    half = given.copy()
    columns = [k for group in groups for k in group if tuned[k]]
    half[columns] = DEFAULT_THRESHOLD
    found = [given, *(joint.climb(start, tuned) for start in (given, half))]
    # Of equally good ones, max takes the first.
    return max(found, key=joint.value)


class _Leads(NamedTuple):
    """The pictures by falling lead: they go over to the label together where leads are the same."""

    rows: NDArray[np.intp]
    last: NDArray[np.intp]
    """Where a cut can end, as a position in ``rows``; -1 is the cut before all."""
    threshold: Floats
    """Of each cut, midway in its gap."""
    gap: Floats
    """As probabilities; negative where no threshold is in it."""


class _Joint:
    """Joint decisions of one data set."""

    def __init__(
        self,
        positive: Mask,
        scores: NDArray[Any],
        known: Mask,
        groups: Sequence[Sequence[int]],
        objective: Objective,
    ) -> None:
        self.positive, self.scores, self.known = positive, scores, known
        self.groups, self.objective = [list(group) for group in groups], objective
        self.odds = log_odds(scores)

    def tags(self, thresholds: Floats) -> Mask:
        margins = self.odds - log_odds(thresholds)
        return one_of_each(self.scores >= thresholds, margins, self.groups)

    def value(self, thresholds: Floats) -> int:
        return int(self._parts(self.tags(thresholds)).sum())

    def climb(self, start: Floats, tuned: Mask) -> Floats:
        thresholds, value = start.copy(), self.value(start)
        members = [(g, k) for g in self.groups if len(g) > 1 for k in g if tuned[k]]
        better = True
        while better:
            better = False
            for group, k in members:
                trial = thresholds.copy()
                trial[k] = self._best(k, group, thresholds)
                # Decided anew: what rounding did to the leads must not be taken for progress.
                if (found := self.value(trial)) > value:
                    thresholds, value, better = trial, found, True
        return thresholds

    def _best(self, k: int, group: list[int], thresholds: Floats) -> float:
        others = [column for column in group if column != k]
        margins = self.odds[:, others] - log_odds(thresholds[others])
        rival = margins.argmax(axis=1)
        leads = _sorted_leads(self.odds[:, k] - margins[np.arange(len(margins)), rival])
        worth = self._worths(k, group, np.array(others)[rival], thresholds, leads.rows)
        worth = np.where(leads.gap >= 0, worth[leads.last + 1], np.iinfo(np.int64).min)
        best = np.flatnonzero(worth == worth.max())
        return float(leads.threshold[best[leads.gap[best].argmax()]])

    def _worths(
        self,
        k: int,
        group: list[int],
        rival: NDArray[np.intp],
        thresholds: Floats,
        rows: NDArray[np.intp],
    ) -> Whole:
        """``[n + 1]``: the objective after none, one, … of ``rows`` went from its rival to k.

        It is a sum, and what no row changes in it is left out.
        """
        pictures = np.arange(len(rival))
        tags = self.tags(thresholds)
        tags[:, group] = False
        tags[pictures, rival] = True
        if self.objective.average in {"samples", None}:
            before = self._parts(tags)
            tags[pictures, rival], tags[:, k] = False, True
            return np.append(0, np.cumsum((self._parts(tags) - before)[rows]))
        moves = np.equal(group, k).astype(np.int64) - tags[:, group][rows]

        def running(cells: Mask) -> Whole:
            """``[n + 1, group]``: how many of the ``cells`` are tagged."""
            start = (tags & cells).sum(axis=0)[np.newaxis, group]
            return np.cumsum(np.concatenate([start, moves * cells[:, group][rows]]), axis=0)

        tp, tagged = running(self.positive), running(self.known)
        positives = self.positive.sum(axis=0)
        if self.objective.average == "macro":
            return quality(tp, tagged, positives[group], self.objective).sum(axis=1)
        tags[:, group] = False
        hits, others = (int((tags & cells).sum()) for cells in (self.positive, self.known))
        tp, tagged = tp.sum(axis=1) + hits, tagged.sum(axis=1) + others
        return quality(tp, tagged, positives.sum(), self.objective)

    def _parts(self, tags: Mask) -> Whole:
        """What the objective sums: a part a label (macro), a picture, or one in all (micro)."""
        average = self.objective.average
        axis = None if average == "micro" else 0 if average == "macro" else 1
        tp, tagged, positives = (
            np.asarray(array.sum(axis=axis))
            for array in (tags & self.positive, tags & self.known, self.positive)
        )
        return quality(tp, tagged, positives, self.objective)


def _sorted_leads(leads: Floats) -> _Leads:
    rows = np.argsort(-leads, kind="stable")
    falling = np.concatenate([[np.inf], leads[rows], [-np.inf]])
    last = np.flatnonzero(falling[:-1] - falling[1:] > SAME) - 1
    high, low = falling[last + 1], falling[last + 2]
    above, below = odds_to_probability(high), odds_to_probability(low)
    threshold = (above + below) / 2
    odds = log_odds(threshold)
    return _Leads(
        rows, last, threshold, np.where((low < odds) & (odds < high), above - below, -1.0)
    )


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

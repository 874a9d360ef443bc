"""Every label's known cells by rising score: the cuts of a threshold, and the tags of each cut.

Score and target are packed into one unsigned integer, because one sort of integers is several times
faster than an indirect sort and needs no index: the bits of floats that are not negative rise as
the floats do (IEEE 754), and their sign bit is free for the target.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.arrays import Mask

Measured = TypeVar("Measured")

# 16 float32 are a cache line: fewer columns at a time would read each line more than once.
BLOCK = 16
ROWS = 4096
# On shorter columns threads wait for the interpreter more than they work.
WORTH_THREADS = 200_000
# More do not help: the arrays no longer fit the caches, and memory is the limit.
MOST_THREADS = 4


class Cuts(NamedTuple):
    """Distinct scores, rising, and the counts of the tags ``score >= cut``: ``[c]`` each."""

    scores: NDArray[Any]
    tp: NDArray[np.int64]
    """The positives that would be tagged."""
    tagged: NDArray[np.int64]
    """The cells that would be tagged: ``len(ranking.scores) - tagged`` scores are lower."""


class LabelRanking(NamedTuple):
    """The m known cells of one label by rising score; negatives stand first among equal scores."""

    scores: NDArray[Any]
    """``[m]``, in the scores' own precision."""
    positive: Mask
    """``[m]``, whether the target is 1."""

    def positive_cuts(self) -> Cuts:
        """The cuts at the scores of positives, at most as many as there are positives.

        No other cut can be the best for F-beta, nor adds to an area under precision and recall.
        """
        at = np.flatnonzero(self.positive)
        scores = self.scores[at]
        # Positives of one score are neighbours, and the first of them stands for all.
        first = np.flatnonzero(_differs(scores))
        start, scores = at[first], scores[first]
        tied = np.flatnonzero((start > 0) & (self.scores[start - 1] == scores))
        start[tied] = np.searchsorted(self.scores, scores[tied])
        return Cuts(scores, len(at) - first, len(self.scores) - start)

    def cuts(self) -> Cuts:
        """The cuts at every distinct score."""
        start = np.flatnonzero(_differs(self.scores))
        lower = np.cumsum(self.positive, dtype=np.int64)
        tp = (lower[-1] - lower[start] + self.positive[start]) if len(start) else start
        return Cuts(self.scores[start], tp, len(self.scores) - start)


def ranked(positive: Mask, scores: NDArray[Any], known: Mask | None = None) -> LabelRanking:
    """Rank one label: ``positive[n]``, finite floats ``scores[n]`` and ``known[n]``, checked."""
    if known is not None:
        positive, scores = positive[known], scores[known]
    # Adding 0 makes a copy that has no -0, which would sort apart from the 0 that it equals.
    values = np.ascontiguousarray(scores.astype(_sortable(scores.dtype), copy=False)) + 0
    negative = np.signbit(values)
    if not negative.any():
        return _unpack(_sorted(values, positive))
    upper = _unpack(_sorted(values[~negative], positive[~negative]))
    # The magnitudes of negative scores rise as the scores fall.
    mirrored = _unpack(_sorted(-values[negative], ~positive[negative]))
    return LabelRanking(
        np.concatenate([-mirrored.scores[::-1], upper.scores]),
        np.concatenate([~mirrored.positive[::-1], upper.positive]),
    )


def by_label(
    measure: Callable[[LabelRanking], Measured],
    positive: Mask,
    scores: NDArray[Any],
    known: Mask | None = None,
) -> list[Measured]:
    """``measure`` of the ranking of each label of ``positive``, ``scores``, ``known``, ``[n, k]``.

    One label is ranked at a time in each thread, so that memory grows with n and not with n·k.
    ``measure`` must not need the labels in order.
    """
    return by_column(lambda *cells: measure(ranked(*cells)), positive, scores, known)


def by_column(
    work: Callable[[Mask, NDArray[Any]], Measured],
    positive: Mask,
    scores: NDArray[Any],
    known: Mask | None = None,
) -> list[Measured]:
    """As ``by_label``, but ``measure`` gets the unsorted targets and scores of the known cells."""

    def one(column: tuple[Mask, NDArray[Any], Mask | None]) -> Measured:
        targets, values, cells = column
        return work(targets, values) if cells is None else work(targets[cells], values[cells])

    threads = min(MOST_THREADS, os.cpu_count() or 1)
    if len(positive) < WORTH_THREADS or threads == 1:
        return [one(column) for block in _blocks(positive, scores, known) for column in block]
    with ThreadPoolExecutor(threads) as pool:
        # Block by block, so that no more than one is there at a time.
        return [
            result for block in _blocks(positive, scores, known) for result in pool.map(one, block)
        ]


def _blocks(
    positive: Mask, scores: NDArray[Any], known: Mask | None
) -> Iterator[list[tuple[Mask, NDArray[Any], Mask | None]]]:
    everything = known is None or bool(known.all())
    for start in range(0, positive.shape[1], BLOCK):
        some = slice(start, start + BLOCK)
        rows = [_transposed(array[:, some]) for array in (positive, scores)]
        cells: Any = [None] * len(rows[0])
        if known is not None and not everything:
            cells = _transposed(known[:, some])
        yield list(zip(*rows, cells, strict=True))


def _transposed(table: NDArray[Any]) -> NDArray[Any]:
    """A copy by columns, some thousand rows at a time, so that they stay in the cache."""
    columns = np.empty(table.shape[::-1], table.dtype)
    for start in range(0, len(table), ROWS):
        some = slice(start, start + ROWS)
        columns[:, some] = table[some].T
    return columns


def _sortable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.itemsize in (2, 4, 8) else np.dtype(np.float64)


def _sorted(values: NDArray[Any], low: Mask) -> NDArray[Any]:
    """``values``, not negative and overwritten, with ``low`` in the lowest bit, sorted."""
    packed = values.view(f"u{values.itemsize}")
    packed <<= 1
    packed |= low
    packed.sort()
    return packed


def _unpack(packed: NDArray[Any]) -> LabelRanking:
    low = (packed & 1).astype(np.bool_)
    packed >>= 1
    return LabelRanking(packed.view(f"f{packed.itemsize}"), low)


def _differs(rising: NDArray[Any]) -> Mask:
    """Whether each value differs from the one before."""
    first = np.ones(len(rising), dtype=np.bool_)
    np.not_equal(rising[1:], rising[:-1], out=first[1:])
    return first

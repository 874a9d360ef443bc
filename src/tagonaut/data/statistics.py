"""What ``targets[n, k]`` and ``known[n, k]`` say of their labels: counts and sets.

``targets`` (0 or 1) counts only where ``known``; what is unknown is in no count and no share.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RARE_PICTURES, RARE_OF_FEW, RARE_SHARE, SCARCE_PICTURES = 100, 0.1, 0.005, 10
"""A label is rare under so many pictures and the first share of them, or under the second share;
scarce: too few for any split."""

_CELLS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Cooccurrence:
    """``together[k, k]``: pictures with both labels; the diagonal: with the label.

    ``asked[i, j]``: pictures with label i of which j is known; ``known[k]``: pictures of which a
    label is known at all.
    """

    together: NDArray[np.int64]
    asked: NDArray[np.int64]
    known: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Pictures with each label: ``[k]``."""
        return np.diagonal(self.together)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Each label's share of the pictures of which it is known: ``[k]``, NaN where of none."""
        return _ratio(self.counts, self.known)

    @property
    def conditional(self) -> NDArray[np.float64]:
        """``[i, j]``: P(j | i), from 0 to 1; NaN where no picture with i tells."""
        return _ratio(self.together, self.asked)


def count_cooccurrence(targets: NDArray[np.uint8], known: NDArray[np.bool_]) -> Cooccurrence:
    """How often labels occur and come together."""
    k = targets.shape[1]
    together, asked = np.zeros((k, k), dtype=np.int64), np.zeros((k, k), dtype=np.int64)
    step = max(1, _CELLS_AT_ONCE // max(1, k))
    for start in range(0, len(targets), step):
        rows = slice(start, start + step)
        # Products of float32 are quick, and exact below 2^24 rows at once.
        told = known[rows].astype(np.float32)
        present = (targets[rows] != 0) * told
        together += np.rint(present.T @ present).astype(np.int64)
        asked += np.rint(present.T @ told).astype(np.int64)
    return Cooccurrence(together, asked, known.sum(axis=0, dtype=np.int64))


def is_rare(found: Cooccurrence) -> NDArray[np.bool_]:
    """The labels of under 100 pictures and 10 % of them, or under 0.5 % of them: ``[k]``."""
    few = (found.counts < RARE_PICTURES) & (found.counts < RARE_OF_FEW * found.known)
    return few | (found.counts < RARE_SHARE * found.known)


@dataclass(frozen=True)
class DistinctSets:
    """The distinct label sets, the most frequent first: ``sets[m, k]``, ``counts[m]``.

    ``of[n]`` is the set of each row, -1 for a row of which a label is unknown.
    """

    sets: NDArray[np.bool_]
    counts: NDArray[np.intp]
    of: NDArray[np.intp]


def distinct_sets(targets: NDArray[np.uint8], known: NDArray[np.bool_]) -> DistinctSets:
    """The label sets of the rows of which all labels are known; ties by first occurrence."""
    complete = np.flatnonzero(known.all(axis=1))
    sets, first, of, counts = unique_rows(targets[complete] != 0)
    order = np.lexsort((first, -counts))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    every = np.full(len(targets), -1, dtype=np.intp)
    every[complete] = rank[of]
    return DistinctSets(sets[order], counts[order], every)


def neighbour_order(together: NDArray[np.int64]) -> NDArray[np.intp]:
    """Labels in an order that brings those together that occur together.

    A chain from the most frequent label, each time to the most similar (cosine) of the rest.
    """
    counts = np.diagonal(together).astype(np.float64)
    similar = together / np.sqrt(np.maximum(np.outer(counts, counts), 1))
    left = np.ones(len(counts), dtype=bool)
    chain: list[int] = []
    while left.any():
        # Where nothing is similar, the next is the most frequent of the rest.
        likeness = similar[chain[-1]] if chain else np.zeros(len(counts))
        best = max(np.flatnonzero(left), key=lambda j: (likeness[j], counts[j]))
        chain.append(int(best))
        left[best] = False
    return np.array(chain, dtype=np.intp)


def unique_rows(
    rows: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Distinct rows, where each first stands, which one each row is, and how often each comes."""
    packed = np.packbits(rows, axis=1) if rows.shape[1] else np.zeros((len(rows), 1), np.uint8)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, of, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return rows[first], first, of, counts


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)

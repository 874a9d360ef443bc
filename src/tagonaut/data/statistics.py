"""Counts labels, their co-occurrences and label sets in ``targets[n, k]`` and ``known[n, k]``.

``targets`` (0 or 1) counts only where ``known``; unknown cells are in no count and no share.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RARE_PICTURES, RARE_OF_FEW, RARE_SHARE, SCARCE_PICTURES = 100, 0.1, 0.005, 10
"""Rare: under 0.5 % of pictures, or under both 100 pictures and 10 %. Scarce: under 10 pictures,
too few for any split."""

_CELLS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Cooccurrence:
    """``together[k, k]`` counts pictures with both labels; its diagonal, pictures with the label.

    ``asked[i, j]`` counts pictures with label i whose j is known, and ``known[k]`` all pictures
    whose k is known.
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
        """Each label's share of the pictures in which it is known: ``[k]``, NaN if in none."""
        return _ratio(self.counts, self.known)

    @property
    def conditional(self) -> NDArray[np.float64]:
        """``[i, j]``: P(j | i), from 0 to 1; NaN if j is unknown in all pictures with i."""
        return _ratio(self.together, self.asked)


def count_cooccurrence(targets: NDArray[np.uint8], known: NDArray[np.bool_]) -> Cooccurrence:
    """Count how often labels occur, alone and together."""
    k = targets.shape[1]
    together, asked = np.zeros((k, k), dtype=np.int64), np.zeros((k, k), dtype=np.int64)
    step = max(1, _CELLS_AT_ONCE // max(1, k))
    for start in range(0, len(targets), step):
        rows = slice(start, start + step)
        # Products of float32 are quick, and exact below 2^24 rows at once.
        certain = known[rows].astype(np.float32)
        present = (targets[rows] != 0) * certain
        together += np.rint(present.T @ present).astype(np.int64)
        asked += np.rint(present.T @ certain).astype(np.int64)
    return Cooccurrence(together, asked, known.sum(axis=0, dtype=np.int64))


def is_rare(found: Cooccurrence) -> NDArray[np.bool_]:
    """Whether each label is rare, ``[k]``: under 0.5 %, or under both 100 pictures and 10 %."""
    few = (found.counts < RARE_PICTURES) & (found.counts < RARE_OF_FEW * found.known)
    return few | (found.counts < RARE_SHARE * found.known)


@dataclass(frozen=True)
class DistinctSets:
    """The distinct label sets, the most frequent first: ``sets[m, k]``, ``counts[m]``.

    ``of[n]`` is the number of each row's set, -1 for a row with an unknown label.
    """

    sets: NDArray[np.bool_]
    counts: NDArray[np.intp]
    of: NDArray[np.intp]


def distinct_sets(targets: NDArray[np.uint8], known: NDArray[np.bool_]) -> DistinctSets:
    """Count the label sets of the rows without an unknown label; ties by first occurrence."""
    complete = np.flatnonzero(known.all(axis=1))
    sets, first, of, counts = unique_rows(targets[complete] != 0)
    order = np.lexsort((first, -counts))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    every = np.full(len(targets), -1, dtype=np.intp)
    every[complete] = rank[of]
    return DistinctSets(sets[order], counts[order], every)


def neighbour_order(together: NDArray[np.int64]) -> NDArray[np.intp]:
    """Order labels so that those that occur together are near each other.

    The order is a chain from the most frequent label, each time to the most similar (cosine) of the
    rest.
    """
    counts = np.diagonal(together).astype(np.float64)
    similar = together / np.sqrt(np.maximum(np.outer(counts, counts), 1))
    left = np.ones(len(counts), dtype=bool)
    chain: list[int] = []
    while left.any():
        # Where nothing is similar, the next is the most frequent of the rest.
        cosines = similar[chain[-1]] if chain else np.zeros(len(counts))
        best = max(np.flatnonzero(left), key=lambda j: (cosines[j], counts[j]))
        chain.append(int(best))
        left[best] = False
    return np.array(chain, dtype=np.intp)


def unique_rows(
    rows: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The distinct rows, the first index of each, the number of each row, and their counts."""
    packed = np.packbits(rows, axis=1) if rows.shape[1] else np.zeros((len(rows), 1), np.uint8)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, of, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return rows[first], first, of, counts


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)

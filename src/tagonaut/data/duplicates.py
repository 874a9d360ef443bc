"""Finds identical files and near-duplicates, and compares their labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.pixels.perceptual_hash import clusters, near_pairs

_PAIRS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Duplicates:
    """Groups of rows with byte-identical files (``exact``), and near-duplicates (``pairs[m, 2]``).

    Only the first of several identical files is in pairs. ``clusters[n]``: a number shared by
    pictures that pairs link, -1 for all others. ``exact_disagree`` and ``pairs_disagree`` are true
    for groups and pairs whose labels differ. ``distances[m]`` are in bits.
    """

    exact: list[list[int]]
    exact_disagree: list[bool]
    pairs: NDArray[np.intp]
    pairs_disagree: NDArray[np.bool_]
    distances: NDArray[np.intp]
    clusters: NDArray[np.intp]

    def copies(self) -> NDArray[np.intp]:
        """``links[m, 2]`` of each identical file with the first of its group."""
        links = [(group[0], row) for group in self.exact for row in group[1:]]
        return np.array(links, dtype=np.intp).reshape(-1, 2)

    def links(self) -> NDArray[np.intp]:
        """``links[m, 2]``: those of ``copies``, and the near pairs."""
        return np.concatenate([self.copies(), self.pairs])


def compare_pictures(
    dataset: Dataset,
    rows: NDArray[np.intp],
    contents: NDArray[Any],
    hashes: NDArray[np.uint64],
) -> Duplicates:
    """Compare these rows by ``contents[n]`` and by perceptual ``hashes[n]``."""
    exact = _same_content(contents, rows)
    # The first of identical files stands for all: no pair is found once for each copy.
    copies = {row for group in exact for row in group[1:]}
    rows = np.array([row for row in rows.tolist() if row not in copies], dtype=np.intp)
    found = near_pairs(hashes[rows])
    pairs = rows[found]
    distances = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).astype(np.intp)
    return Duplicates(
        exact,
        [any(differ(dataset, group[0], row) for row in group[1:]) for group in exact],
        pairs,
        _disagree(dataset, pairs),
        distances,
        _clusters(len(dataset), pairs),
    )


def differ(dataset: Dataset, one: int, other: int) -> list[int]:
    """The columns of the labels that are known for both pictures and differ."""
    known = dataset.known[one] & dataset.known[other]
    return np.flatnonzero(known & (dataset.targets[one] != dataset.targets[other])).tolist()


def _same_content(contents: NDArray[Any], rows: NDArray[np.intp]) -> list[list[int]]:
    _, which, counts = np.unique(contents[rows], return_inverse=True, return_counts=True)
    ordered = rows[np.argsort(which, kind="stable")]
    groups = np.split(ordered, np.cumsum(counts)[:-1]) if len(rows) else []
    return sorted(group.tolist() for group in groups if len(group) > 1)


def _clusters(n: int, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    numbers = np.full(n, -1, dtype=np.intp)
    members = np.unique(pairs)
    if len(members):
        numbers[members] = clusters(len(members), np.searchsorted(members, pairs))
    return numbers


def _disagree(dataset: Dataset, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    found = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        one, other = pairs[start : start + _PAIRS_AT_ONCE].T
        known = dataset.known[one] & dataset.known[other]
        differing = known & (dataset.targets[one] != dataset.targets[other])
        found[start : start + len(one)] = differing.any(axis=1)
    return found

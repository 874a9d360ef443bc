"""Pictures that are there twice, byte by byte or by look, and whether their labels agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.pixels.likeness import clusters, near_pairs
from tagonaut.reports.explore_facts import PictureFacts

MOST_LISTED = 24
"""Groups and pairs that are listed and shown; the counts are of all."""
_PAIRS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Duplicates:
    """Rows of byte-identical files (``exact``: groups), and near ones (``pairs[m, 2]``).

    Identical files are in no pair. ``clusters[n]``: a number that pictures linked by pairs share,
    -1 for all others. ``disagree``: of each group and each pair, whether the labels differ.
    """

    exact: list[list[int]]
    exact_disagree: list[bool]
    pairs: NDArray[np.intp]
    pairs_disagree: NDArray[np.bool_]
    distances: NDArray[np.intp]
    clusters: NDArray[np.intp]


def find_duplicates(dataset: Dataset, facts: PictureFacts) -> Duplicates:
    """Compare the measured pictures by content and by perceptual hash."""
    rows = np.flatnonzero(facts.measured)
    exact = _same_content(facts, rows)
    # Of identical files the first stands for all: no pair is found once for each copy.
    copies = {row for group in exact for row in group[1:]}
    rows = np.array([row for row in rows.tolist() if row not in copies], dtype=np.intp)
    hashes = facts["likeness"][rows]
    found = near_pairs(hashes)
    pairs = rows[found]
    distances = np.bitwise_count(hashes[found[:, 0]] ^ hashes[found[:, 1]]).astype(np.intp)
    return Duplicates(
        exact,
        [any(differ(dataset, group[0], row) for row in group[1:]) for group in exact],
        pairs,
        _disagree(dataset, pairs),
        distances,
        _clusters(len(facts.measured), pairs),
    )


def _same_content(facts: PictureFacts, rows: NDArray[np.intp]) -> list[list[int]]:
    _, which, counts = np.unique(facts["content"][rows], return_inverse=True, return_counts=True)
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


def differ(dataset: Dataset, one: int, other: int) -> list[int]:
    """The columns of the labels that are known of both pictures and are not the same."""
    known = dataset.known[one] & dataset.known[other]
    return np.flatnonzero(known & (dataset.targets[one] != dataset.targets[other])).tolist()


def shown_pairs(duplicates: Duplicates) -> list[int]:
    """The pairs to be looked at first: those whose labels differ, then the nearest."""
    order = np.lexsort((duplicates.distances, ~duplicates.pairs_disagree))
    return order[:MOST_LISTED].tolist()


def shown_groups(duplicates: Duplicates) -> list[int]:
    """The groups of identical files to be looked at first: those whose labels differ."""
    order = sorted(
        range(len(duplicates.exact)), key=lambda number: not duplicates.exact_disagree[number]
    )
    return order[:MOST_LISTED]


def duplicate_figures(dataset: Dataset, duplicates: Duplicates) -> dict[str, Any]:
    """Counts, and the groups and pairs to be looked at first."""
    return {
        "exact": {
            "groups": len(duplicates.exact),
            "pictures": sum(map(len, duplicates.exact)),
            "disagree": sum(duplicates.exact_disagree),
            "listed": [
                _told(dataset, duplicates.exact[number]) for number in shown_groups(duplicates)
            ],
        },
        "near": {
            "pairs": len(duplicates.pairs),
            "clusters": int(duplicates.clusters.max(initial=-1)) + 1,
            "pictures": int((duplicates.clusters >= 0).sum()),
            "disagree": int(duplicates.pairs_disagree.sum()),
            "listed": [
                {
                    **_told(dataset, duplicates.pairs[number].tolist()),
                    "distance": int(duplicates.distances[number]),
                }
                for number in shown_pairs(duplicates)
            ],
        },
    }


def _told(dataset: Dataset, rows: Sequence[int]) -> dict[str, Any]:
    differing = sorted({column for row in rows[1:] for column in differ(dataset, rows[0], row)})
    return {
        "rows": list(rows),
        "ids": [dataset.ids[row] for row in rows],
        "differ": [
            {
                "label": dataset.labels.names[column],
                "in": [dataset.ids[row] for row in rows if dataset.targets[row, column]],
            }
            for column in differing
        ],
    }

"""The duplicates of a collection: their figures, and which to look at first."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates, differ

MOST_LISTED = 24
"""Groups and pairs that are listed and shown; counts cover all of them."""


def shown_pairs(duplicates: Duplicates) -> list[int]:
    """The pairs to look at first: those whose labels differ, then the nearest."""
    order = np.lexsort((duplicates.distances, ~duplicates.pairs_disagree))
    return order[:MOST_LISTED].tolist()


def shown_groups(duplicates: Duplicates) -> list[int]:
    """The groups of identical files to look at first: those whose labels differ."""
    order = sorted(
        range(len(duplicates.exact)), key=lambda number: not duplicates.exact_disagree[number]
    )
    return order[:MOST_LISTED]


def duplicate_figures(dataset: Dataset, duplicates: Duplicates) -> dict[str, Any]:
    """Counts, and the groups and pairs to look at first."""
    return {
        "exact": {
            "groups": len(duplicates.exact),
            "pictures": sum(map(len, duplicates.exact)),
            "disagree": sum(duplicates.exact_disagree),
            "listed": [
                _described(dataset, duplicates.exact[number]) for number in shown_groups(duplicates)
            ],
        },
        "near": {
            "pairs": len(duplicates.pairs),
            "clusters": int(duplicates.clusters.max(initial=-1)) + 1,
            "pictures": int((duplicates.clusters >= 0).sum()),
            "disagree": int(duplicates.pairs_disagree.sum()),
            "listed": [
                {
                    **_described(dataset, duplicates.pairs[number].tolist()),
                    "distance": int(duplicates.distances[number]),
                }
                for number in shown_pairs(duplicates)
            ],
        },
    }


def _described(dataset: Dataset, rows: Sequence[int]) -> dict[str, Any]:
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

"""The figures of a collection's labels: their counts, label sets and co-occurrences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.label_rules import (
    COMMON,
    CONFIDENCE,
    ExclusiveGroup,
    check_group,
    find_exclusive_groups,
    find_implications,
)
from tagonaut.data.statistics import (
    RARE_OF_FEW,
    RARE_PICTURES,
    RARE_SHARE,
    SCARCE_PICTURES,
    Cooccurrence,
    DistinctSets,
    is_rare,
)
from tagonaut.reports.explore.facts import PictureFacts, mean_colour

MOST_SETS, MOST_BREAKS = 30, 20
"""Label sets and pictures that break a group are listed up to here; counts cover all of them."""


def label_figures(
    dataset: Dataset, facts: PictureFacts, found: Cooccurrence
) -> list[dict[str, Any]]:
    """Each label's pictures, share and mean colour, in the order of the labels."""
    present = (dataset.targets != 0) & dataset.known
    counts, rare = found.counts.tolist(), is_rare(found).tolist()
    return [
        {
            "label": name,
            "pictures": counts[k],
            "share": float(found.shares[k]) if found.known[k] else None,
            "known": int(found.known[k]),
            "mentions": dataset.mentions[k] if dataset.mentions else counts[k],
            "rare": rare[k],
            "scarce": counts[k] < SCARCE_PICTURES,
            "measured": int((present[:, k] & facts.measured).sum()),
            "mean_rgb": mean_colour(facts, present[:, k]),
        }
        for k, name in enumerate(dataset.labels.names)
    ]


def summary_figures(dataset: Dataset, sets: DistinctSets) -> dict[str, Any]:
    """The summary of the collection, and how many labels pictures have."""
    labelled = dataset.known.any(axis=1)
    sizes = ((dataset.targets != 0) & dataset.known)[labelled].sum(axis=1)
    return {
        "pictures": len(dataset),
        "labels": len(dataset.labels),
        "labelled": int(labelled.sum()),
        "mean_labels": float(sizes.mean()) if len(sizes) else None,
        "label_counts": [
            {"labels": size, "pictures": count}
            for size, count in enumerate(np.bincount(sizes).tolist())
        ],
        "unknown_cells": int((~dataset.known).sum()),
        "cells": dataset.known.size,
        "distinct_sets": len(sets.counts),
        "complete": int(sets.counts.sum()),
    }


def set_figures(
    dataset: Dataset, sets: DistinctSets, examples: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """The most frequent label sets with ``examples`` (rows of each), and the sum of the others."""
    total = int(sets.counts.sum())
    names = dataset.labels.names
    return {
        "listed": [
            {
                "labels": [names[k] for k in np.flatnonzero(members)],
                "pictures": count,
                "share": count / total,
                "examples": [dataset.ids[row] for row in rows],
            }
            for members, count, rows in zip(
                sets.sets[:MOST_SETS], sets.counts[:MOST_SETS].tolist(), examples, strict=True
            )
        ],
        "rest_sets": max(0, len(sets.counts) - MOST_SETS),
        "rest_pictures": int(sets.counts[MOST_SETS:].sum()),
    }


def group_figures(dataset: Dataset) -> list[dict[str, Any]]:
    """The declared exclusive groups, and others that the data suggest."""
    labels = dataset.labels
    declared = [[labels.index(name) for name in group] for group in labels.groups]
    taken = {column for group in declared for column in group}
    suggested = [
        group
        for group in find_exclusive_groups(dataset.targets, dataset.known)
        if taken.isdisjoint(group.labels)
    ]
    checked = [check_group(dataset.targets, dataset.known, group) for group in declared]
    return [
        *(_described(dataset, group, declared=True) for group in checked),
        *(_described(dataset, group, declared=False) for group in suggested),
    ]


def _described(dataset: Dataset, group: ExclusiveGroup, *, declared: bool) -> dict[str, Any]:
    columns = list(group.labels)
    shown: list[int] = group.broken[:MOST_BREAKS].tolist()
    return {
        "labels": [dataset.labels.names[k] for k in columns],
        "declared": declared,
        "known": group.known,
        "broken": len(group.broken),
        "first_broken": [
            {"id": dataset.ids[row], "has": _names(dataset, dataset.targets[row], columns)}
            for row in shown
        ],
    }


def _names(dataset: Dataset, targets: NDArray[np.uint8], columns: Sequence[int]) -> list[str]:
    return [dataset.labels.names[k] for k in columns if targets[k]]


def implication_figures(dataset: Dataset, found: Cooccurrence) -> list[dict[str, Any]]:
    """Pairs of labels of which the first nearly always comes with the second."""
    names = dataset.labels.names
    return [
        {
            "label": names[rule.premise],
            "brings": names[rule.consequence],
            "pictures": rule.support,
            "exceptions": rule.exceptions,
            "confidence": rule.confidence,
            "lift": rule.lift,
        }
        for rule in find_implications(found)
    ]


def common_labels(dataset: Dataset, found: Cooccurrence) -> list[str]:
    """Labels so frequent that they imply nothing about the labels beside them."""
    return [dataset.labels.names[k] for k in np.flatnonzero(found.shares > COMMON)]


def rules() -> dict[str, float]:
    """The limits that the figures depend on."""
    return {
        "rare_below_pictures": RARE_PICTURES,
        "rare_below_share_of_few": RARE_OF_FEW,
        "rare_below_share": RARE_SHARE,
        "scarce_below_pictures": SCARCE_PICTURES,
        "implication_confidence": CONFIDENCE,
        "implication_common_share": COMMON,
    }

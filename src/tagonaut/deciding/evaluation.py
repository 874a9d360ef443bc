"""The figures of tags, and of the scores they were decided from, as plain values."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities, check_tags, check_targets
from tagonaut.deciding.figures import FIGURES, LABEL_FIGURES, Figure
from tagonaut.errors import TagonautError

Evaluation = dict[str, Any]
"""The result of ``evaluate``; valid JSON.

A key of ``FIGURES`` holds the figure, ``baseline_`` before it the majority baseline's. A figure of
scores is None where there are none, or nothing to rank. ``pictures`` counts those with at least one
known cell, ``in_sample`` those that the network or the rule had seen. ``labels`` holds a row for
each label: its name as ``label``, ``support``, its number of known positives, the keys of
``LABEL_FIGURES`` likewise, and ``threshold``, None where the rule has none for the label or never
tags it. ``ap`` is None where ``support`` is 0, ``roc_auc`` also where all are positive, and
accuracies where nothing is known.
"""


def evaluate(
    labels: Sequence[str],
    targets: ArrayLike,
    scores: ArrayLike | None,
    tags: ArrayLike,
    *,
    majority: Sequence[bool] | Mask,
    thresholds: Sequence[float] | None,
    known: ArrayLike | None = None,
    in_sample: int = 0,
) -> Evaluation:
    """Quality of ``tags[n, k]``, decided from ``scores[n, k]``, if any, with ``thresholds[k]``.

    ``majority[k]`` are the baseline's tags, from the training targets (``deciding.majority``).
    Raises ``TagonautError`` where the arrays do not fit each other, or no cell is known.
    """
    positive, mask = check_targets(targets, known)
    tagged = check_tags(tags, mask.shape)
    numbers = None if scores is None else check_probabilities(scores, mask.shape)
    cuts = (math.inf,) * mask.shape[1] if thresholds is None else thresholds
    _check_lengths(mask.shape[1], labels=labels, thresholds=cuts, majority=majority)
    naive = check_tags(np.broadcast_to(majority, mask.shape), mask.shape, name="majority")
    if not mask.any():
        raise TagonautError("there is nothing to evaluate: no label of any picture is known")
    arrays = positive, tagged, naive, numbers, mask
    overall, columns = _measure(FIGURES, *arrays), _measure(LABEL_FIGURES, *arrays)
    support = positive.sum(axis=0)
    return {
        **{key: _plain(value) for key, value in overall.items()},
        "pictures": int(mask.any(axis=1).sum()),
        "in_sample": in_sample,
        "labels": [
            {
                "label": label,
                "support": int(support[k]),
                **{
                    key: None if values is None else _plain(values[k])
                    for key, values in columns.items()
                },
                "threshold": _plain(cuts[k]),
            }
            for k, label in enumerate(labels)
        ],
    }


def _measure(
    figures: Sequence[Figure],
    positive: Mask,
    tagged: Mask,
    naive: Mask,
    scores: NDArray[Any] | None,
    known: Mask,
) -> dict[str, Any]:
    """Each figure by its key, and after it the baseline's."""
    found: dict[str, Any] = {}
    for figure in figures:
        found[figure.key] = figure.value(positive, tagged, scores, known)
        if figure.baseline_key:
            found[figure.baseline_key] = figure.value(positive, naive, scores, known)
    return found


def _check_lengths(width: int, **rows: Sequence[Any] | NDArray[Any]) -> None:
    for name, values in rows.items():
        if len(values) != width:
            raise TagonautError(f"{name} of {len(values)} do not fit targets of {width} labels")


def _plain(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None

"""Everything that is reported of one way to decide, as plain values."""

import math
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_scores, check_tags, check_targets
from tagonaut.deciding.metrics import (
    average_precision,
    binary_accuracy,
    counts,
    exact_match,
    fbeta,
    mean_average_precision,
    precision,
    recall,
)
from tagonaut.errors import TagonautError


class LabelEvaluation(TypedDict):
    """One label; ``support`` is its number of known positives.

    ``ap`` is None where that is 0, ``accuracy`` and ``baseline_accuracy`` where nothing is known.
    """

    label: str
    support: int
    precision: float
    recall: float
    f1: float
    f2: float
    ap: float | None
    accuracy: float | None
    baseline_accuracy: float | None
    threshold: float


class Evaluation(TypedDict):
    """Quality over all labels, and of each; valid JSON. ``map`` is None where no label is positive.

    ``pictures`` counts those with at least one known cell.
    """

    map: float | None
    micro_f1: float
    macro_f1: float
    samples_f1: float
    micro_f2: float
    macro_f2: float
    samples_f2: float
    micro_precision: float
    micro_recall: float
    macro_precision: float
    macro_recall: float
    samples_precision: float
    samples_recall: float
    exact_match: float
    binary_accuracy: float
    baseline_binary_accuracy: float
    baseline_exact_match: float
    baseline_macro_f1: float
    baseline_samples_f2: float
    pictures: int
    labels: list[LabelEvaluation]


def evaluate(
    labels: Sequence[str],
    targets: ArrayLike,
    scores: ArrayLike,
    tags: ArrayLike,
    *,
    majority: Sequence[bool] | Mask,
    thresholds: Sequence[float],
    known: ArrayLike | None = None,
) -> Evaluation:
    """Quality of ``tags[n, k]``, decided from ``scores[n, k]`` with ``thresholds[k]``.

    ``majority[k]`` are the baseline's tags, from the training targets (``metrics.majority``).
    Raises ``TagonautError`` where the arrays do not fit each other, or no cell is known.
    """
    positive, mask = check_targets(targets, known)
    numbers, tagged = check_scores(scores, mask.shape), check_tags(tags, mask.shape)
    _check_lengths(mask.shape[1], labels=labels, thresholds=thresholds, majority=majority)
    naive = check_tags(np.broadcast_to(majority, mask.shape), mask.shape, name="majority")
    if not mask.any():
        raise TagonautError("there is nothing to evaluate: no label of any picture is known")
    return {
        "map": _plain(mean_average_precision(positive, numbers, known=mask)),
        "micro_f1": fbeta(positive, tagged, 1, known=mask, average="micro"),
        "macro_f1": fbeta(positive, tagged, 1, known=mask, average="macro"),
        "samples_f1": fbeta(positive, tagged, 1, known=mask, average="samples"),
        "micro_f2": fbeta(positive, tagged, 2, known=mask, average="micro"),
        "macro_f2": fbeta(positive, tagged, 2, known=mask, average="macro"),
        "samples_f2": fbeta(positive, tagged, 2, known=mask, average="samples"),
        "micro_precision": precision(positive, tagged, known=mask, average="micro"),
        "micro_recall": recall(positive, tagged, known=mask, average="micro"),
        "macro_precision": precision(positive, tagged, known=mask, average="macro"),
        "macro_recall": recall(positive, tagged, known=mask, average="macro"),
        "samples_precision": precision(positive, tagged, known=mask, average="samples"),
        "samples_recall": recall(positive, tagged, known=mask, average="samples"),
        "exact_match": exact_match(positive, tagged, known=mask),
        "binary_accuracy": binary_accuracy(positive, tagged, known=mask, average="micro"),
        "baseline_binary_accuracy": binary_accuracy(positive, naive, known=mask, average="micro"),
        "baseline_exact_match": exact_match(positive, naive, known=mask),
        "baseline_macro_f1": fbeta(positive, naive, 1, known=mask, average="macro"),
        "baseline_samples_f2": fbeta(positive, naive, 2, known=mask, average="samples"),
        "pictures": int(mask.any(axis=1).sum()),
        "labels": _label_rows(
            labels,
            positive,
            scores=numbers,
            tagged=tagged,
            naive=naive,
            thresholds=thresholds,
            known=mask,
        ),
    }


def _label_rows(
    labels: Sequence[str],
    positive: Mask,
    *,
    scores: NDArray[Any],
    tagged: Mask,
    naive: Mask,
    thresholds: Sequence[float],
    known: Mask,
) -> list[LabelEvaluation]:
    found = counts(positive, tagged, known=known)
    support = found.tp + found.fn
    precisions, recalls = (metric(positive, tagged, known=known) for metric in (precision, recall))
    f1, f2 = (fbeta(positive, tagged, beta, known=known) for beta in (1, 2))
    areas = average_precision(positive, scores, known=known)
    accuracies, baselines = (binary_accuracy(positive, x, known=known) for x in (tagged, naive))
    return [
        {
            "label": label,
            "support": int(support[k]),
            "precision": float(precisions[k]),
            "recall": float(recalls[k]),
            "f1": float(f1[k]),
            "f2": float(f2[k]),
            "ap": _plain(areas[k]),
            "accuracy": _plain(accuracies[k]),
            "baseline_accuracy": _plain(baselines[k]),
            "threshold": float(thresholds[k]),
        }
        for k, label in enumerate(labels)
    ]


def _check_lengths(width: int, **rows: Sequence[Any] | NDArray[Any]) -> None:
    for name, values in rows.items():
        if len(values) != width:
            raise TagonautError(f"{name} of {len(values)} do not fit targets of {width} labels")


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)

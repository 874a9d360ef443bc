"""Everything that is reported of one way to decide, as plain values."""

import math
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities, check_tags, check_targets
from tagonaut.deciding.metrics.reliability import calibration_error
from tagonaut.deciding.metrics.score_metrics import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    mean_average_precision,
    ranking_loss,
    roc_auc,
)
from tagonaut.deciding.metrics.tag_metrics import (
    binary_accuracy,
    counts,
    exact_match,
    fbeta,
    hamming_loss,
    jaccard,
    precision,
    recall,
)
from tagonaut.errors import TagonautError


class LabelEvaluation(TypedDict):
    """One label; ``support`` is its number of known positives.

    ``ap`` is None where that is 0 or there are no scores, ``roc_auc`` also where all are positive,
    ``accuracy`` and ``baseline_accuracy`` where nothing is known. ``threshold`` is None where the
    rule has none for a label, or never tags it.
    """

    label: str
    support: int
    precision: float
    recall: float
    f1: float
    f2: float
    ap: float | None
    roc_auc: float | None
    accuracy: float | None
    baseline_accuracy: float | None
    threshold: float | None


class Ranked(TypedDict):
    """How good scores are before any threshold; None where there are none, or nothing to rank.

    ``roc_auc`` is the macro average, ``calibration_error`` the expected one of all cells.
    """

    map: float | None
    micro_map: float | None
    roc_auc: float | None
    coverage_error: float | None
    ranking_loss: float | None
    label_ranking_ap: float | None
    calibration_error: float | None


class Evaluation(Ranked):
    """Quality over all labels, and of each; valid JSON.

    ``pictures`` counts those with at least one known cell, ``in_sample`` those that the network or
    the rule had seen.
    """

    micro_f1: float
    macro_f1: float
    weighted_f1: float
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
    samples_jaccard: float
    hamming_loss: float
    exact_match: float
    binary_accuracy: float
    baseline_binary_accuracy: float
    baseline_exact_match: float
    baseline_macro_f1: float
    baseline_samples_f2: float
    pictures: int
    in_sample: int
    labels: list[LabelEvaluation]


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

    ``majority[k]`` are the baseline's tags, from the training targets (``baselines.majority``).
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
    return {
        **(_unranked() if numbers is None else _ranked(positive, numbers, mask)),
        "micro_f1": fbeta(positive, tagged, 1, known=mask, average="micro"),
        "macro_f1": fbeta(positive, tagged, 1, known=mask, average="macro"),
        "weighted_f1": fbeta(positive, tagged, 1, known=mask, average="weighted"),
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
        "samples_jaccard": jaccard(positive, tagged, known=mask, average="samples"),
        "hamming_loss": hamming_loss(positive, tagged, known=mask),
        "exact_match": exact_match(positive, tagged, known=mask),
        "binary_accuracy": binary_accuracy(positive, tagged, known=mask, average="micro"),
        "baseline_binary_accuracy": binary_accuracy(positive, naive, known=mask, average="micro"),
        "baseline_exact_match": exact_match(positive, naive, known=mask),
        "baseline_macro_f1": fbeta(positive, naive, 1, known=mask, average="macro"),
        "baseline_samples_f2": fbeta(positive, naive, 2, known=mask, average="samples"),
        "pictures": int(mask.any(axis=1).sum()),
        "in_sample": in_sample,
        "labels": _label_rows(
            labels,
            positive,
            scores=numbers,
            tagged=tagged,
            naive=naive,
            thresholds=cuts,
            known=mask,
        ),
    }


def _ranked(positive: Mask, scores: NDArray[Any], known: Mask) -> Ranked:
    return {
        "map": _plain(mean_average_precision(positive, scores, known=known)),
        "micro_map": _plain(mean_average_precision(positive, scores, known=known, average="micro")),
        "roc_auc": _plain(roc_auc(positive, scores, known=known, average="macro")),
        "coverage_error": _plain(coverage_error(positive, scores, known=known)),
        "ranking_loss": _plain(ranking_loss(positive, scores, known=known)),
        "label_ranking_ap": _plain(label_ranking_average_precision(positive, scores, known=known)),
        "calibration_error": _plain(
            calibration_error(positive, scores, known=known, average="micro")
        ),
    }


def _unranked() -> Ranked:
    return {
        "map": None,
        "micro_map": None,
        "roc_auc": None,
        "coverage_error": None,
        "ranking_loss": None,
        "label_ranking_ap": None,
        "calibration_error": None,
    }


def _label_rows(
    labels: Sequence[str],
    positive: Mask,
    *,
    scores: NDArray[Any] | None,
    tagged: Mask,
    naive: Mask,
    thresholds: Sequence[float],
    known: Mask,
) -> list[LabelEvaluation]:
    found = counts(positive, tagged, known=known)
    support = found.tp + found.fn
    precisions, recalls = (metric(positive, tagged, known=known) for metric in (precision, recall))
    f1, f2 = (fbeta(positive, tagged, beta, known=known) for beta in (1, 2))
    areas = curves = np.full(len(labels), np.nan)
    if scores is not None:
        areas = average_precision(positive, scores, known=known)
        curves = roc_auc(positive, scores, known=known)
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
            "roc_auc": _plain(curves[k]),
            "accuracy": _plain(accuracies[k]),
            "baseline_accuracy": _plain(baselines[k]),
            "threshold": _plain(thresholds[k]),
        }
        for k, label in enumerate(labels)
    ]


def _check_lengths(width: int, **rows: Sequence[Any] | NDArray[Any]) -> None:
    for name, values in rows.items():
        if len(values) != width:
            raise TagonautError(f"{name} of {len(values)} do not fit targets of {width} labels")


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

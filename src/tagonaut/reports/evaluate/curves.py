"""Two curves for each label: precision against recall, and F against the threshold."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import fbeta_curve, precision_recall_curve
from tagonaut.reports.evaluate.evaluated import Pictures
from tagonaut.reports.evaluate.panels import place, step_path

HALF = 0.5


def label_curves(
    pictures: Pictures, scores: NDArray[Any], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The two plots of each label that has a picture; ``rows`` are those of ``label_rows``.

    The points mark the tags that were really given; they may be off the curves if labels are
    decided together.
    """
    return [
        {**row, "number": k, **_curves(pictures, scores, k), **_points(row)}
        for k, row in enumerate(rows)
        if row["support"]
    ]


def _curves(pictures: Pictures, scores: NDArray[Any], k: int) -> dict[str, Any]:
    of_label, known = (pictures.targets[:, k], scores[:, k]), pictures.known[:, k]
    _, precision, recall = precision_recall_curve(*of_label, known=known)
    paths = {}
    for beta in (1, 2):
        thresholds, values = fbeta_curve(*of_label, beta, known=known)
        # Above the highest score nothing is tagged.
        paths[f"f{beta}_path"] = step_path(np.append(thresholds, 1.0), np.append(values, 0.0))
    # From the highest threshold down: recall rises, and the area under the steps is the average
    # precision.
    return {"precision_path": step_path(recall[::-1], precision[::-1]), **paths}


def _points(row: dict[str, Any]) -> dict[str, Any]:
    """The points of the tags in both plots: as decided, and at one half."""
    threshold, half = row["threshold"], row["half"]
    tuned = threshold is not None and math.isfinite(threshold)
    return {
        "share": place(0, row["support"] / row["known"])[1],
        "chosen": place(row["recall"], row["precision"]),
        "chosen_f1": place(min(1.0, max(0.0, threshold)), row["f1"]) if tuned else None,
        "half_point": half and place(half["recall"], half["precision"]),
        "half_f1": half and place(HALF, half["f1"]),
    }

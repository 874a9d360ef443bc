"""Reliability of the scores: how often pictures with a score of about s have the label."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import calibration_error, reliability_curve
from tagonaut.deciding.metrics.reliability import Reliability
from tagonaut.reports.evaluate.evaluated import Pictures
from tagonaut.reports.evaluate.panels import line_path, place

BINS, ERROR_BINS, BARS = 10, 15, 20
"""Bins of a curve, of its error, and bars of the histogram."""
LARGEST = 5.5
"""Radius of the dot of the bin with the most pictures."""


def reliability(pictures: Pictures, scores: NDArray[Any]) -> dict[str, Any]:
    """The curve of all cells together with its histogram, and a small one of each label."""
    targets, known = pictures.targets, pictures.known
    errors = calibration_error(targets, scores, known=known, bins=ERROR_BINS)
    each = reliability_curve(targets, scores, known=known, bins=BINS)
    return {
        "all": _curve(reliability_curve(targets, scores, known=known, bins=BINS, average="micro")),
        "error": calibration_error(targets, scores, known=known, bins=ERROR_BINS, average="micro"),
        "bins": ERROR_BINS,
        "histogram": _histogram(targets, scores, known),
        "labels": [
            {
                "label": label,
                "error": float(errors[k]),
                **_curve(Reliability(*(part[k] for part in each))),
            }
            for k, label in enumerate(pictures.labels)
            if known[:, k].any()
        ],
    }


def _curve(found: Reliability) -> dict[str, Any]:
    held = np.flatnonzero(found.pictures)
    xs, ys = found.mean_score[held].tolist(), found.share[held].tolist()
    cells = found.pictures[held].tolist()
    return {
        "path": line_path(xs, ys),
        "dots": [
            {
                "at": place(x, y),
                # Cells are counted on a log scale: most scores of most labels are near 0.
                "radius": round(1.5 + (LARGEST - 1.5) * math.log1p(n) / math.log1p(max(cells)), 1),
                "score": x,
                "share": y,
                "cells": int(n),
            }
            for x, y, n in zip(xs, ys, cells, strict=True)
        ],
    }


def _histogram(
    targets: NDArray[Any], scores: NDArray[Any], known: NDArray[np.bool_]
) -> dict[str, Any]:
    """Bars up to 100 on a log scale: all cells of a range of scores, and those with the label."""
    edges = np.linspace(0, 1, BARS + 1)
    every = np.histogram(scores[known], edges)[0].tolist()
    there = np.histogram(scores[known & (targets == 1)], edges)[0].tolist()
    top = math.log10(1 + max(every))

    def height(count: int) -> float:
        return round(100 * math.log10(1 + count) / top, 1)

    return {
        "bars": [
            {"at": 5 * m, "all": height(a), "with": height(w), "cells": a, "there": w}
            for m, (a, w) in enumerate(zip(every, there, strict=True))
        ],
        "ticks": [
            {"at": height(10**power), "text": _short(10**power)}
            for power in range(int(math.log10(max(every))) + 1)
        ],
    }


def _short(count: int) -> str:
    """A power of ten: 100, 10k, 1M."""
    for unit, suffix in ((10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count // unit}{suffix}"
    return str(count)

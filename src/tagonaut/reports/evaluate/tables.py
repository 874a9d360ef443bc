"""The figures of an evaluation as rows: of all labels together, and of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from tagonaut.reports.evaluate.evaluated import Decision, Evaluated
from tagonaut.reports.summary import SUMMARY

SCORE_FIGURES = (
    ("map", "mean average precision (mAP)", ""),
    ("micro_map", "average precision, micro", "all labels in one ranking"),
    ("roc_auc", "ROC AUC, macro", ""),
    ("label_ranking_ap", "label ranking average precision", "each picture's labels ranked"),
    ("ranking_loss", "ranking loss", "wrongly ordered pairs of labels; lower is better"),
    ("coverage_error", "coverage error", "labels down to a picture's last; lower is better"),
    ("calibration_error", "expected calibration error", "lower is better"),
)
"""Key, what it is called, and what else is said of it: figures of scores, before any threshold."""

_OF_SCORES = {key for key, _, _ in SCORE_FIGURES}
_MORE = (
    ("weighted_f1", "F1, weighted by support", None),
    ("samples_jaccard", "Jaccard, samples", None),
    ("hamming_loss", "Hamming loss (lower is better)", None),
)
TAG_FIGURES = (
    *(row for row in SUMMARY if row[0] not in _OF_SCORES),
    *(row for row in _MORE if row[0] not in {key for key, _, _ in SUMMARY}),
)
"""Key, what it is called, and the majority baseline's key: figures of the tags."""
LOWER_IS_BETTER = {"hamming_loss"}

HEADLINES = (
    ("map", "mAP"),
    ("macro_f1", "F1, macro"),
    ("micro_f1", "F1, micro"),
    ("exact_match", "exact match"),
)
"""Key, and the short name under it, of the figures that come first."""


def headlines(way: Decision, tuned_for: str | None) -> list[dict[str, Any]]:
    """The first figures of a way, each with its interval; what it was tuned for before all."""
    usual = dict(HEADLINES)
    aim = f"macro_{tuned_for}" if tuned_for and tuned_for[0] == "f" else tuned_for
    aims = {key: title for key, title, *_ in SUMMARY if key == aim and key not in usual}
    return [
        {"title": title, **_figure(way, key)}
        for key, title in (aims | usual).items()
        if way.figures.get(key) is not None
    ]


def tag_figures(ways: Sequence[Decision]) -> list[dict[str, Any]]:
    """A row a figure of tags, with a cell a way; ``best``: the best, where the ways differ."""
    rows = []
    for key, title, baseline in TAG_FIGURES:
        cells = [_figure(way, key) for way in ways if key in way.figures]
        if len(cells) < len(ways):
            continue
        values = [cell["value"] for cell in cells]
        best = (min if key in LOWER_IS_BETTER else max)(values)
        rows.append(
            {
                "title": title,
                "cells": cells,
                "best": best if len(set(values)) > 1 else None,
                "baseline": ways[0].figures.get(baseline) if baseline else None,
            }
        )
    return rows


def score_figures(way: Decision) -> list[dict[str, Any]]:
    """A row a figure of scores; all ways have the same."""
    return [
        {"title": title, "told": told, "counted": key == "coverage_error", **_figure(way, key)}
        for key, title, told in SCORE_FIGURES
        if way.figures.get(key) is not None
    ]


def _figure(way: Decision, key: str) -> dict[str, Any]:
    return {"value": way.figures.get(key), "interval": _interval(way.intervals["all"], key)}


def _interval(intervals: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    found = intervals.get(key)
    return None if found is None else (float(found[0]), float(found[1]))


def label_rows(judged: Evaluated) -> list[dict[str, Any]]:
    """A row a label: the main way's figures; ``half``: those at one half, if that is beside it."""
    main = judged.ways[0]
    half = next((way for way in judged.ways[1:] if way.key == "at_0.5"), None)
    return [
        {
            **figures,
            "known": int(judged.known[:, k].sum()),
            "threshold": None if judged.thresholds is None else float(judged.thresholds[k]),
            "interval": _interval(main.intervals["labels"][k], "f1"),
            "half": None if half is None else half.figures["labels"][k],
        }
        for k, figures in enumerate(main.figures["labels"])
    ]

"""``compare.html``: runs side by side as one page that fetches nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.reports.compare.charts import accuracy_chart, improvement_chart
from tagonaut.reports.compare.curves import draw_run_curves
from tagonaut.reports.compare.figures import MAJORITY
from tagonaut.reports.page import write

COLOURS = (
    *("#2a6f97", "#b0603a", "#3c9a4a", "#8a5fb0", "#b38a1e", "#c8452f"),
    *("#2b9c9c", "#7a5230", "#c7609a", "#5b6b78", "#78a02a", "#3569c4"),
)
"""A run's, in turn; its number tells it where they repeat."""

COLUMNS = (
    ("map", "mAP", None),
    ("macro_f1", "F1 macro", "baseline_macro_f1"),
    ("micro_f1", "F1 micro", None),
    ("samples_f1", "F1 samples", None),
    ("samples_f2", "F2 samples", "baseline_samples_f2"),
    ("exact_match", "exact match", "baseline_exact_match"),
)
"""Key, what it is called, and the majority baseline's key where there is one."""


def write_page(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the page."""
    runs = figures["runs"]
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(runs))]
    write(
        path,
        "compare.html",
        **figures,
        bare=_bare,
        points=_points,
        title=_title(runs),
        colours=colours,
        columns=COLUMNS,
        majority=MAJORITY,
        best=_best(runs),
        rows=_label_rows(figures),
        frequent=improvement_chart(figures, rare=False),
        seldom=improvement_chart(figures, rare=True),
        accuracy=accuracy_chart(figures),
        curves=draw_run_curves([run["history"] for run in runs], colours),
    )


def _title(runs: Sequence[Mapping[str, Any]]) -> str:
    names = [run["name"] for run in runs]
    if len(names) > 3:
        return f"{len(names)} runs side by side"
    return " · ".join(names)


def _best(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The highest figure of each column; none is distinguished where there is one run alone."""
    if len(runs) == 1:
        return {}
    columns = {key: [run["test"]["tuned"][key] for run in runs] for key, _, _ in COLUMNS}
    columns["binary_accuracy"] = [run["test"]["tuned"]["binary_accuracy"] for run in runs]
    columns["average_f1"] = [run["average_f1"] for run in runs]
    columns["correct"] = [run["correct"]["tuned"]["share"] for run in runs]
    return {key: max(told) for key, values in columns.items() if (told := [v for v in values if v])}


def _label_rows(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The most frequent label first; what each run makes of it, and the best of these."""
    runs, labels = figures["runs"], figures["labels"]
    order = sorted(range(len(labels)), key=lambda k: -(labels[k]["share"] or 0))
    return [
        {
            **labels[k],
            "cells": [run["labels"][k] for run in runs],
            "best": max(run["labels"][k]["f1"] for run in runs) if len(runs) > 1 else None,
        }
        for k in order
    ]


def _bare(value: float | None) -> str:
    """Per cent, for a table whose every figure is in per cent."""
    return "–" if value is None else f"{100 * value:.1f}"


def _points(value: float) -> str:
    """Points as they are counted: 487.5, 12."""
    return f"{value:,.1f}".removesuffix(".0")

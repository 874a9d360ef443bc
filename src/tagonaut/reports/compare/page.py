"""``compare.html``: runs side by side as one page that fetches nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.deciding import Detail, figures_up_to
from tagonaut.reports.compare.charts import accuracy_chart, improvement_chart
from tagonaut.reports.compare.curves import draw_run_curves
from tagonaut.reports.compare.figures import MAJORITY
from tagonaut.reports.page import write
from tagonaut.reports.summary import bare

COLOURS = (
    *("#2a6f97", "#b0603a", "#3c9a4a", "#8a5fb0", "#b38a1e", "#c8452f"),
    *("#2b9c9c", "#7a5230", "#c7609a", "#5b6b78", "#78a02a", "#3569c4"),
)
"""The runs' colours, in turn; a run's number tells it where they repeat."""

COLUMNS = figures_up_to(Detail.BRIEF)
"""The figures of each run."""


def write_page(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the page."""
    runs = figures["runs"]
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(runs))]
    write(
        path,
        "compare.html",
        **figures,
        bare=_bare,
        figure=bare,
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
    """The best figure of each column; none where there is one run alone."""
    if len(runs) == 1:
        return {}
    found = {}
    for figure in COLUMNS:
        values = [run["test"]["tuned"][figure.key] for run in runs]
        if figure.lower_is_better:
            found[figure.key] = min((v for v in values if v is not None), default=None)
        else:
            found[figure.key] = max((v for v in values if v), default=None)
    found["average_f1"] = max(run["average_f1"] for run in runs) or None
    found["correct"] = max(run["correct"]["tuned"]["share"] for run in runs) or None
    return {key: value for key, value in found.items() if value is not None}


def _label_rows(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per label, the most frequent first: each run's figures, and the best F1."""
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

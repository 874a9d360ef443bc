"""The figures of an evaluation as rows: of all labels together, and of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from tagonaut.deciding import FIGURES, Detail, Figure, figures_up_to
from tagonaut.reports.evaluate.evaluated import Decision, Evaluated


def headlines(decision: Decision, tuned_for: str | None) -> list[dict[str, Any]]:
    """The first figures of a decision, each with its interval; the one it was tuned for leads."""
    usual = figures_up_to(Detail.HEADLINE)
    aim = f"macro_{tuned_for}" if tuned_for and tuned_for[0] == "f" else tuned_for
    aims = [figure for figure in FIGURES if figure.key == aim and figure not in usual]
    return _defined((*aims, *usual), decision)


def tag_figures(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """A row for each figure of tags, with a cell for each decision.

    ``best``: the best value, where the decisions differ.
    """
    rows = []
    for figure in FIGURES:
        if figure.needs_scores:
            continue
        cells = [_cell(figure, decision) for decision in decisions]
        values = [cell["value"] for cell in cells]
        best = (min if figure.lower_is_better else max)(values)
        rows.append(
            {
                "figure": figure,
                "cells": cells,
                "best": best if len(set(values)) > 1 else None,
                "baseline": decisions[0].figures.get(figure.baseline_key or ""),
            }
        )
    return rows


def score_figures(decision: Decision) -> list[dict[str, Any]]:
    """A row for each figure of scores, which all decisions share."""
    return _defined([figure for figure in FIGURES if figure.needs_scores], decision)


def label_rows(evaluated: Evaluated) -> list[dict[str, Any]]:
    """A row for each label: the main decision's figures; ``half``: those at one half, if any."""
    main, half = evaluated.main, evaluated.half
    known = evaluated.pictures.known.sum(axis=0)
    return [
        {
            **figures,
            "known": int(known[k]),
            "threshold": None if main.thresholds is None else float(main.thresholds[k]),
            "interval": _interval(main.intervals["labels"][k], "f1"),
            "half": None if half is None else half.figures["labels"][k],
        }
        for k, figures in enumerate(main.figures["labels"])
    ]


def _defined(figures: Sequence[Figure], decision: Decision) -> list[dict[str, Any]]:
    return [
        {"figure": figure, **_cell(figure, decision)}
        for figure in figures
        if decision.figures[figure.key] is not None
    ]


def _cell(figure: Figure, decision: Decision) -> dict[str, Any]:
    return {
        "value": decision.figures[figure.key],
        "interval": _interval(decision.intervals["all"], figure.key),
    }


def _interval(intervals: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    found = intervals.get(key)
    return None if found is None else (float(found[0]), float(found[1]))

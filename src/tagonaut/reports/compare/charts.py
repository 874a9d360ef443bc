"""Charts of a comparison: one row per label, one mark per run, along a scale in per cent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Label = Mapping[str, Any]

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
MOST_TICKS = 7
MOST_BARS = 4
"""The most runs that are drawn as bars, one below the other; more are dots in one row."""


def improvement_chart(figures: Mapping[str, Any], rare: bool) -> dict[str, Any] | None:
    """F1 less the reference's, of the rare labels or of the others; None if there is none."""
    runs = {
        number: run
        for number, run in enumerate(figures["runs"])
        if run["name"] != figures["reference"]
    }
    chosen = [k for k, label in enumerate(figures["labels"]) if label["rare"] == rare]
    return _chart(figures, runs, chosen, lambda row: row["improvement"], zero=True)


def accuracy_chart(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Accuracy of every run, with the baseline's as ``mark``."""
    runs = dict(enumerate(figures["runs"]))
    every = range(len(figures["labels"]))
    return _chart(figures, runs, every, lambda row: row["accuracy"], base="baseline_accuracy")


def _chart(
    figures: Mapping[str, Any],
    runs: Mapping[int, Mapping[str, Any]],
    chosen: Sequence[int],
    value: Callable[[Mapping[str, Any]], float | None],
    *,
    zero: bool = False,
    base: str | None = None,
) -> dict[str, Any] | None:
    found = {k: {at: value(run["labels"][k]) for at, run in runs.items()} for k in chosen}
    bases = {
        k: [run["labels"][k][base] for run in runs.values() if run["labels"][k][base] is not None]
        for k in (chosen if base else ())
    }
    numbers = [x for row in found.values() for x in row.values() if x is not None]
    numbers += [x for row in bases.values() for x in row]
    if not numbers:
        return None
    low, high, ticks = scale([*numbers, 0.0] if zero else numbers, limits=(-1 if zero else 0, 1))

    def at(x: float) -> float:
        return round(100 * (x - low) / (high - low), 2)

    order = sorted(chosen, key=lambda k: -(figures["labels"][k]["share"] or 0))
    return {
        "bars": zero and len(runs) <= MOST_BARS,
        "runs": list(runs),
        "zero": at(0.0) if zero else None,
        "ticks": [{"at": at(tick), "value": tick} for tick in ticks],
        "rows": [
            {
                **figures["labels"][k],
                "bases": sorted({at(x) for x in bases.get(k, ())}),
                "marks": [
                    {"run": run, "at": at(x), "value": x, "lane": _lane(position, len(runs))}
                    for position, (run, x) in enumerate(found[k].items())
                    if x is not None
                ],
            }
            for k in order
        ],
    }


def _lane(position: int, runs: int) -> float:
    """The vertical place of a dot in its row, in per cent, so that equal figures do not overlap."""
    return round(100 * position / (runs - 1), 1) if runs > 1 else 50.0


def scale(
    values: Sequence[float], *, limits: tuple[float, float]
) -> tuple[float, float, list[float]]:
    """Round ends around the values and the ticks between; within the limits."""
    span = max(values) - min(values)
    step = next((step for step in STEPS if span <= step * (MOST_TICKS - 1)), STEPS[-1])
    low = max(limits[0], np.floor(round(min(values) / step, 9)) * step)
    high = min(limits[1], np.ceil(round(max(values) / step, 9)) * step)
    if low == high:
        low, high = max(limits[0], low - step), min(limits[1], high + step)
    count = round((high - low) / step)
    return float(low), float(high), [round(low + step * n, 9) for n in range(count + 1)]

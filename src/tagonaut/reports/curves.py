"""Curves of a fit: losses and validation mAP over its epochs."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

INK, FAINT, TRAIN, VALIDATION = "#22303c", "#d8dee4", "#b0603a", "#2a6f97"


def draw_curves(epochs: Sequence[Mapping[str, Any]]) -> str:
    """SVG: losses and validation mAP of the rows of ``history.csv``, dotted between stages.

    A value that is not a number leaves a gap.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    losses, precision = figure.subplots(1, 2)
    steps = range(1, len(epochs) + 1)
    train = _numbers(epochs, "train_loss")
    losses.plot(steps, train, color=TRAIN, label="training", marker=".")
    validation = _numbers(epochs, "validation_loss")
    losses.plot(steps, validation, color=VALIDATION, label="validation", marker=".")
    losses.set(title="loss (validation: binary cross-entropy)", xlabel="epoch")
    losses.legend(frameon=False)
    maps = _numbers(epochs, "validation_map")
    precision.plot(steps, maps, color=VALIDATION, marker=".")
    precision.set(title="validation mAP", xlabel="epoch")
    if finite := [value for value in maps if math.isfinite(value)]:
        best = max(finite)
        at = maps.index(best) + 1
        precision.plot([at], [best], "o", color=TRAIN, label=f"best: {best:.4f}")
        precision.legend(frameon=False, loc="lower right")
    for axes in (losses, precision):
        _style(axes, epochs)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _numbers(epochs: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    cells = (epoch.get(name) for epoch in epochs)
    return [float(cell) if isinstance(cell, int | float) else math.nan for cell in cells]


def _style(axes: Any, epochs: Sequence[Mapping[str, Any]]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(colors=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    stages = [epoch.get("stage") for epoch in epochs]
    for step in range(1, len(stages)):
        if stages[step] != stages[step - 1]:
            axes.axvline(step + 0.5, color=INK, linewidth=0.8, linestyle=":")

"""Curves of a fit: losses and validation mAP over its epochs."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

INK, FAINT, TRAIN, VALIDATION = "#22303c", "#d8dee4", "#b0603a", "#2a6f97"


def draw_curves(epochs: Sequence[Mapping[str, Any]]) -> str:
    """SVG: losses and validation mAP of the rows of ``history.csv``, dotted between stages."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    losses, precision = figure.subplots(1, 2)
    steps = range(1, len(epochs) + 1)
    train = [epoch["train_loss"] for epoch in epochs]
    losses.plot(steps, train, color=TRAIN, label="training", marker=".")
    validation = [epoch["validation_loss"] for epoch in epochs]
    losses.plot(steps, validation, color=VALIDATION, label="validation", marker=".")
    losses.set(title="loss (validation: binary cross-entropy)", xlabel="epoch")
    losses.legend(frameon=False)
    maps = [epoch["validation_map"] for epoch in epochs]
    precision.plot(steps, maps, color=VALIDATION, marker=".")
    at = maps.index(max(maps)) + 1
    precision.plot([at], [max(maps)], "o", color=TRAIN, label=f"best: {max(maps):.4f}")
    precision.set(title="validation mAP", xlabel="epoch")
    precision.legend(frameon=False, loc="lower right")
    for axes in (losses, precision):
        _style(axes, epochs)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _style(axes: Any, epochs: Sequence[Mapping[str, Any]]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(colors=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    stages = [epoch["stage"] for epoch in epochs]
    for step in range(1, len(stages)):
        if stages[step] != stages[step - 1]:
            axes.axvline(step + 0.5, color=INK, linewidth=0.8, linestyle=":")

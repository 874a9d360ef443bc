"""Learning curves of several runs in the same plots."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from tagonaut.reports.curves import FAINT, INK

PLOTS = (
    ("validation_map", "validation mAP"),
    ("validation_f1", "validation F1, micro at 0.5"),
    ("validation_precision", "validation precision, micro at 0.5"),
    ("validation_recall", "validation recall, micro at 0.5"),
    ("validation_loss", "validation loss"),
    ("train_loss", "training loss"),
)
"""Column of ``history.csv``, and the title of its plot."""

History = Sequence[Mapping[str, float | str | None]]


def draw_run_curves(histories: Sequence[History], colours: Sequence[str]) -> list[str]:
    """SVG: one plot per column of ``PLOTS`` that any history has, with one numbered line per run.

    Epochs count on through the stages of a run.
    """
    return [
        _draw(title, lines)
        for key, title in PLOTS
        if (lines := list(_lines(histories, colours, key)))
    ]


def _lines(
    histories: Sequence[History], colours: Sequence[str], key: str
) -> list[tuple[int, str, list[int], list[float]]]:
    lines = []
    for number, (history, colour) in enumerate(zip(histories, colours, strict=True), 1):
        points = [(step, row.get(key)) for step, row in enumerate(history, 1)]
        drawn = [(step, value) for step, value in points if isinstance(value, float)]
        if drawn:
            steps, values = [step for step, _ in drawn], [value for _, value in drawn]
            lines.append((number, colour, steps, values))
    return lines


def _draw(title: str, lines: Sequence[tuple[int, str, list[int], list[float]]]) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.3), layout="constrained")
    axes = figure.subplots()
    for number, colour, steps, values in lines:
        marker = "o" if len(steps) == 1 else None
        axes.plot(steps, values, color=colour, linewidth=1.6, marker=marker, markersize=5)
        axes.annotate(
            str(number),
            (steps[-1], values[-1]),
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=10,
            fontweight="bold",
            annotation_clip=False,
        )
    axes.set(title=title, xlabel="epoch")
    _style(axes)
    buffer = io.StringIO()
    # Several drawings stand in one page: names of their parts must not clash.
    with mpl.rc_context({"svg.hashsalt": title}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _style(axes: Any) -> None:
    axes.margins(x=0.06)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(colors=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)

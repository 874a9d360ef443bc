"""Plots of a search: its trials, each searched key, and the trials' learning curves."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, SOFT, FAINT, OTHERS = "#22303c", "#5b6b78", "#d8dee4", "#aeb9c2"
COLOURS = ("#b0603a", "#2a6f97", "#4c9a52", "#8d5aa8", "#c9a227", "#2ba3a3")
"""The colours of the best trials, best first; all others are grey."""

Record = Mapping[str, Any]
CURVES = {
    "loss": "loss",
    "mAP": "validation_map",
    "precision": "validation_precision",
    "recall": "validation_recall",
    "F1": "validation_f1",
}


def trial_colours(trials: Sequence[Record]) -> dict[int, str]:
    """The colour of each trial by its number; ``trials`` are sorted, best first."""
    named = dict(zip((trial["number"] for trial in trials), COLOURS, strict=False))
    return {trial["number"]: named.get(trial["number"], OTHERS) for trial in trials}


def draw_objective(trials: Sequence[Record], objective: str, colours: Mapping[int, str]) -> str:
    """SVG: the objective of each trial in order, and the best so far."""
    figure, axes = _figure()
    scored = sorted(
        (trial for trial in trials if trial["objective"] is not None),
        key=lambda trial: trial["number"],
    )
    best, steps = 0.0, []
    for trial in scored:
        if trial["outcome"] == "complete":
            best = max(best, trial["objective"])
            steps.append((trial["number"], best))
    if steps:
        last = max(trial["number"] for trial in scored)
        xs, ys = zip(*[*steps, (last, best)], strict=True)
        axes.step(xs, ys, where="post", color=INK, linewidth=1, zorder=1, label="best so far")
    for trial in scored:
        _dot(axes, trial["number"], trial["objective"], trial, colours)
    axes.set(xlabel="trial", ylabel=objective)
    _whole(axes)
    axes.margins(x=0.06, y=0.1)
    _legend(axes, trials)
    return _svg(figure)


def draw_key(
    key: str,
    dimension: Record,
    trials: Sequence[Record],
    objective: str,
    colours: Mapping[int, str],
) -> str:
    """SVG: the objective over one searched key, whose choices or range are ``dimension``."""
    figure, axes = _figure()
    scored = [trial for trial in trials if trial["objective"] is not None]
    choices = dimension.get("choices", ())
    numbers = choices and all(type(choice) in {int, float} for choice in choices)
    axes.margins(x=0.08, y=0.1)
    if choices and not numbers:
        names = [_short(choice) for choice in choices]
        for trial in scored:
            at = list(map(_exact, choices)).index(_exact(trial["values"][key]))
            _dot(axes, trial["objective"], at, trial, colours)
        # Long names need a line each.
        axes.set_yticks(range(len(names)), names, parse_math=False)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlabel(objective)
    else:
        for trial in scored:
            _dot(axes, trial["values"][key], trial["objective"], trial, colours)
        if dimension.get("log") or (choices and 0 < 20 * min(choices) <= max(choices)):
            axes.set_xscale("log")
            _log_ticks(axes.xaxis, [trial["values"][key] for trial in scored])
        if choices and len(choices) <= 6:
            axes.set_xticks(choices, [f"{choice:g}" for choice in choices])
            axes.set_xticks([], minor=True)
        axes.set_xlabel(key, parse_math=False)
        axes.set_ylabel(objective)
    return _svg(figure)


def draw_curves_over_one_another(
    trials: Sequence[Record], histories: Mapping[int, Sequence[Record]], colours: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Titles and SVGs of the loss, mAP, precision, recall and F1 of all trials over epochs.

    ``histories``: the rows of ``history.csv`` of each trial.
    """
    drawn = []
    for title, column in CURVES.items():
        figure, axes = _figure()
        seen: list[float] = []
        for trial in reversed(trials):  # the best on top
            epochs = histories.get(trial["number"], ())
            steps, colour = range(1, len(epochs) + 1), colours[trial["number"]]
            lines = [("validation_loss", "-"), ("train_loss", ":")][: 1 if colour == OTHERS else 2]
            for name, style in lines if column == "loss" else [(column, "-")]:
                values = [epoch[name] for epoch in epochs]
                seen += values
                # A single epoch draws no line.
                marker = "." if len(values) == 1 or (len(values) <= 12 and style == "-") else ""
                axes.plot(steps, values, style, color=colour, linewidth=1.3, marker=marker)
        positive = [value for value in seen if value > 0]
        if column == "loss" and positive and max(positive) > 30 * min(positive):
            axes.set_yscale("log")
            _log_ticks(axes.yaxis, positive)
        axes.set_xlabel("epoch")
        _whole(axes)
        drawn.append((title, _svg(figure)))
    return drawn


def _log_ticks(axis: "Axis", values: Sequence[float]) -> None:
    """Label powers of ten, and below two decades 2 and 5 between; more labels would overlap."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    narrow = max(values) < 100 * min(values)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _figure() -> tuple[Any, "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.1), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
    return figure, axes


def _dot(axes: "Axes", x: float, y: float, trial: Record, colours: Mapping[int, str]) -> None:
    colour = colours[trial["number"]]
    face = colour if trial["outcome"] == "complete" else "none"
    order = 2 if colour == OTHERS else 3
    axes.scatter([x], [y], s=42, facecolors=face, edgecolors=colour, linewidths=1.4, zorder=order)


def _whole(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))


def _legend(axes: "Axes", trials: Sequence[Record]) -> None:
    if any(trial["outcome"] == "pruned" for trial in trials):
        axes.scatter(
            [], [], s=42, facecolors="none", edgecolors=SOFT, linewidths=1.4, label="ended early"
        )
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9)


def _exact(value: Any) -> str:
    """The choice as text, in which 1, 1.0 and true differ."""
    return json.dumps(value)


def _short(value: Any, most: int = 22) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _svg(figure: Any) -> str:
    import matplotlib as mpl

    buffer = io.StringIO()
    # Ids without randomness: the same trials give the same page, byte for byte.
    with mpl.rc_context({"svg.hashsalt": "tune"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]

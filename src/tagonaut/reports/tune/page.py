"""``tune.html``: a search as one self-contained page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.reports.page import write
from tagonaut.reports.tune.plots import (
    COLOURS,
    draw_curves_over_one_another,
    draw_key,
    draw_objective,
    trial_colours,
)


def write_page(
    path: Path,
    about: Mapping[str, Any],
    space: Mapping[str, Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    histories: Mapping[int, Sequence[Mapping[str, Any]]],
) -> None:
    """Write the page.

    ``about``: ``title``, ``summary``, ``source`` (the data), ``pictures`` (of each split),
    ``objective`` (its title), ``sampler``, ``planned`` (trials), ``changes``, ``seed``, ``command``
    (which trains with the best settings). ``space``: each searched key's ``choices``, or ``low``,
    ``high``, ``log`` and ``integer``. ``trials``: the fields of
    ``learning.searching.trials.Trial``. ``histories``: the rows of ``history.csv`` by the number of
    the trial.
    """
    ranked = sorted(trials, key=_rank)
    colours = trial_colours([trial for trial in ranked if trial["objective"] is not None])
    scored = [trial for trial in ranked if trial["number"] in colours]
    outcomes = [trial["outcome"] for trial in trials]
    objective = about["objective"]
    write(
        path,
        "tune.html",
        **about,
        # Not str.capitalize, which would make mAP Map.
        objective_title=objective[:1].upper() + objective[1:],
        plain=plain,
        space={key: _range(dimension) for key, dimension in space.items()},
        trials=ranked,
        best=next((trial for trial in ranked if trial["outcome"] == "complete"), None),
        outcomes={outcome: outcomes.count(outcome) for outcome in ("complete", "pruned", "failed")},
        colours=colours,
        coloured=scored[: len(COLOURS)],
        most=max((trial["objective"] for trial in scored), default=0) or 1,
        seconds=_duration(sum(trial["seconds"] for trial in trials)),
        duration=_duration,
        objective_plot=draw_objective(scored, objective, colours) if scored else "",
        key_plots=[
            (key, draw_key(key, dimension, scored, objective, colours))
            for key, dimension in space.items()
            if scored
        ],
        curves=draw_curves_over_one_another(scored, histories, colours) if scored else [],
    )


def plain(value: Any) -> str:
    """A setting for people: short numbers, text without quotes, lists as JSON."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rank(trial: Mapping[str, Any]) -> tuple[int, float, int]:
    """Sort key: complete trials, then pruned ones, then failed ones; the best first in each."""
    order = ("complete", "pruned", "failed").index(trial["outcome"])
    return order, -(trial["objective"] or 0), trial["number"]


def _range(dimension: Mapping[str, Any]) -> str:
    if "choices" in dimension:
        return ", ".join(map(plain, dimension["choices"]))
    low, high = dimension["low"], dimension["high"]
    kind = (", whole" if dimension["integer"] else "") + (", log" if dimension["log"] else "")
    return f"{low:g} to {high:g}{kind}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"

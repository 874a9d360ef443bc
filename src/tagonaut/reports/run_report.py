"""What a run shows of itself: ``report.html`` and the model card ``README.md``."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from tagonaut.reports.curves import draw_curves
from tagonaut.reports.summary import SUMMARY, percent


def write_report(
    folder: Path,
    name: str,
    recipe: Mapping[str, Any],
    metrics: dict[str, Any],
    counts: dict[str, dict[str, int]],
    epochs: Sequence[Mapping[str, Any]],
    *,
    watched: str,
    grid: Mapping[str, Any] | None = None,
    sheet: bool = False,
) -> None:
    """Write ``report.html`` (one file, nothing fetched), ``curves.svg`` and ``README.md``.

    ``watched``: the validation figure whose best epoch was kept. ``grid``: the best point of a
    forest's search. ``sheet``: whether ``augmented.jpg`` lies beside.
    """
    import jinja2

    curves = draw_curves(epochs) if grid is None else ""
    if curves:
        (folder / "curves.svg").write_text(curves, encoding="utf-8")
    sign = -1 if watched == "loss" else 1
    best = max(epochs, key=lambda epoch: sign * epoch[f"validation_{watched}"])
    for template, output in (("report.html", "report.html"), ("card.md", "README.md")):
        environment = jinja2.Environment(
            autoescape=output.endswith(".html"), trim_blocks=True, undefined=jinja2.StrictUndefined
        )
        environment.filters["percent"] = percent
        text = (files("tagonaut") / "reports" / template).read_text(encoding="utf-8")
        page = environment.from_string(text).render(
            name=name,
            recipe=recipe,
            metrics=metrics,
            counts=counts,
            summary=SUMMARY,
            curves=curves[max(0, curves.find("<svg")) :],
            best=best,
            epochs=len(epochs),
            watched={"map": "mAP", "f1": "F1", "loss": "loss"}[watched],
            grid=grid,
            sheet=sheet,
        )
        (folder / output).write_text(page, encoding="utf-8")

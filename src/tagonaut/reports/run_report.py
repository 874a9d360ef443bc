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
) -> None:
    """Write ``report.html`` (one file, nothing fetched), ``curves.svg`` and ``README.md``."""
    import jinja2

    curves = draw_curves(epochs)
    (folder / "curves.svg").write_text(curves, encoding="utf-8")
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
            curves=curves[curves.index("<svg") :],
            best=max(epochs, key=lambda epoch: epoch["validation_map"]),
            epochs=len(epochs),
        )
        (folder / output).write_text(page, encoding="utf-8")

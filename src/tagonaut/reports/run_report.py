"""A run's own report, ``report.html``, and its model card, ``README.md``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.deciding import LABEL_FIGURES, Detail, figures_up_to
from tagonaut.reports.curves import draw_curves
from tagonaut.reports.embedded import data_uri
from tagonaut.reports.page import write
from tagonaut.reports.summary import shown


def write_report(
    folder: Path,
    name: str,
    recipe: Mapping[str, Any],
    metrics: dict[str, Any],
    counts: dict[str, dict[str, int]],
    epochs: Sequence[Mapping[str, Any]],
    sheet: bytes | None = None,
) -> None:
    """Write ``report.html`` (one file, nothing fetched), ``curves.svg`` and ``README.md``.

    ``epochs``: the rows of ``history.csv``; without any there are no curves. ``sheet``: a JPEG of
    augmented pictures.
    """
    grid = metrics["grid"]
    curves = draw_curves(epochs) if epochs and grid is None else ""
    if curves:
        (folder / "curves.svg").write_text(curves, encoding="utf-8")
    for template, output in (("report.html", "report.html"), ("card.md", "README.md")):
        write(
            folder / output,
            template,
            name=name,
            recipe=recipe,
            metrics=metrics,
            counts=counts,
            summary=figures_up_to(Detail.SUMMARY),
            label_figures=figures_up_to(Detail.SUMMARY, LABEL_FIGURES),
            card_figures=figures_up_to(Detail.HEADLINE, LABEL_FIGURES),
            shown=shown,
            curves=curves[max(0, curves.find("<svg")) :],
            best=metrics["kept"],
            epochs=len(epochs),
            watched={"map": "mAP", "f1": "F1", "loss": "loss"}[metrics["watched"]],
            grid=grid,
            sheet=sheet and data_uri(sheet),
        )

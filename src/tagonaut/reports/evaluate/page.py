"""``evaluation-NAME.html``: an evaluation as one page that fetches nothing."""

import math
from pathlib import Path

from tagonaut.deciding import LABEL_FIGURES, Detail, figures_up_to
from tagonaut.reports.evaluate.confusion import confusion
from tagonaut.reports.evaluate.curves import label_curves
from tagonaut.reports.evaluate.evaluated import Evaluated
from tagonaut.reports.evaluate.mistakes import OF_LABEL, mistakes
from tagonaut.reports.evaluate.reliability import reliability
from tagonaut.reports.evaluate.tables import (
    headlines,
    label_rows,
    score_figures,
    tag_figures,
)
from tagonaut.reports.page import write
from tagonaut.reports.summary import bare, shown

MOST_TAGS, MOST_VALUES = 14, 40
"""How many tags of a picture are named, and how many of a column's values, hardest first."""


def write_evaluation(path: Path, evaluated: Evaluated) -> None:
    """Write the page of an evaluation; JSON and CSV files beside it have the same figures."""
    pictures, main, rows = evaluated.pictures, evaluated.main, label_rows(evaluated)
    scores = pictures.scores
    write(
        path,
        "evaluate.html",
        evaluated=evaluated,
        title=evaluated.subject.title,
        main=main,
        half=evaluated.half,
        headlines=headlines(main, evaluated.subject.tuned_for),
        tag_figures=tag_figures(evaluated.decisions),
        score_figures=score_figures(main),
        label_figures=[
            figure
            for figure in figures_up_to(Detail.BRIEF, LABEL_FIGURES)
            if figure.key != "f1" and not (figure.needs_scores and scores is None)
        ],
        labels=rows,
        without=[row["label"] for row in rows if not row["support"]],
        curves=[] if scores is None else label_curves(pictures, scores, rows),
        reliability=None if scores is None else reliability(pictures, scores),
        confusion=confusion(evaluated),
        mistakes=mistakes(evaluated),
        any_file=any(file is not None for file in pictures.paths),
        shown=shown,
        bare_figure=bare,
        of_label=OF_LABEL,
        most_tags=MOST_TAGS,
        most_values=MOST_VALUES,
        threshold=_threshold,
        beside=path.stem,
    )


def _threshold(value: float | None) -> str:
    """A threshold as people read it."""
    if value is None:
        return "–"
    return f"{value:.3f}" if math.isfinite(value) else "never"

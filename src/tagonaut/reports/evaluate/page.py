"""``evaluation-NAME.html``: an evaluation as one page that fetches nothing."""

import math
from pathlib import Path

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

MOST_TAGS, MOST_VALUES = 14, 40
"""Tags of a picture that are named, and values of a column that are listed, the hardest."""


def write_evaluation(path: Path, judged: Evaluated) -> None:
    """Write the page of ``judged`` to ``path``; the same figures lie beside it as JSON and CSV."""
    scores, rows = judged.scores, label_rows(judged)
    write(
        path,
        "evaluate.html",
        judged=judged,
        title=judged.title,
        main=judged.ways[0],
        headlines=headlines(judged.ways[0], judged.tuned_for),
        tag_figures=tag_figures(judged.ways),
        score_figures=score_figures(judged.ways[0]),
        labels=rows,
        half=next((way for way in judged.ways[1:] if way.key == "at_0.5"), None),
        without=[row["label"] for row in rows if not row["support"]],
        curves=[] if scores is None else label_curves(judged, scores, rows),
        reliability=None if scores is None else reliability(judged, scores),
        confusion=confusion(judged),
        mistakes=mistakes(judged),
        any_file=any(file is not None for file in judged.paths),
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

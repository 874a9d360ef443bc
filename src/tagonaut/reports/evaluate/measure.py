"""Figures, intervals and subgroups of tags."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import bootstrap_each, evaluate
from tagonaut.reports.evaluate.evaluated import (
    Decision,
    Evaluated,
    Pictures,
    Selection,
    Subject,
    Tagged,
)
from tagonaut.reports.evaluate.subgroups import (
    figures_by_columns,
    figures_of_selection,
    note_on_values,
)


def measure(
    subject: Subject,
    pictures: Pictures,
    tagged: Sequence[Tagged],
    *,
    majority: NDArray[np.bool_],
    by: Sequence[str] = (),
    selection: Selection | None = None,
) -> Evaluated:
    """Evaluate each decision on the same pictures; subgroups are those of the first.

    ``majority[k]``: the baseline's tags. ``by``: the columns whose values make subgroups.
    ``selection``: the file that chose the pictures. Raises ``TagonautError`` where there is no such
    column, or nothing is known.
    """
    arrays = pictures.targets, tagged[0].tags, pictures.known
    groups, notes = figures_by_columns(by, pictures.columns, *arrays)
    only = None
    if selection:
        only = figures_of_selection(selection, *arrays)
        if selection.named.column:
            groups[selection.named.column] = only["values"]
            notes += note_on_values(selection.named.column, selection.chosen.values)
    return Evaluated(
        subject,
        pictures,
        _decisions(pictures, tagged, majority),
        groups,
        only,
        [*subject.notes, *notes],
    )


def _decisions(
    pictures: Pictures, tagged: Sequence[Tagged], majority: NDArray[np.bool_]
) -> list[Decision]:
    figures = [
        evaluate(
            pictures.labels,
            pictures.targets,
            pictures.scores,
            some.tags,
            majority=majority,
            thresholds=some.thresholds,
            known=pictures.known,
            in_sample=some.in_sample,
        )
        for some in tagged
    ]
    intervals = bootstrap_each(
        pictures.targets, [some.tags for some in tagged], pictures.scores, known=pictures.known
    )
    return [
        Decision(some.key, some.title, some.tags, some.thresholds, found, bounds)
        for some, found, bounds in zip(tagged, figures, intervals, strict=True)
    ]

"""Figures of subgroups: the pictures with each value of a column. They show which are hard."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import correct_predictions, exact_match, fbeta
from tagonaut.errors import TagonautError, nearest
from tagonaut.reports.evaluate.evaluated import Selection

MOST = 200
"""The most values of a column that are shown; of more, half are the hardest, half the largest."""


def figures_by_columns(
    wanted: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """``figures_by_value`` of each wanted column, and a note on columns with too many values.

    Raises ``TagonautError`` where there is no such column.
    """
    found, notes = {}, []
    for name in wanted:
        if name not in columns:
            there = ", ".join(columns) or "none"
            raise TagonautError(
                f"there is no column {nearest(name, list(columns))} besides the labels to make "
                f"subgroups of (there is {there})"
            )
        values = ["" if value is None else str(value) for value in columns[name]]
        found[name] = figures_by_value(values, targets, tags, known)
        notes += note_on_values(name, values)
    return found, notes


def figures_of_selection(
    selection: Selection,
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> dict[str, Any]:
    """The figures of pictures that a file chose: together, and of each value of its column."""
    named, chosen = selection
    return {
        "file": str(named.file),
        "named": len(named.names),
        "missing": list(chosen.missing),
        "all": value_figures(targets, tags, known),
        "column": named.column,
        "values": figures_by_value(chosen.values, targets, tags, known) if named.column else [],
    }


def note_on_values(column: str, values: Sequence[str]) -> list[str]:
    """A note if the column has more than ``MOST`` values, so that some are not shown."""
    count = len(set(values))
    if count <= MOST:
        return []
    return [
        f"{column} has {count:,} values: {MOST} are shown, the {MOST // 2} hardest and, of the"
        " others, those with the most pictures"
    ]


def figures_by_value(
    values: Sequence[str],
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """The figures of the pictures of each of ``values[n]``, the hardest value first.

    The hardest has the fewest points per picture (``deciding.correct_predictions``). Of more than
    ``MOST`` values, half are the hardest and half the largest of the others.
    """
    different, which = np.unique(np.array(values, dtype=object), return_inverse=True)
    counts = np.bincount(which, minlength=len(different))
    rows = np.split(np.argsort(which, kind="stable"), np.cumsum(counts)[:-1])
    shown = list(range(len(different)))
    if len(different) > MOST:
        shown = _shown(_shares(which, targets, tags, known), counts)
    figures = [
        {"value": str(different[at]), **value_figures(targets[here], tags[here], known[here])}
        for at in shown
        for here in [rows[at]]
    ]
    return sorted(figures, key=lambda row: 1.0 if row["share"] is None else row["share"])


def _shown(shares: NDArray[np.float64], counts: NDArray[np.intp]) -> list[int]:
    """The values with the lowest shares, of equal ones the largest, and then the largest."""
    hardest = np.lexsort((-counts, shares))
    rest = hardest[MOST // 2 :]
    largest = rest[np.argsort(-counts[rest], kind="stable")][: MOST - MOST // 2]
    return sorted([*hardest[: MOST // 2].tolist(), *largest.tolist()])


def _shares(
    which: NDArray[np.intp],
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """The points per picture of each value; infinite where nothing is known."""
    cells = known.sum(axis=1)
    right = (((targets == 1) == tags) & known).sum(axis=1)
    points = np.bincount(which, weights=right / np.maximum(cells, 1))
    pictures = np.bincount(which, weights=cells > 0)
    return np.where(pictures > 0, points / np.maximum(pictures, 1), np.inf)


def value_figures(
    targets: NDArray[np.uint8], tags: NDArray[np.bool_], known: NDArray[np.bool_]
) -> dict[str, Any]:
    """Exact match, macro F1, correct predictions and their share; None where nothing is known.

    Macro F1 is over the labels that any of these pictures has or is given: of few pictures, most
    labels may have none.
    """
    present = (((targets == 1) | (tags == 1)) & known).any(axis=0)
    defined = bool(known.any())
    correct = correct_predictions(targets, tags, known=known)
    scores = fbeta(targets, tags, 1, known=known)[present]
    return {
        "pictures": correct.pictures,
        "exact_match": exact_match(targets, tags, known=known) if defined else None,
        "macro_f1": float(scores.mean()) if present.any() else None,
        "correct": correct.points,
        "share": correct.share if defined else None,
    }

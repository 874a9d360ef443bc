"""Which pictures are hard: the figures of each value of a column."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.only import Chosen, Only
from tagonaut.deciding import correct_predictions, exact_match, fbeta
from tagonaut.errors import TagonautError, nearest


def figures_by_columns(
    wanted: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> dict[str, list[dict[str, Any]]]:
    """``figures_by_value`` of each wanted column; ``TagonautError`` where there is no such one."""
    found = {}
    for name in wanted:
        if name not in columns:
            there = ", ".join(columns) or "none"
            raise TagonautError(
                f"there is no column {nearest(name, list(columns))} beside the labels to tell"
                f" pictures apart by (there is {there})"
            )
        values = ["" if value is None else str(value) for value in columns[name]]
        found[name] = figures_by_value(values, targets, tags, known)
    return found


def figures_of_chosen(
    named: Only,
    chosen: Chosen,
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> dict[str, Any]:
    """What is said of pictures that a file chose: together, and of each value of its column."""
    return {
        "file": str(named.file),
        "named": len(named.names),
        "missing": list(chosen.missing),
        "all": value_figures(targets, tags, known),
        "column": named.column,
        "values": figures_by_value(chosen.values, targets, tags, known) if named.column else [],
    }


def figures_by_value(
    values: Sequence[str],
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """The figures of the pictures of each of ``values[n]``, the hardest value first.

    That is the one with the fewest points a picture (``deciding.correct_predictions``).
    """
    of = np.array(values)
    rows = [
        {"value": str(value), **value_figures(targets[here], tags[here], known[here])}
        for value in np.unique(of)
        for here in [of == value]
    ]
    return sorted(rows, key=lambda row: 1.0 if row["share"] is None else row["share"])


def value_figures(
    targets: NDArray[np.uint8], tags: NDArray[np.bool_], known: NDArray[np.bool_]
) -> dict[str, Any]:
    """Exact match, macro F1, correct predictions and their share; None where nothing is known.

    Macro F1 is over the labels that any of these pictures has or is given: of few pictures, most
    labels may have none.
    """
    present = (((targets == 1) | (tags == 1)) & known).any(axis=0)
    judged = bool(known.any())
    correct = correct_predictions(targets, tags, known=known)
    scores = fbeta(targets, tags, 1, known=known)[present]
    return {
        "pictures": correct.pictures,
        "exact_match": exact_match(targets, tags, known=known) if judged else None,
        "macro_f1": float(scores.mean()) if present.any() else None,
        "correct": correct.points,
        "share": correct.share if judged else None,
    }

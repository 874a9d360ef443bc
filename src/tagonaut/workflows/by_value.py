"""Which pictures are hard: the figures of each value of a column."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import correct_predictions, exact_match, fbeta


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

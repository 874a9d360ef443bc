"""Confused labels: which wrong label is predicted in place of a missed one."""

from typing import Any

import numpy as np

from tagonaut.deciding import label_confusion
from tagonaut.reports.evaluate.evaluated import Evaluated

MOST_PAIRS, MOST_LABELS = 20, 20
"""Pairs that are listed; rows, and columns, of the table."""


def confusion(evaluated: Evaluated) -> dict[str, Any]:
    """The most frequent pairs, and the table of the labels in the most of them.

    ``left``: whether labels that are confused had to be left out of the table.
    """
    pictures, tags = evaluated.pictures, evaluated.main.tags
    names, targets, known = pictures.labels, pictures.targets, pictures.known
    found = label_confusion(targets, tags, known=known)
    missed = ((targets == 1) & ~tags & known).sum(axis=0).tolist()
    order = np.argsort(-found, axis=None, kind="stable")[: min(MOST_PAIRS, (found > 0).sum())]
    cells = [divmod(cell, len(names)) for cell in order.tolist()]
    rows, columns = (_heaviest(found.sum(axis=axis)) for axis in (1, 0))
    top = int(found.max(initial=0))
    return {
        "pairs": [
            {
                "missed": names[i],
                "predicted": names[j],
                "pictures": int(found[i, j]),
                "of": missed[i],
            }
            for i, j in cells
        ],
        "all_pairs": int((found > 0).sum()),
        "columns": [names[j] for j in columns],
        "rows": [
            {
                "missed": names[i],
                "cells": [
                    {
                        "predicted": names[j],
                        "pictures": int(found[i, j]),
                        "shade": round(float(found[i, j] / top) ** 0.6 * 0.6, 3),
                        "own": i == j,
                    }
                    for j in columns
                ],
            }
            for i in rows
        ],
        "left": bool(found.any(axis=1).sum() > len(rows) or found.any(axis=0).sum() > len(columns)),
    }


def _heaviest(totals: Any) -> list[int]:
    """The labels with the highest totals above 0, in their own order."""
    heaviest = np.argsort(-totals, kind="stable")[:MOST_LABELS]
    return sorted(int(k) for k in heaviest if totals[k])

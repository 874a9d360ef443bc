"""Finds the training pictures that have a rare label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RARE = 0.05
"""A label is rare if a smaller share of its known training pictures have it."""


def rare_strength(
    targets: NDArray[Any], known: NDArray[np.bool_], rows: NDArray[np.intp], factor: float
) -> NDArray[np.float32]:
    """``strength[len(rows)]``: ``factor`` for pictures with a rare label, otherwise 1.

    ``rows`` are the training rows of ``targets[n, k]`` (0 or 1) and ``known[n, k]``.
    """
    seen = known[rows].astype(bool)
    has = (targets[rows] > 0) & seen
    rare = has.sum(axis=0) < RARE * seen.sum(axis=0)
    return np.where((has & rare).any(axis=1), factor, 1).astype(np.float32)

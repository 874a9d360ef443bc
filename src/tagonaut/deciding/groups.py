"""Exclusive groups: exactly one label of each holds."""

from collections.abc import Sequence

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask


def one_of_each(tags: Mask, margins: Floats, groups: Sequence[Sequence[int]]) -> Mask:
    """``tags[n, k]`` with exactly one tag in each group of columns, that of the highest margin.

    ``margins[n, k]``: how far a label is above its threshold; the first of equal ones is taken.
    Columns in no group stay as they are.
    """
    joint = tags.copy()
    for group in groups:
        columns = list(group)
        best = margins[:, columns].argmax(axis=1)
        joint[:, columns] = np.eye(len(columns), dtype=np.bool_)[best]
    return joint

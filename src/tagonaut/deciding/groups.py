"""Exclusive groups: of each exactly one label holds."""

from collections.abc import Sequence

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask


def one_of_each(tags: Mask, margins: Floats, groups: Sequence[Sequence[int]]) -> Mask:
    """``tags[n, k]`` in which of each group of columns just the one of highest margin is tagged.

    ``margins[n, k]``: how far a label is above its bar; the first of equal ones is taken. Columns
    in no group stay as they are.
    """
    joint = tags.copy()
    for group in groups:
        columns = list(group)
        best = margins[:, columns].argmax(axis=1)
        joint[:, columns] = np.eye(len(columns), dtype=np.bool_)[best]
    return joint

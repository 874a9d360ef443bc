"""What can be said of every picture without looking at it, from the targets alone.

Take them from the training targets: taken from the pictures that they are judged on, a baseline
would have seen the answers. Targets and ``known`` are those of ``deciding.metrics``.
"""

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats, Mask, check_targets


def majority(targets: ArrayLike, *, known: ArrayLike | None = None) -> Mask:
    """The tags ``bool[k]`` that the naive majority classifier gives to every picture.

    A label is tagged where more than half of its known targets are 1.
    """
    positive, mask = check_targets(targets, known)
    return 2 * positive.sum(axis=0) > mask.sum(axis=0)


def prior(targets: ArrayLike, *, known: ArrayLike | None = None) -> Floats:
    """The scores ``float64[k]`` in [0, 1] of a model that sees nothing: each label's frequency.

    The share of its known targets that are 1; 0 where none is known.
    """
    positive, mask = check_targets(targets, known)
    return positive.sum(axis=0) / np.maximum(mask.sum(axis=0), 1)

"""The majority baseline: every picture gets the labels that most training pictures have.

Take it from the training targets: taken from the evaluated pictures, it would have seen the
answers. Targets and ``known`` are those of ``deciding.metrics``.
"""

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Mask, check_targets


def majority(targets: ArrayLike, *, known: ArrayLike | None = None) -> Mask:
    """The tags ``bool[k]`` that the naive majority classifier gives to every picture.

    A label is tagged where more than half of its known targets are 1.
    """
    positive, mask = check_targets(targets, known)
    return 2 * positive.sum(axis=0) > mask.sum(axis=0)

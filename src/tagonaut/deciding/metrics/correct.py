"""Correct predictions, with part of a point for a partly right picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import check_tags, check_targets


class Correct(NamedTuple):
    """``points`` of ``pictures``: 487.5 of 548."""

    points: float
    pictures: int

    @property
    def share(self) -> float:
        """Points per picture, in [0, 1]; NaN without pictures."""
        return self.points / self.pictures if self.pictures else float("nan")


def correct_predictions(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None
) -> Correct:
    """Each picture gives the share of its known labels that are right: 1 if all are, 0 if none is.

    With two labels these are 1, half a point and 0, and the sum may end in a half. With k known
    labels a picture has a point less ``1 / k`` for each label that is missing or one too many, so
    that the sum over all is the number of pictures times one less the Hamming loss (averaged over
    the pictures). ``targets[n, k]``, ``tags[n, k]`` and ``known[n, k]`` are those of
    ``deciding.metrics``, as are its errors; a picture with no known label does not count.
    """
    positive, mask = check_targets(targets, known)
    right = (positive == check_tags(tags, mask.shape)) & mask
    judged = mask.any(axis=1)
    points = right[judged].sum(axis=1) / mask[judged].sum(axis=1)
    return Correct(float(np.sum(points)), int(judged.sum()))

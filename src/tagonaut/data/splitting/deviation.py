"""Measures how far the shares of labels differ between the splits of a data set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting.splits import SPLITS, UNUSED


@dataclass(frozen=True)
class Deviation:
    """Each label's share in each of p ``parts`` against its share in all of them together.

    ``pictures[p]`` counts the pictures, ``positives[k, p]`` those with each label. ``shares[k, p]``
    is the share of positives among the pictures whose label is known (NaN if there is none), and
    ``whole[k]`` the same over all parts.
    """

    parts: tuple[str, ...]
    pictures: NDArray[np.intp]
    positives: NDArray[np.intp]
    shares: NDArray[np.float64]
    whole: NDArray[np.float64]

    @property
    def absolute(self) -> NDArray[np.float64]:
        """The largest difference of a part's share from the whole's, ``[k]``; NaN: none known."""
        return np.fmax.reduce(np.abs(self.shares - self.whole[:, None]), axis=1)

    @property
    def relative(self) -> NDArray[np.float64]:
        """``absolute`` as a fraction of the whole's share; NaN for a label that no picture has."""
        return self.absolute / np.where(self.whole > 0, self.whole, np.nan)


def measure_deviation(
    positives: NDArray[np.bool_],
    known: NDArray[np.bool_],
    splits: NDArray[np.str_] | NDArray[np.intp],
) -> Deviation:
    """Compare the labels' shares in the parts that ``splits[n]`` (split names or folds) names.

    ``positives[n, k]`` count only where ``known[n, k]``; pictures of the split ``unused`` or of the
    fold -1 do not count.
    """
    named = [str(part) for part in np.unique(splits)]
    parts = [part for part in SPLITS if part in named] or sorted({*named} - {UNUSED, "-1"}, key=int)
    inside = np.stack([splits.astype(str) == part for part in parts]).astype(np.intp)
    positive = (inside @ (positives & known)).T
    counted = (inside @ known).T
    with np.errstate(invalid="ignore"):
        shares = positive / counted
        whole = positive.sum(axis=1) / counted.sum(axis=1)
    return Deviation(tuple(parts), inside.sum(axis=1), positive, shares, whole)

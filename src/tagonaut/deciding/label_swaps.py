"""Corrections that leave exactly one label of each exclusive group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ALONE = -1


def with_swaps(
    chosen: NDArray[np.bool_],
    targets: NDArray[np.uint8],
    known: NDArray[np.bool_],
    quality: NDArray[np.float64],
    groups: Sequence[Sequence[int]],
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """The cells to correct in place of ``chosen[n, k]``, and the column of each one's partner.

    ``quality[n, k]``: the chance that the value given is right, NaN where it is unknown; ``groups``
    are of columns. Where a cell of a group is chosen, the label that is given and the likeliest
    other become partners, if that other is the likelier of the two: either alone would leave no
    label of the group, or two. A picture without a label of the group gets the likeliest; a picture
    with several loses all chosen ones but the likeliest. Cells that stand for themselves have the
    partner -1.
    """
    result, partners = chosen.copy(), np.full(chosen.shape, ALONE, dtype=np.intp)
    chance = np.where(targets == 1, quality, 1 - quality)
    for group in groups:
        columns = np.asarray(group, dtype=np.intp)
        rows = np.flatnonzero(chosen[:, columns].any(axis=1))
        result[np.ix_(rows, columns)] = False
        for row in rows:
            judged = columns[known[row, columns] & np.isfinite(chance[row, columns])]
            by_chance = judged[np.argsort(-chance[row, judged], kind="stable")]
            others = by_chance[targets[row, by_chance] == 0]
            given = columns[known[row, columns] & (targets[row, columns] == 1)]
            if len(given) > 1:
                stays = by_chance[targets[row, by_chance] == 1][:1]
                result[row, given] = chosen[row, given] & ~np.isin(given, stays)
            elif not len(others):
                continue
            elif not len(given):
                result[row, others[0]] = True
            elif chance[row, others[0]] > chance[row, given[0]]:
                pair = np.array([given[0], others[0]])
                result[row, pair], partners[row, pair] = True, pair[::-1]
    return result, partners

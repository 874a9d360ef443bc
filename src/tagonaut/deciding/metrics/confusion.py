"""Confused labels: which wrong label is predicted in place of a missed one."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import check_tags, check_targets

# As many ones as this are counted exactly in float32, whose matrix product is the fastest.
BLOCK_ROWS = 2**16


def label_confusion(
    targets: ArrayLike, tags: ArrayLike, *, known: ArrayLike | None = None
) -> NDArray[np.int64]:
    """``int64[k, k]``: how many pictures have label i, missed, and were wrongly given label j.

    The diagonal is 0. A picture with several missed and several wrong labels counts in each pair of
    them, one with only missed or only wrong labels in none, and a cell that is not known is neither
    missed nor wrong. Arrays and errors as in ``deciding.metrics``.
    """
    positive, mask = check_targets(targets, known)
    tagged = check_tags(tags, mask.shape)
    pairs = np.zeros((mask.shape[1],) * 2, dtype=np.int64)
    for start in range(0, len(mask), BLOCK_ROWS):
        some = slice(start, start + BLOCK_ROWS)
        missed = positive[some] & ~tagged[some]
        wrong = tagged[some] & mask[some] & ~positive[some]
        both = missed.any(axis=1) & wrong.any(axis=1)
        product = missed[both].T.astype(np.float32) @ wrong[both].astype(np.float32)
        pairs += product.astype(np.int64)
    return pairs

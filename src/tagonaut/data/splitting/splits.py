"""The names of the splits, and the words by which folders, tables, lists and VOC call them."""

import re

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError

SPLITS = ("train", "validation", "test")
UNUSED = "unused"

_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "development"),
    "test": ("test", "testing", "holdout", "heldout"),
    UNUSED: (UNUSED,),
}
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}


def split_named(word: str) -> str | None:
    """The split that a word means, such as ``Val`` or ``hold-out``; None if it means none."""
    return _SPLIT_OF.get(re.sub(r"[\s_-]", "", word).casefold())


def held_out(folds: NDArray[np.intp], fold: int) -> NDArray[np.str_]:
    """The splits of one fold of cross-validation: ``fold`` is the test split, the next validates.

    ``folds[n]``: from 0, -1 for pictures that are not used. Raises ``TagonautError`` for fewer than
    three folds, and for a ``fold`` that is not one of them.
    """
    k = int(folds.max(initial=-1)) + 1
    if not 0 <= fold < k or k < 3:
        raise TagonautError(
            f"fold {fold} of {k}: a split of train, validation and test needs three folds or more,"
            " counted from 0"
        )
    result = np.full(len(folds), "train", dtype="<U10")
    result[folds == fold] = "test"
    result[folds == (fold + 1) % k] = "validation"
    result[folds < 0] = UNUSED
    return result

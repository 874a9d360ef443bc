"""Checks whether a split can be used for training and evaluation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SPLITS, SplitTable
from tagonaut.errors import DataError

if TYPE_CHECKING:
    from tagonaut.learning.recipes import Recipe


def check_splits(table: SplitTable, recipe: "Recipe", faults: Sequence[str]) -> None:
    """Raise ``DataError`` for a split without pictures; ``faults``: why some were left out."""
    for part in SPLITS:
        if not len(table.rows(part)):
            raise DataError(f"no readable {part} picture is left", faults)
        if not table.known[table.rows(part)].any():
            raise DataError(f"no {part} picture has a known label", faults)
    if not table.known[new_test_rows(table)].any():
        raise DataError(
            "every test picture is a byte-identical copy of one in another split, or has no "
            "known label: nothing is left to evaluate",
            faults,
        )
    if recipe.forest is None and len(table.rows("train")) < 2:
        raise DataError("a network needs at least two training pictures", faults)


def check_folds(table: SplitTable, folds: int, recipe: "Recipe", faults: Sequence[str]) -> None:
    """Raise ``DataError`` for a fold, or the training pictures beside it, if they are too few."""
    for fold in range(folds):
        rows = table.folds == fold
        if not table.known[rows].any():
            raise DataError(
                f"fold {fold + 1} of {folds} has no readable picture with a known label: use "
                "fewer folds",
                faults,
            )
        others = (table.folds >= 0) & ~rows & (table.folds != (fold + 1) % folds)
        if recipe.forest is None and others.sum() < 2:
            raise DataError(
                f"one of {folds} folds leaves {others.sum()} picture to learn from, but a network "
                "needs at least two",
                faults,
            )


def with_their_copies(contents: Sequence[object], parts: NDArray[Any]) -> NDArray[Any]:
    """``parts[n]``, splits or folds, in which files of the same bytes follow the first of them."""
    first: dict[object, int] = {}
    return parts[[first.setdefault(content, row) for row, content in enumerate(contents)]]


def new_test_rows(table: SplitTable) -> NDArray[np.intp]:
    """The test pictures that are not byte for byte pictures of another split."""
    rows = table.rows(SPLITS[2])
    others = {table.hashes[row] for part in SPLITS[:2] for row in table.rows(part)}
    return rows[[table.hashes[row] not in others for row in rows]]


def leak_notes(table: SplitTable) -> tuple[str, ...]:
    """A note on test pictures that are copies of pictures in another split."""
    leaked = np.setdiff1d(table.rows(SPLITS[2]), new_test_rows(table))
    if not len(leaked):
        return ()
    return (
        f"{len(leaked):,} test pictures are byte-identical copies of pictures in another split, "
        f"the first: {table.ids[leaked[0]]}: they are not used for evaluation",
    )

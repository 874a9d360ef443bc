"""Whether a split can be learned from and judged by, and what looks wrong with it."""

from collections.abc import Sequence

from tagonaut.data.splits import SPLITS
from tagonaut.errors import DataError
from tagonaut.learning.recipes import Recipe
from tagonaut.workflows.split_table import SplitTable


def check_splits(table: SplitTable, recipe: Recipe, faults: Sequence[str]) -> None:
    """Raises ``DataError`` for a split without pictures; ``faults``: why some were left out."""
    for part in SPLITS:
        if not len(table.rows(part)):
            raise DataError(f"no {part} picture is left of those that can be read", faults)
        if not table.known[table.rows(part)].any():
            raise DataError(f"of no {part} picture any label is known", faults)
    if recipe.forest is None and len(table.rows("train")) < 2:
        raise DataError("a network learns from two training pictures at least", faults)


def check_folds(table: SplitTable, folds: int, recipe: Recipe, faults: Sequence[str]) -> None:
    """Raises ``DataError`` for a fold, or what a fold leaves to learn from, without pictures."""
    for fold in range(folds):
        rows = table.folds == fold
        if not table.known[rows].any():
            raise DataError(
                f"fold {fold + 1} of {folds} holds no picture that can be read and of which any"
                " label is known: take fewer folds",
                faults,
            )
        others = (table.folds >= 0) & ~rows & (table.folds != (fold + 1) % folds)
        if recipe.forest is None and others.sum() < 2:
            raise DataError(
                f"of {folds} folds one leaves {others.sum()} picture to learn from: a network"
                " learns from two at least",
                faults,
            )


def leak_notes(table: SplitTable) -> tuple[str, ...]:
    """What is told of copies that stand on both sides of a split, or in two folds."""
    judged = {part: {table.hashes[row] for row in table.rows(part)} for part in SPLITS}
    leaked = [row for row in table.rows("test")
              if table.hashes[row] in judged["train"] | judged["validation"]]  # fmt: skip
    told = []
    if leaked:
        told.append(
            f"{len(leaked):,} test pictures are byte for byte pictures of another split, the first:"
            f" {table.ids[leaked[0]]} (--group-by near keeps such pictures together)"
        )
    fold_of: dict[str, int] = {}
    apart = [row for row, (content, fold) in enumerate(zip(table.hashes, table.folds, strict=True))
             if fold >= 0 and fold_of.setdefault(content, fold) != fold]  # fmt: skip
    if apart:
        told.append(
            f"{len(apart):,} pictures are byte for byte pictures of another fold, the first:"
            f" {table.ids[apart[0]]} (--group-by near keeps such pictures together)"
        )
    return tuple(told)

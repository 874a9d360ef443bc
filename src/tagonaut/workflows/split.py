"""A data set split once, for every training that is to be compared."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import Deviation, group_by, measure_deviation
from tagonaut.data.splitting import folds as assign_folds
from tagonaut.data.splitting import split as assign_splits
from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable


@dataclass(frozen=True)
class Split:
    """``splits[n]`` (split names, or fold numbers) of a data set, and how alike they are.

    ``groups``: how many groups of two pictures or more there are, and ``largest`` the ids of the
    one with most; None and empty if nothing was grouped.
    """

    dataset: Dataset
    splits: NDArray[np.str_] | NDArray[np.intp]
    deviation: Deviation
    groups: int | None
    largest: tuple[str, ...]
    notes: tuple[str, ...]

    def write(self, file: Path) -> None:
        """``id,split`` or ``id,fold`` as CSV; pictures that are not used have an empty fold."""
        name = "split" if self.splits.dtype.kind == "U" else "fold"
        cells = ["" if cell == "-1" else cell for cell in self.splits.astype(str).tolist()]
        try:
            with file.open("w", newline="", encoding="utf-8") as table:
                writer = csv.writer(table, lineterminator="\n")
                writer.writerow(["id", name])
                writer.writerows(zip(self.dataset.ids, cells, strict=True))
        except OSError as error:
            raise TagonautError(f"{file}: cannot be written ({error.strerror})") from None


def split(
    dataset: Dataset,
    parts: str = "60/20/20",
    *,
    folds: str | None = None,
    by: str | None = None,
    seed: int = 0,
    stratify: bool = True,
    in_order: bool = False,
) -> Split:
    """Split a data set into ``parts``, or into ``folds`` where they are asked for.

    ``by``: what belongs together, see ``tagonaut.data.splitting.groups.group_by``; the others as in
    ``tagonaut.data.splitting.splits``. Raises ``TagonautError``.
    """
    notes: list[str] = []
    groups = None
    if by is not None:
        with stoppable("Stopping; what was read of the pictures is kept") as stop:
            groups = group_by(dataset, by, tell=notes.append, stop=stop)
    splits: NDArray[np.str_] | NDArray[np.intp]
    if folds is None:
        splits = assign_splits(
            dataset,
            parts,
            seed=seed,
            stratify=stratify,
            in_order=in_order,
            groups=groups,
            tell=notes.append,
        )
    else:
        splits = assign_folds(
            dataset, folds, seed=seed, stratify=stratify, groups=groups, tell=notes.append
        )
    alike = measure_deviation(dataset.targets > 0, dataset.known, splits)
    sizes = np.bincount(groups) if groups is not None else np.zeros(1)
    largest = np.flatnonzero(groups == sizes.argmax()).tolist() if sizes.max() > 1 else []
    return Split(
        dataset,
        splits,
        alike,
        None if groups is None else int((sizes > 1).sum()),
        tuple(dataset.ids[row] for row in largest),
        tuple(notes),
    )

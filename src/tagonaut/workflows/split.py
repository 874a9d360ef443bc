"""Splits a data set once, for all trainings that are to be compared."""

import csv
import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import Deviation, group_by, measure_deviation
from tagonaut.data.splitting import folds as assign_folds
from tagonaut.data.splitting import split as assign_splits
from tagonaut.data.text import formula_notes
from tagonaut.errors import TagonautError
from tagonaut.files.out_file import file_written_whole
from tagonaut.interrupts import stoppable


@dataclass(frozen=True)
class Split:
    """``splits[n]`` (split names, or fold numbers) of a data set, and the deviation of the labels.

    ``groups`` counts the groups of two pictures or more, and ``largest`` holds the ids of the
    largest; None and empty if nothing was grouped.
    """

    dataset: Dataset
    splits: NDArray[np.str_] | NDArray[np.intp]
    deviation: Deviation
    groups: int | None
    largest: tuple[str, ...]
    notes: tuple[str, ...]

    def write(self, file: Path) -> None:
        """Write ``id,split`` or ``id,fold`` as CSV; unused pictures have an empty fold.

        The table appears whole or not at all. It replaces an earlier split, and no other file: see
        ``check_out``.
        """
        check_out(file)
        name = "split" if self.splits.dtype.kind == "U" else "fold"
        cells = ["" if cell == "-1" else cell for cell in self.splits.astype(str).tolist()]
        with (
            nullcontext(file) if _is_stream(file) else file_written_whole(file) as new,
            new.open("w", newline="", encoding="utf-8") as table,
        ):
            writer = csv.writer(table, lineterminator="\n")
            writer.writerow(["id", name])
            writer.writerows(zip(self.dataset.ids, cells, strict=True))


def check_out(file: Path) -> None:
    """Raise ``TagonautError`` for a place where no split can be written, or another file is."""
    try:
        if file.is_dir():
            raise TagonautError(f"{file} is a folder: --out names a file")
        if not file.parent.is_dir():
            raise TagonautError(f"{file}: cannot be written (there is no folder {file.parent})")
        if not os.path.lexists(file) or _is_stream(file):
            return
        with file.open("rb") as opened:
            first = opened.readline(64).strip()
    except OSError as error:
        raise TagonautError(f"{file}: cannot be written ({error.strerror})") from None
    if first and first not in {b"id,split", b"id,fold"}:
        raise TagonautError(f"{file} exists already and is not a split: choose another --out")


def _is_stream(file: Path) -> bool:
    """Whether it is a device or a pipe, such as ``/dev/stdout``, which nothing can replace."""
    return file.exists() and not file.is_file()


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
    """Split a data set into ``parts``, or into ``folds`` if they are given.

    ``by`` keeps pictures together, see ``tagonaut.data.splitting.group_by``; for the others see
    ``split`` and ``folds`` there. Raises ``TagonautError``.
    """
    notes: list[str] = []
    groups = None
    if by is not None:
        with stoppable("Stopping; the pictures read so far are kept in the cache") as stop:
            groups = group_by(dataset, by, report=notes.append, stop=stop)
    splits: NDArray[np.str_] | NDArray[np.intp]
    if folds is None:
        splits = assign_splits(
            dataset,
            parts,
            seed=seed,
            stratify=stratify,
            in_order=in_order,
            groups=groups,
            report=notes.append,
        )
    else:
        splits = assign_folds(
            dataset, folds, seed=seed, stratify=stratify, groups=groups, report=notes.append
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
        (*notes, *formula_notes(dataset.ids)),
    )

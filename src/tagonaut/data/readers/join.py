"""Rows of labels find their picture files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.pictures import PictureIndex
from tagonaut.data.readers.labelled import Labelled
from tagonaut.errors import DataError

Missing = Literal["error", "skip", "keep"]


def join(labelled: Labelled, place: Path, missing: Missing) -> Dataset:
    """The data set of the rows, their pictures found by name in ``place`` (a folder, or a list).

    ``missing``: a row without picture is an error, left out and told, or kept with the path where
    it would be. Identical rows of one picture are merged; raises ``DataError`` for contradicting
    ones, and for a name of several files (with ``keep``, the first is taken and that is told).
    """
    import polars as pl

    notes, others = [*labelled.notes], []
    if labelled.paths is None:
        index = PictureIndex.of(place)
        found = _find(labelled, index, place, missing, notes)
        # By their text: a path that is hashed keeps a second copy of its parts.
        used = {str(path) for path in found.values()}
        others = [path for path in index.all() if str(path) not in used]
    else:
        found = dict(enumerate(labelled.paths))
    rows = _merge(labelled, found)
    if len(rows) < len(found):
        notes.append(f"{labelled.source.name}: {len(found) - len(rows):,} duplicate rows merged")
    columns = pl.DataFrame({name: list(cells) for name, cells in labelled.columns.items()})
    return Dataset(
        tuple(labelled.ids[row] for row in rows),
        tuple(found[row] for row in rows),
        labelled.targets[rows],
        labelled.known[rows],
        labelled.labels,
        columns[rows] if columns.width else columns,
        tuple(notes),
        labelled.mentions,
        tuple(others),
    )


def _find(
    labelled: Labelled, index: PictureIndex, place: Path, missing: Missing, notes: list[str]
) -> dict[int, Path]:
    found: dict[int, Path] = {}
    root = place if place.is_dir() else place.parent
    absent, several = [], []
    for row, name in enumerate(labelled.ids):
        files = index.find(name)
        if len(files) > 1:
            listed = ", ".join(str(path) for path in files)
            several.append(
                f"{labelled.places[row]}: {name!r} is the name of {len(files)} files: {listed}"
            )
        if files:
            found[row] = files[0]
            continue
        absent.append(f"{labelled.places[row]}: no picture {name!r}")
        if missing == "keep":
            found[row] = root / name
    if several and missing != "keep":
        raise DataError(
            f"{labelled.source}: {len(several):,} names of several files"
            " (--images says in which folder they are)",
            several,
        )
    if several:
        notes.append(f"{len(several):,} names of several files; the first: {several[0]}")
    if absent and missing == "error":
        raise DataError(
            f"{labelled.source}: {len(absent):,} of {len(labelled.ids):,} pictures are not below"
            f" {place} (say where they are with --images, or --missing skip to leave them out)",
            absent,
        )
    if not found:
        raise DataError(f"{labelled.source}: nothing is left: no picture is below {place}")
    if absent and missing == "skip":
        notes.append(f"{len(absent):,} rows without picture left out, the first: {absent[0]}")
    return found


def _merge(labelled: Labelled, found: dict[int, Path]) -> Sequence[int]:
    """One row a picture."""
    first: dict[str, int] = {}
    faults = []
    for row, path in found.items():
        before = first.setdefault(str(path), row)
        same = np.array_equal(labelled.targets[row], labelled.targets[before]) and np.array_equal(
            labelled.known[row], labelled.known[before]
        )
        if not same:
            where, earlier = labelled.places[row], labelled.places[before]
            faults.append(f"{where}: {labelled.ids[row]!r} contradicts its row at {earlier}")
    if faults:
        raise DataError(f"{labelled.source}: duplicate rows contradict each other", faults)
    return list(first.values())

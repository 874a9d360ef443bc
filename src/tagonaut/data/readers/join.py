"""Joins rows of labels with their picture files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.picture_names import ambiguity
from tagonaut.data.pictures import PictureIndex
from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.reading import Missing
from tagonaut.errors import DataError


def join(labelled: Labelled, place: Path, missing: Missing) -> Dataset:
    """The data set of the rows, their pictures found by name in ``place`` (a folder, or a list).

    A row without a picture is handled as ``missing`` says, see ``Reading``. Identical rows of one
    picture are merged. Raises ``DataError`` for rows that contradict each other, and for a name of
    several files (with ``keep``, the first is taken and a note says so).
    """
    import polars as pl

    notes, others = [*labelled.notes], []
    if labelled.paths is None:
        index = PictureIndex.of(place)
        found = _find(labelled, index, place, missing, notes)
        # By their text: a path that is hashed keeps a second copy of its parts.
        used = {str(path) for path in found.values()}
        others = [path for path in index.paths if str(path) not in used]
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
    """The file of each row that is kept."""
    found: dict[int, Path] = {}
    root = place if place.is_dir() else place.parent
    absent, several = [], []
    for row, name in enumerate(labelled.ids):
        files = index.find(name)
        if len(files) > 1:
            fault = ambiguity(name, [str(path) for path in files], "files")
            several.append(f"{labelled.places[row]}: {fault}")
        if files:
            found[row] = files[0]
            continue
        absent.append(f"{labelled.places[row]}: no picture {name!r}")
        if missing == "keep":
            found[row] = root / name
    if several and missing != "keep":
        raise DataError(
            f"{labelled.source}: {len(several):,} names match several files (--images chooses the "
            "folder to search)",
            several,
        )
    if several:
        notes.append(f"{len(several):,} names match several files; the first: {several[0]}")
    if absent and missing == "error":
        raise DataError(
            f"{labelled.source}: {len(absent):,} of {len(labelled.ids):,} pictures are not in "
            f"{place} or its sub-folders (--images chooses the folder to search, --missing skip "
            "leaves them out)",
            absent,
        )
    if not found:
        raise DataError(f"{labelled.source}: none of the pictures is in {place} or its sub-folders")
    if absent and missing == "skip":
        notes.append(f"{len(absent):,} rows without a picture left out, the first: {absent[0]}")
    return found


def _merge(labelled: Labelled, found: dict[int, Path]) -> Sequence[int]:
    """One row for each picture; raises ``DataError`` for rows that contradict each other."""
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

"""Labelled pictures of any kind, recognised by looking."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.keywords import read_keyword_folder
from tagonaut.data.pictures import PictureIndex
from tagonaut.data.tables import Labelled, read_labelled_table
from tagonaut.errors import DataError, TagonautError

Unlabelled = Literal["skip", "negative"]
Missing = Literal["error", "skip"]


def read(
    source: str | Path,
    images: str | Path | None = None,
    *,
    labels: Sequence[str] | None = None,
    min_count: int = 10,
    unlabelled: Unlabelled | None = None,
    missing: Missing = "error",
    delimiter: str | None = None,
) -> Dataset:
    """Read labelled pictures: a table (tags in a column, or a column a label) or tagged photos.

    ``source``: a CSV file, whose pictures are found below ``images`` (default: beside it), or a
    folder of photos that hold keywords. ``labels`` declares the labels: of a table exactly those,
    of photos those among their keywords; without it, all of a table's, and of photos the keywords
    that at least ``min_count`` photos have. ``unlabelled``: a picture without any of the labels is
    unknown (``skip``, what photos default to) or a true negative (``negative``, tables).
    ``missing``: a row without picture is an error, or left out and told. ``delimiter``: between
    the tags of a cell, where looking would err.

    Raises ``DataError`` with a line a fault: file, line, column and what is wrong.
    """
    source = Path(source)
    if source.is_dir():
        if images is not None:
            raise TagonautError(
                f"{source} is a folder of photos: a picture folder fits a table only"
            )
        dataset = read_keyword_folder(source, labels=labels, min_count=min_count)
        dataset = _unlabelled(dataset, unlabelled or "skip")
    elif source.is_file():
        labelled = read_labelled_table(source, labels=labels, delimiter=delimiter)
        dataset = _with_pictures(labelled, Path(images) if images else source.parent, missing)
        dataset = _unlabelled(dataset, unlabelled or "negative")
    else:
        raise TagonautError(f"{source}: there is no such file or folder")
    if not dataset.known.any():
        raise DataError(f"{source}: nothing is left: no picture has any of the labels")
    return dataset


def _with_pictures(labelled: Labelled, folder: Path, missing: Missing) -> Dataset:
    table, notes = labelled.table, list(labelled.notes)
    found, absent = _find(labelled, folder)
    if absent and missing == "error":
        raise DataError(
            f"{table.path}: {len(absent):,} of {len(labelled.ids):,} pictures are not below"
            f" {folder} (say where they are with --images, or --missing skip to leave them out)",
            absent,
        )
    if not found:
        raise DataError(f"{table.path}: nothing is left: no picture is below {folder}")
    if absent:
        notes.append(f"{len(absent):,} rows without picture left out, the first: {absent[0]}")
    rows = _merge(labelled, found)
    if len(rows) < len(found):
        notes.append(f"{table.path.name}: {len(found) - len(rows):,} duplicate rows merged")
    columns = labelled.columns()
    return Dataset(
        tuple(labelled.ids[row] for row in rows),
        tuple(found[row] for row in rows),
        labelled.targets[rows],
        labelled.known[rows],
        labelled.labels,
        columns[rows] if columns.width else columns,
        tuple(notes),
    )


def _find(labelled: Labelled, folder: Path) -> tuple[dict[int, Path], list[str]]:
    """The picture of each row that has one, and a line for each that has none."""
    index = PictureIndex(folder)
    found, absent, faults = {}, [], []
    for row, name in enumerate(labelled.ids):
        try:
            path = index.find(name)
        except DataError as error:
            faults.append(f"{labelled.table.where(row)}: {error}")
            continue
        if path is None:
            absent.append(f"{labelled.table.where(row)}: no picture {name!r}")
        else:
            found[row] = path
    if faults:
        raise DataError(f"{labelled.table.path}: {len(faults):,} names of several files", faults)
    return found, absent


def _merge(labelled: Labelled, found: dict[int, Path]) -> list[int]:
    """One row a picture: identical rows are merged, contradicting ones an error."""
    first: dict[Path, int] = {}
    faults = []
    for row, path in found.items():
        before = first.setdefault(path, row)
        same = np.array_equal(labelled.targets[row], labelled.targets[before]) and np.array_equal(
            labelled.known[row], labelled.known[before]
        )
        if not same:
            where, earlier = labelled.table.where(row), labelled.table.where(before)
            faults.append(f"{where}: {labelled.ids[row]!r} contradicts its row at {earlier}")
    if faults:
        raise DataError(f"{labelled.table.path}: duplicate rows contradict each other", faults)
    return list(first.values())


def _unlabelled(dataset: Dataset, unlabelled: Unlabelled) -> Dataset:
    empty = ~(dataset.targets & dataset.known).any(axis=1)
    if not empty.any() or unlabelled == "negative":
        return dataset
    known = dataset.known.copy()
    known[empty] = False
    note = (
        f"{empty.sum():,} of {len(dataset):,} pictures have none of the labels: unknown, left out"
        " (--unlabelled negative takes them as examples of none)"
    )
    return replace(dataset, known=known, notes=(*dataset.notes, note))

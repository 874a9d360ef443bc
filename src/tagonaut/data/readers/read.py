"""Reads labelled pictures of any format, recognised by looking."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Unpack

import numpy as np

from tagonaut.data.corrections import correct
from tagonaut.data.dataset import Dataset
from tagonaut.data.formats import FORMATS, Format
from tagonaut.data.readers.join import join
from tagonaut.data.readers.reader import Reader
from tagonaut.data.readers.reading import Reading, Unlabelled
from tagonaut.data.text import check_file
from tagonaut.errors import DataError, TagonautError, nearest
from tagonaut.labels import LabelSet

_SHOWN = 5


def read(source: str | Path, images: str | Path | None = None, **how: Unpack[Reading]) -> Dataset:
    """Read labelled pictures to train on, or to evaluate with.

    ``source``: a table (CSV, Parquet, JSON Lines; with a column of tags, or one column per label),
    COCO's JSON, a Pascal VOC folder, one folder per label, or a folder of photos with keywords.
    ``images``: the folder below which the pictures are, or a text file of their paths; default
    beside the source. ``how``: see ``Reading``.

    Raises ``DataError`` with one line per fault: file, line, column and what is wrong.
    """
    how.setdefault("missing", "error")
    dataset = look(source, images, **how)
    if not len(dataset.labels):
        raise DataError(
            f"{source}: pictures without labels: the photos hold no keywords, there is no table"
            " beside them, and they are not in one folder per label"
        )
    if not dataset.known.any():
        raise DataError(f"{source}: no picture has any of the labels", dataset.notes)
    if "split" in dataset.columns.columns:
        note = "the data comes with a split: use it with --split column:split"
        return replace(dataset, notes=(*dataset.notes, note))
    return dataset


def look(source: str | Path, images: str | Path | None = None, **how: Unpack[Reading]) -> Dataset:
    """Read as ``read`` does, but accept data that cannot be trained on.

    Pictures alone have no labels; all pictures may be without a label; if no keyword of photos is
    frequent, all keywords are labels.
    """
    for name in how.keys() - Reading.__annotations__.keys():
        raise TypeError(
            f"labelled pictures are read with no {nearest(name, [*Reading.__annotations__])}"
        )
    how.setdefault("missing", "keep")
    source, kind = Path(source), how.get("format")
    name, path = (kind, _find(source, kind)) if kind else _recognise(source)
    reader = _reader(name)
    if images is not None and not reader.takes_images:
        raise TagonautError(f"{source} is a folder of pictures: --images is for tables only")
    place = Path(images) if images else reader.pictures(path)
    dataset = join(reader.read(path, how), place, how["missing"])
    groups = tuple(map(tuple, how.get("groups", ())))
    dataset = replace(dataset, labels=LabelSet(dataset.labels.names, groups))
    if corrections := how.get("corrections"):
        dataset = correct(dataset, Path(corrections))
    dataset = _with_group_notes(_with_absence_notes(dataset, how.get("labels") or ()))
    return _unlabelled(dataset, how.get("unlabelled") or reader.unlabelled)


def recognise(source: Path) -> Format:
    """The format of a path.

    Raises ``TagonautError`` if there is nothing, or several tables.
    """
    return _recognise(source)[0]


def _recognise(source: Path) -> tuple[Format, Path]:
    """The format, and the path to read."""
    _check_there(source)
    for name in FORMATS:
        reader = _reader(name)
        path = reader.find(source)
        if path is not None and reader.recognise(path):
            return name, path
    raise DataError(f"{source}: no picture found in this folder or its sub-folders")


def _find(source: Path, kind: Format) -> Path:
    """The path to read as this format."""
    if kind not in FORMATS:
        raise TagonautError(f"there is no format {nearest(kind, FORMATS)}")
    _check_there(source)
    path = _reader(kind).find(source)
    if path is not None:
        return path
    if source.is_dir():
        raise TagonautError(f"{source} has no table in it: give the {kind} file itself")
    raise TagonautError(f"{source} is not a folder: --format {kind} reads a folder")


def _check_there(source: Path) -> None:
    if not source.exists():
        raise TagonautError(f"{source}: file or folder not found")
    if not source.is_dir():
        check_file(source)


def _reader(name: Format) -> Reader:
    reader: Reader = import_module(f"tagonaut.data.readers.{name}").READER
    return reader


def _with_absence_notes(dataset: Dataset, declared: Sequence[str]) -> Dataset:
    """Note the declared labels that no picture has, or all: nothing shows the difference."""
    present, known = (dataset.targets & dataset.known).sum(axis=0), dataset.known.sum(axis=0)
    absent = [dataset.labels.names[k] for k in np.flatnonzero(present == 0)]
    everywhere = [dataset.labels.names[k] for k in np.flatnonzero((present == known) & (known > 0))]
    notes = []
    if declared and absent:
        notes.append(
            f"no picture has: {', '.join(absent)} (declared as a label, but it cannot be learned)"
        )
    if declared and everywhere:
        notes.append(
            f"every picture whose labels are known has: {', '.join(everywhere)} (no picture shows"
            " what is without it, so it will be tagged everywhere; --unlabelled negative makes"
            " pictures without labels examples)"
        )
    return replace(dataset, notes=(*dataset.notes, *notes))


def _with_group_notes(dataset: Dataset) -> Dataset:
    notes = []
    for group in dataset.labels.groups:
        columns = [dataset.labels.index(name) for name in group]
        known = dataset.known[:, columns].all(axis=1)
        broken = np.flatnonzero(known & (dataset.targets[:, columns].sum(axis=1) != 1))
        if len(broken):
            shown = ", ".join(dataset.ids[row] for row in broken[:_SHOWN])
            more = ", …" if len(broken) > _SHOWN else ""
            notes.append(
                f"{len(broken):,} of {len(dataset):,} pictures do not have exactly one of "
                f"{', '.join(group)}: {shown}{more}"
            )
    return replace(dataset, notes=(*dataset.notes, *notes)) if notes else dataset


def _unlabelled(dataset: Dataset, unlabelled: Unlabelled) -> Dataset:
    empty = ~(dataset.targets & dataset.known).any(axis=1)
    if not len(dataset.labels) or not empty.any() or unlabelled == "negative":
        return dataset
    known = dataset.known.copy()
    known[empty] = False
    note = (
        f"{empty.sum():,} of {len(dataset):,} pictures have none of the labels: they count as "
        "unknown and are left out (--unlabelled negative keeps them as negatives)"
    )
    return replace(dataset, known=known, notes=(*dataset.notes, note))

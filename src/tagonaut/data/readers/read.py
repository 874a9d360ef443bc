"""Labelled pictures of any kind, recognised by looking."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypedDict, Unpack, get_args

import numpy as np

from tagonaut.data.corrections import correct
from tagonaut.data.dataset import Dataset
from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.coco import read_coco
from tagonaut.data.readers.folders import read_folders
from tagonaut.data.readers.join import Missing, join
from tagonaut.data.readers.keywords import has_keywords, read_keyword_folder
from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.tables import read_labelled_table
from tagonaut.data.readers.voc import PICTURES, is_voc, read_voc
from tagonaut.data.tables.table import SUFFIXES
from tagonaut.errors import DataError, TagonautError, nearest
from tagonaut.labels import LabelSet

Format = Literal["table", "coco", "voc", "folders", "keywords", "pictures"]
Unlabelled = Literal["skip", "negative"]

# So many photos of a folder, taken evenly, are asked for keywords to recognise what it is.
ASKED = 200


class Reading(TypedDict, total=False):
    """How labelled pictures are to be read; what is not given is found by looking."""

    format: Format | None
    """What the source is."""
    labels: Sequence[str] | None
    """The labels: of a table exactly those, of others those among theirs. Default: all of them; of
    photos, the keywords that at least ``min_count`` (10) photos have."""
    min_count: int
    groups: Sequence[Sequence[str]]
    """Labels of which exactly one holds; pictures that break that are told."""
    unlabelled: Unlabelled | None
    """A picture without any of the labels is unknown (``skip``, what photos' keywords default to)
    or a true negative (``negative``)."""
    missing: Missing
    """A row without picture is an error (what ``read`` defaults to), left out and told (``skip``),
    or kept with the path where its picture would be (``keep``, what ``look`` defaults to)."""
    delimiter: str | None
    """Between the tags of a cell."""
    normalise: bool
    """Labels that differ only in case or space are one."""
    corrections: str | Path | None
    """A table of corrections, such as an audit's: see ``tagonaut.data.corrections.correct``."""


def read(source: str | Path, images: str | Path | None = None, **how: Unpack[Reading]) -> Dataset:
    """Read labelled pictures to learn from, or to judge by.

    ``source``: a table (CSV, Parquet, JSON Lines; tags in a column, or a column a label), COCO's
    JSON, a Pascal VOC folder, a folder a label, or a folder of photos that hold keywords.
    ``images``: the folder below which the pictures are, or a text file of their paths; default
    beside the source. ``how``: see ``Reading``.

    Raises ``DataError`` with a line a fault: file, line, column and what is wrong.
    """
    how.setdefault("missing", "error")
    dataset = look(source, images, **how)
    if not len(dataset.labels):
        raise DataError(_unlabelled_pictures(Path(source)))
    if not dataset.known.any():
        raise DataError(f"{source}: nothing is left: no picture has any of the labels")
    if "split" in dataset.columns.columns:
        told = "the data names a split of its own: --split column:split takes it"
        return replace(dataset, notes=(*dataset.notes, told))
    return dataset


def look(source: str | Path, images: str | Path | None = None, **how: Unpack[Reading]) -> Dataset:
    """As ``read``, but for what there is, usable or not.

    Pictures alone have no labels; pictures without any of the labels may be all there are; of
    photos without a frequent keyword, all keywords are labels.
    """
    for name in how.keys() - Reading.__annotations__.keys():
        raise TypeError(
            f"labelled pictures are read with no {nearest(name, [*Reading.__annotations__])}"
        )
    labels, normalise = how.get("labels"), how.get("normalise", False)
    missing = how.get("missing", "keep")
    source = _inner(Path(source))
    kind = how.get("format") or recognise(source)
    if kind not in get_args(Format):
        raise TagonautError(f"there is no format {nearest(kind, get_args(Format))}")
    if source.is_dir() and kind in {"table", "coco"}:
        source = _table_in(source, kind)
    if source.is_dir() and images is not None and kind != "voc":
        raise TagonautError(f"{source} is a folder of pictures: a picture folder fits a table only")
    if source.is_file() and kind not in {"table", "coco"}:
        raise TagonautError(f"{source} is a file: --format {kind} is read from a folder")
    match kind:
        case "table":
            labelled = read_labelled_table(
                source, labels=labels, delimiter=how.get("delimiter"), normalise=normalise
            )
        case "coco":
            labelled = read_coco(source, labels=labels, normalise=normalise)
        case "voc":
            labelled = read_voc(source, labels=labels, normalise=normalise)
        case "folders":
            labelled = read_folders(source, labels=labels, normalise=normalise)
        case "keywords":
            labelled = read_keyword_folder(
                source,
                labels=labels,
                min_count=how.get("min_count", 10),
                lenient=missing == "keep",
                normalise=normalise,
            )
        case "pictures":
            labelled = _pictures(source)
    place = Path(images) if images else _place(source, kind)
    dataset = join(labelled, place, missing)
    dataset = replace(
        dataset, labels=LabelSet(dataset.labels.names, tuple(map(tuple, how.get("groups", ()))))
    )
    if corrections := how.get("corrections"):
        dataset = correct(dataset, Path(corrections))
    dataset = _with_group_notes(_with_absence_notes(dataset, labels or ()))
    unlabelled = how.get("unlabelled")
    return _unlabelled(dataset, unlabelled or ("skip" if kind == "keywords" else "negative"))


def recognise(source: Path) -> Format:
    """What a path holds. Raises ``TagonautError`` if there is nothing, or several tables."""
    if source.is_file():
        return "coco" if _is_object(source) else "table"
    if not source.is_dir():
        raise TagonautError(f"{source}: there is no such file or folder")
    if is_voc(source):
        return "voc"
    paths = list(find_pictures(source))
    if paths and has_keywords(paths[:: max(1, len(paths) // ASKED)]):
        return "keywords"
    tables = _tables(source)
    if len(tables) > 1:
        named = ", ".join(table.name for table in tables)
        raise TagonautError(f"{source} holds {len(tables)} tables ({named}): name the one you mean")
    if tables:
        return recognise(tables[0])
    if not paths:
        raise DataError(f"{source}: there is no picture below this folder")
    folders = {path.relative_to(source).parts[0] for path in paths if path.parent != source}
    return "folders" if len(folders) > 1 else "pictures"


def _is_object(file: Path) -> bool:
    """Whether a file is one JSON object, as COCO's are; a table of JSON is a list, or lines."""
    if file.suffix.lower() != ".json":
        return False
    with file.open("rb") as opened:
        return opened.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _tables(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in SUFFIXES - {".txt"}
    )


def _table_in(folder: Path, kind: Format) -> Path:
    tables = _tables(folder)
    if len(tables) != 1:
        raise TagonautError(f"{folder} holds {len(tables)} tables: name the {kind} file you mean")
    return tables[0]


def _place(source: Path, kind: Format) -> Path:
    if kind == "voc" and (source / PICTURES).is_dir():
        return source / PICTURES
    if source.is_dir():
        return source
    # COCO's own layout: the JSON in annotations/, the pictures in folders beside that.
    beside = source.parent.name.lower() == "annotations"
    return source.absolute().parent.parent if beside else source.parent


def _inner(source: Path) -> Path:
    """The VOC folder in a folder that holds nothing else, as VOC is unpacked; else ``source``."""
    if not source.is_dir() or is_voc(source):
        return source
    inside = [path for path in source.iterdir() if not path.name.startswith(".")]
    return inside[0] if len(inside) == 1 and is_voc(inside[0]) else source


def _pictures(folder: Path) -> Labelled:
    paths = tuple(find_pictures(folder))
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    nothing = np.zeros((len(paths), 0))
    return Labelled(
        folder,
        names,
        names,
        nothing.astype(np.uint8),
        nothing.astype(np.bool_),
        LabelSet(()),
        paths=paths,
    )


def _unlabelled_pictures(folder: Path) -> str:
    return (
        f"{folder}: pictures without labels: the photos hold no keywords, there is no table beside"
        " them, and they do not lie in a folder a label"
    )


def _with_absence_notes(dataset: Dataset, declared: Sequence[str]) -> Dataset:
    """Tell the declared labels that no picture has: they cannot be learned, or are misspelt."""
    present = (dataset.targets & dataset.known).sum(axis=0)
    absent = [dataset.labels.names[k] for k in np.flatnonzero(present == 0)]
    if not declared or not absent:
        return dataset
    told = f"no picture has: {', '.join(absent)} (declared as a label, and not to be learned)"
    return replace(dataset, notes=(*dataset.notes, told))


def _with_group_notes(dataset: Dataset) -> Dataset:
    notes = []
    for group in dataset.labels.groups:
        columns = [dataset.labels.index(name) for name in group]
        known = dataset.known[:, columns].all(axis=1)
        broken = np.flatnonzero(known & (dataset.targets[:, columns].sum(axis=1) != 1))
        if len(broken):
            shown = ", ".join(dataset.ids[row] for row in broken[:5])
            more = ", …" if len(broken) > 5 else ""
            notes.append(
                f"{len(broken):,} of {len(dataset):,} pictures have not exactly one of"
                f" {', '.join(group)}: {shown}{more}"
            )
    return replace(dataset, notes=(*dataset.notes, *notes)) if notes else dataset


def _unlabelled(dataset: Dataset, unlabelled: Unlabelled) -> Dataset:
    empty = ~(dataset.targets & dataset.known).any(axis=1)
    if not len(dataset.labels) or not empty.any() or unlabelled == "negative":
        return dataset
    known = dataset.known.copy()
    known[empty] = False
    note = (
        f"{empty.sum():,} of {len(dataset):,} pictures have none of the labels: unknown, left out"
        " (--unlabelled negative takes them as examples of none)"
    )
    return replace(dataset, known=known, notes=(*dataset.notes, note))

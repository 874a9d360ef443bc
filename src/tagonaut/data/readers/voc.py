"""Reads a Pascal VOC folder: one list per label, or one file of objects per picture."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from tagonaut.data.readers.labelled import Labelled, Tagged
from tagonaut.data.readers.reader import Reader
from tagonaut.data.readers.reading import Reading
from tagonaut.data.readers.spelling import Spelling, find_spelling
from tagonaut.data.splitting import split_named
from tagonaut.data.text import read_text
from tagonaut.errors import DataError
from tagonaut.limits import PartCount

ANNOTATIONS, LISTS, PICTURES = "Annotations", "ImageSets/Main", "JPEGImages"
TRAINVAL = "trainval"

# VOC's own three values of a label in a picture.
PRESENT, DIFFICULT, ABSENT = 1, 0, -1


def _find(source: Path) -> Path | None:
    """The VOC folder itself, or the one in a folder that holds nothing else, as VOC is unpacked."""
    if not source.is_dir():
        return None
    if _recognise(source):
        return source
    inside = [path for path in source.iterdir() if not path.name.startswith(".")]
    return inside[0] if len(inside) == 1 and _recognise(inside[0]) else source


def _recognise(folder: Path) -> bool:
    return (folder / ANNOTATIONS).is_dir() or (folder / LISTS).is_dir()


def _pictures(folder: Path) -> Path:
    return folder / PICTURES if (folder / PICTURES).is_dir() else folder


def _read(folder: Path, how: Reading) -> Labelled:
    """The pictures in lists or annotations; ids are their names without extension.

    For each picture and label, the lists ``ImageSets/Main/LABEL_SET.txt`` hold 1 (present), -1
    (absent) or 0: all such objects are difficult, and VOC's evaluation leaves them out, so the cell
    is unknown. Cells that are in no list are taken from ``Annotations/NAME.xml``, by the same rule
    (Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010). ``train.txt``,
    ``val.txt`` and ``test.txt`` become the column ``split``, with a note if they overlap. Raises
    ``DataError`` for a damaged list or file.
    """
    values, splits, notes = _lists(folder / LISTS)
    annotated, faults = _annotations(folder / ANNOTATIONS)
    if faults:
        raise DataError(f"{folder}: {len(faults):,} annotations cannot be read", faults)
    for name, found in annotated.items():
        values[name] = found | values.get(name, {})
    if not values:
        raise DataError(f"{folder}: neither {LISTS} nor {ANNOTATIONS} names a picture")
    values = dict(sorted(values.items()))
    counts = Counter(
        label for found in values.values() for label, value in found.items() if value == PRESENT
    )
    mentioned = sorted({label for found in values.values() for label in found})
    labels = how.get("labels")
    spelling = find_spelling(
        {label: counts[label] for label in mentioned},
        declared=labels or (),
        merge=how.get("normalise", False),
    )
    labelled = Labelled.of_tags(
        Tagged(
            folder,
            [*values],
            [f"{folder.name}: {name}" for name in values],
            [[k for k, v in found.items() if v == PRESENT] for found in values.values()],
            columns={"split": [splits.get(name, "") for name in values]} if splits else {},
            notes=notes,
        ),
        spelling,
        labels=list(labels or dict.fromkeys(spelling.of(mentioned))),
        strict=not labels,
    )
    return _without_difficult(labelled, values, spelling)


def _without_difficult(
    labelled: Labelled, values: Mapping[str, Mapping[str, int]], spelling: Spelling
) -> Labelled:
    """The rows with unknown cells where all objects of a label are difficult."""
    known = labelled.known.copy()
    for row, found in enumerate(values.values()):
        difficult = [label for label, value in found.items() if value == DIFFICULT]
        for label in spelling.of(difficult):
            if label in labelled.labels:
                k = labelled.labels.index(label)
                known[row, k] = labelled.targets[row, k] == 1
    notes = labelled.notes
    if unknown := int(np.count_nonzero(~known)):
        source = labelled.source.name
        notes = (
            *notes,
            (
                f"{source}: {unknown:,} labels of pictures are unknown, because all their objects "
                "are marked difficult"
            ),
        )
    return replace(labelled, known=known, notes=notes)


def _lists(folder: Path) -> tuple[dict[str, dict[str, int]], dict[str, str], list[str]]:
    """The value of each picture's labels, the split of each picture, and notes."""
    values: dict[str, dict[str, int]] = {}
    splits: dict[str, str] = {}
    several: dict[str, str] = {}
    for file in _files(folder, "*.txt"):
        label, _, part = file.stem.rpartition("_")
        split = split_named(file.stem)
        if split or file.stem == TRAINVAL:
            for name in read_text(file).split():
                values.setdefault(name, {})
                if split and splits.get(name, split) != split:
                    several[name] = f"{name} in {splits[name]} and in {split}"
                if split:
                    splits[name] = split
        elif part == TRAINVAL or split_named(part):
            for number, line in enumerate(read_text(file).splitlines(), 1):
                name, value = _line(file, number, line)
                if name:
                    values.setdefault(name, {})[label] = value
    if not several:
        return values, splits, []
    first = next(iter(several.values()))
    note = f"{len(several):,} pictures are in several splits, and the last list counts: {first}"
    return values, splits, [note + (", …" if len(several) > 1 else "")]


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files in order, without the hidden twins that some systems leave beside a file."""
    return sorted(
        # Reading a pipe may never end.
        file
        for file in folder.glob(pattern)
        if not file.name.startswith(".") and file.is_file()
    )


def _line(file: Path, number: int, line: str) -> tuple[str, int]:
    cells = line.split()
    if not cells:
        return "", ABSENT
    if len(cells) != 2 or cells[1] not in {"1", "0", "-1"}:
        raise DataError(f"{file}:{number}: a line has a name and 1, 0 or -1, not {line!r}")
    return cells[0], int(cells[1])


def _annotations(folder: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    values: dict[str, dict[str, int]] = {}
    faults = []
    for file in _files(folder, "*.xml"):
        try:
            values[file.stem] = read_annotation(file)
        except (ElementTree.ParseError, DataError, ValueError) as error:
            faults.append(f"{file.name}: {error}")
    return values, faults


def read_annotation(file: Path) -> dict[str, int]:
    """The value of each label in one annotation.

    Raises ``DataError``, ``ValueError`` or ``ElementTree.ParseError`` for another file.
    """
    text = read_text(file)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DataError("it declares a document type, which no annotation needs")
    PartCount(len(text), DataError).add(text.count("<"))
    values: dict[str, int] = {}
    for found in ElementTree.fromstring(text).iter("object"):
        label = (found.findtext("name") or "").strip()
        if not label:
            raise DataError("an object has no name")
        difficult = (found.findtext("difficult") or "0").strip() == "1"
        values[label] = max(values.get(label, DIFFICULT), DIFFICULT if difficult else PRESENT)
    return values


READER = Reader(_recognise, _read, find=_find, pictures=_pictures, takes_images=True)

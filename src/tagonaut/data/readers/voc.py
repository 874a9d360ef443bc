"""A Pascal VOC folder: a list a label, or a file of objects a picture."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.data.text import read_text
from tagonaut.errors import DataError

ANNOTATIONS, LISTS, PICTURES = "Annotations", "ImageSets/Main", "JPEGImages"
SPLITS = {"train": "train", "val": "validation", "test": "test"}
WHOLE_LISTS = ("trainval", "train", "val", "test")

# What is said of a label in a picture: VOC's own three values.
PRESENT, DIFFICULT, ABSENT = 1, 0, -1


def is_voc(folder: Path) -> bool:
    """Whether the folder is laid out as VOC's are."""
    return (folder / ANNOTATIONS).is_dir() or (folder / LISTS).is_dir()


def read_voc(
    folder: Path, *, labels: Sequence[str] | None = None, normalise: bool = False
) -> Labelled:
    """The pictures that lists or annotations name; ids are their names without extension.

    Of each picture and label the lists ``ImageSets/Main/LABEL_SET.txt`` say 1 (there), -1 (not)
    or 0: there are only difficult ones, which VOC's evaluation leaves out, so the cell is unknown.
    What no list says is taken from ``Annotations/NAME.xml``, by the same rule (Everingham et al.,
    "The PASCAL Visual Object Classes Challenge", IJCV 2010). ``train.txt``, ``val.txt`` and
    ``test.txt`` become the column ``split``. Raises ``DataError`` for a damaged list or file.
    """
    said, splits = _lists(folder / LISTS)
    annotated, faults = _annotations(folder / ANNOTATIONS)
    if faults:
        raise DataError(f"{folder}: {len(faults):,} annotations cannot be read", faults)
    for name, values in annotated.items():
        said[name] = values | said.get(name, {})
    if not said:
        raise DataError(f"{folder}: neither {LISTS} nor {ANNOTATIONS} names a picture")
    ids = sorted(said)
    counts = Counter(
        label for values in said.values() for label, value in values.items() if value == PRESENT
    )
    mentioned = sorted({label for values in said.values() for label in values})
    spelling = find_spelling(
        {label: counts[label] for label in mentioned}, declared=labels or (), merge=normalise
    )
    present = [[k for k, v in said[name].items() if v == PRESENT] for name in ids]
    labelled = Labelled.of_tags(
        folder,
        ids,
        [f"{folder.name}: {name}" for name in ids],
        present,
        spelling,
        labels=list(labels or dict.fromkeys(spelling.of(mentioned))),
        strict=not labels,
        columns={"split": [splits.get(name, "") for name in ids]} if splits else {},
    )
    known = labelled.known.copy()
    for row, name in enumerate(ids):
        difficult = [label for label, value in said[name].items() if value == DIFFICULT]
        for label in spelling.of(difficult):
            if label in labelled.labels:
                k = labelled.labels.index(label)
                known[row, k] = labelled.targets[row, k] == 1
    notes = labelled.notes
    if unknown := int(np.count_nonzero(~known)):
        notes = (*notes, f"{folder.name}: {unknown:,} labels of pictures unknown: only difficult")
    return replace(labelled, known=known, notes=notes)


def _lists(folder: Path) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """What the lists say of each picture's labels, and the split that each picture is in."""
    said: dict[str, dict[str, int]] = {}
    splits: dict[str, str] = {}
    for file in _files(folder, "*.txt"):
        label, _, part = file.stem.rpartition("_")
        if file.stem in WHOLE_LISTS:
            for name in read_text(file).split():
                said.setdefault(name, {})
                if file.stem in SPLITS:
                    splits[name] = SPLITS[file.stem]
        elif part in WHOLE_LISTS:
            for number, line in enumerate(read_text(file).splitlines(), 1):
                name, value = _line(file, number, line)
                if name:
                    said.setdefault(name, {})[label] = value
    return said, splits


def _files(folder: Path, pattern: str) -> list[Path]:
    """In order, without the hidden twins that some systems leave beside a file."""
    return sorted(file for file in folder.glob(pattern) if not file.name.startswith("."))


def _line(file: Path, number: int, line: str) -> tuple[str, int]:
    cells = line.split()
    if not cells:
        return "", ABSENT
    if len(cells) != 2 or cells[1] not in {"1", "0", "-1"}:
        raise DataError(f"{file}:{number}: not a name and 1, 0 or -1: {line!r}")
    return cells[0], int(cells[1])


def _annotations(folder: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    said: dict[str, dict[str, int]] = {}
    faults = []
    for file in _files(folder, "*.xml"):
        try:
            said[file.stem] = _objects(file)
        except (ElementTree.ParseError, DataError, ValueError) as error:
            faults.append(f"{file.name}: {error}")
    return said, faults


def _objects(file: Path) -> dict[str, int]:
    text = read_text(file)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DataError("it declares a document type, as no annotation does")
    values: dict[str, int] = {}
    for found in ElementTree.fromstring(text).iter("object"):
        label = (found.findtext("name") or "").strip()
        if not label:
            raise DataError("an object has no name")
        difficult = (found.findtext("difficult") or "0").strip() == "1"
        values[label] = max(values.get(label, DIFFICULT), DIFFICULT if difficult else PRESENT)
    return values

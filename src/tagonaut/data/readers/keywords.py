"""Reads a folder of photos whose metadata, or sidecars, hold their labels."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from pathlib import Path

from tagonaut.data.passed_over import PassedOver
from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.labelled import Labelled, Tagged
from tagonaut.data.readers.reader import Reader
from tagonaut.data.readers.reading import Reading
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.errors import DataError, MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.metadata.sidecars import by_stem, read_sidecar, sidecar_of
from tagonaut.progress import track

# The photos of a folder, evenly spaced, that are searched for keywords to recognise the format.
SAMPLED = 200
MIN_COUNT = 10


def _recognise(folder: Path) -> bool:
    """Whether any of some photos, or of their sidecars, has a keyword."""
    paths = list(find_pictures(folder))
    some = paths[:: max(1, len(paths) // SAMPLED)]
    if not some:
        return False
    with ExifTool() as tool:
        return any(
            not isinstance(found, MetadataError) and found.tags()
            for _, found in read_many(
                tool, chain(some, filter(Path.is_file, map(sidecar_of, some)))
            )
        )


def _read(folder: Path, how: Reading) -> Labelled:
    """Photos with their IPTC, Dublin Core and hierarchical keywords; ids are relative paths.

    The keywords in a photo's sidecar count with its own. Every cell is known, except those of tags
    that are a machine's. Names that differ only in case, space or Unicode form are one. Without
    ``labels``, the keywords of at least ``min_count`` photos are the labels. Where no keyword is
    that frequent, all are, provided that missing pictures are kept (``missing="keep"``): the data
    is then only looked at.
    """
    passed = PassedOver()
    paths = list(find_pictures(folder, passed))
    if not paths:
        raise DataError(f"{folder}: no picture found in this folder or its sub-folders")
    found = _keywords(paths, how)
    if others := _count_sidecars(folder) - found.sidecars:
        found.notes.append(
            f"{others:,} sidecars belong to no picture that is read here: their keywords are left"
            " out (raw files are not learned from, export them as JPEG)"
        )
    keywords = found.of_people
    counts = Counter(name for tags in keywords for name in tags)
    labels, min_count = how.get("labels"), how.get("min_count", MIN_COUNT)
    spelling = find_spelling(counts, declared=labels or (), merge=True)
    keywords = [list(dict.fromkeys(spelling.of(tags))) for tags in keywords]
    counts = Counter(name for tags in keywords for name in tags)
    names = list(labels or sorted(name for name, n in counts.items() if n >= min_count))
    notes = [f"{line}: left out" for line in found.unreadable]
    notes += [*passed.lines(), *found.notes]
    if not names and counts and how.get("missing") == "keep":
        names = sorted(counts)
        notes.append(f"no keyword occurs in {min_count} photos or more: all are taken as labels")
    if not names:
        raise DataError(_nothing(folder, counts, min_count), found.notes)
    if foreign := len(counts) - sum(name in counts for name in names):
        notes.append(f"{foreign:,} other keywords in the photos are not among the labels")
    labelled = Labelled.of_tags(
        Tagged(
            folder,
            [path.relative_to(folder).as_posix() for path in found.photos],
            [str(path) for path in found.photos],
            keywords,
            paths=found.photos,
            notes=notes,
        ),
        spelling,
        labels=names,
        strict=False,
    )
    known = labelled.known
    for row, words in found.of_machines.items():
        for label in {*spelling.of(words)} - {*keywords[row]}:
            if label in labelled.labels:
                known[row, labelled.labels.index(label)] = False
    return replace(labelled, known=known)


def _count_sidecars(folder: Path) -> int:
    return sum(name.lower().endswith(".xmp") for _, _, names in os.walk(folder) for name in names)


@dataclass
class _Found:
    """The readable photos and their keywords, and a line for each of the others.

    ``of_machines`` holds, by row, the keywords that no person wrote or confirmed; ``sidecars`` is
    the number of the photos' sidecars.
    """

    photos: list[Path] = field(default_factory=list)
    of_people: list[list[str]] = field(default_factory=list)
    of_machines: dict[int, set[str]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    sidecars: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, photo: Path, people: Sequence[str], machines: set[str]) -> None:
        """Add a photo."""
        if machines:
            self.of_machines[len(self.photos)] = machines
        self.photos.append(photo)
        self.of_people.append([*people])


def _keywords(paths: Sequence[Path], how: Reading) -> _Found:
    found = _Found()
    names = cache(by_stem)
    machine_tags = how.get("machine_tags") or nullcontext
    with ExifTool() as tool, machine_tags() as machine:
        for path, fields in track(read_many(tool, paths), "reading keywords", total=len(paths)):
            people: dict[str, None] = {}
            machines: set[str] = set()
            try:
                if isinstance(fields, MetadataError):
                    raise fields
                sidecar = sidecar_of(path, names)
                found.sidecars += sidecar.is_file()
                beside = read_sidecar(tool, sidecar)
                for file, read in ((path, fields), (sidecar, beside)):
                    ours = machine.of(file, read) if machine else set()
                    machines |= ours
                    people |= dict.fromkeys(tag for tag in read.tags() if tag not in ours)
            except (MetadataError, OSError) as error:
                found.unreadable.append(f"{path}: {error}")
                continue
            found.add(path, [*people], machines - people.keys())
        found.notes.extend(machine.notes if machine else ())
    if found.of_machines:
        tags = sum(map(len, found.of_machines.values()))
        found.notes.append(
            f"{tags:,} tags on {len(found.of_machines):,} photos were written by Tagonaut and"
            " confirmed by no person: they are unknown, and nothing is learned from them"
            " (--trust-own-tags takes them for true)"
        )
    return found


def _nothing(folder: Path, counts: Counter[str], min_count: int) -> str:
    if not counts:
        return f"{folder}: the photos have no keywords"
    common = ", ".join(f"{name} ({n})" for name, n in counts.most_common(8))
    return (
        f"{folder}: no keyword occurs in {min_count} photos or more; the most common: {common}."
        " Choose with --labels, or lower --min-count"
    )


READER = Reader(_recognise, _read, unlabelled="skip")

"""Reads a folder of photos whose metadata holds their labels."""

from collections import Counter
from collections.abc import Sequence
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
from tagonaut.progress import track

# The photos of a folder, evenly spaced, that are searched for keywords to recognise the format.
SAMPLED = 200
MIN_COUNT = 10


def _recognise(folder: Path) -> bool:
    """Whether any of some photos has a keyword."""
    paths = list(find_pictures(folder))
    some = paths[:: max(1, len(paths) // SAMPLED)]
    if not some:
        return False
    with ExifTool() as tool:
        return any(
            not isinstance(found, MetadataError) and found.tags()
            for _, found in read_many(tool, some)
        )


def _read(folder: Path, how: Reading) -> Labelled:
    """Photos with their IPTC, Dublin Core and hierarchical keywords; ids are relative paths.

    Every cell is known. Without ``labels``, the keywords of at least ``min_count`` photos are the
    labels. Where no keyword is that frequent, all are, provided that missing pictures are kept
    (``missing="keep"``): the data is then only looked at.
    """
    passed = PassedOver()
    paths = list(find_pictures(folder, passed))
    if not paths:
        raise DataError(f"{folder}: no picture found in this folder or its sub-folders")
    kept, keywords, unreadable = _keywords(paths)
    counts = Counter(name for tags in keywords for name in tags)
    labels, min_count = how.get("labels"), how.get("min_count", MIN_COUNT)
    spelling = find_spelling(counts, declared=labels or (), merge=how.get("normalise", False))
    keywords = [list(dict.fromkeys(spelling.of(tags))) for tags in keywords]
    counts = Counter(name for tags in keywords for name in tags)
    names = list(labels or sorted(name for name, n in counts.items() if n >= min_count))
    notes = [*(f"{line}: left out" for line in unreadable), *passed.lines()]
    if not names and counts and how.get("missing") == "keep":
        names = sorted(counts)
        notes.append(f"no keyword occurs in {min_count} photos or more: all are taken as labels")
    if not names:
        raise DataError(_nothing(folder, counts, min_count))
    if foreign := len(counts) - sum(name in counts for name in names):
        notes.append(f"{foreign:,} other keywords in the photos are not among the labels")
    return Labelled.of_tags(
        Tagged(
            folder,
            [path.relative_to(folder).as_posix() for path in kept],
            [str(path) for path in kept],
            keywords,
            paths=kept,
            notes=notes,
        ),
        spelling,
        labels=names,
        strict=False,
    )


def _keywords(paths: Sequence[Path]) -> tuple[list[Path], list[list[str]], list[str]]:
    """The readable photos and their keywords, and a line for each of the others."""
    kept, unreadable = [], []
    keywords: list[list[str]] = []
    with ExifTool() as tool:
        for path, found in track(read_many(tool, paths), "reading keywords", total=len(paths)):
            if isinstance(found, MetadataError):
                unreadable.append(f"{path}: {found}")
            else:
                kept.append(path)
                keywords.append([*found.tags()])
    return kept, keywords, unreadable


def _nothing(folder: Path, counts: Counter[str], min_count: int) -> str:
    if not counts:
        return f"{folder}: the photos have no keywords"
    common = ", ".join(f"{name} ({n})" for name, n in counts.most_common(8))
    return (
        f"{folder}: no keyword occurs in {min_count} photos or more; the most common: {common}."
        " Choose with --labels, or lower --min-count"
    )


READER = Reader(_recognise, _read, unlabelled="skip")

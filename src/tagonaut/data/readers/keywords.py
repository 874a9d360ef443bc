"""A folder of photos whose metadata holds their labels."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.errors import DataError, MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.progress import track


def has_keywords(paths: Sequence[Path]) -> bool:
    """Whether any of these photos holds a keyword."""
    with ExifTool() as tool:
        return any(
            not isinstance(found, MetadataError) and found.tags()
            for _, found in read_many(tool, paths)
        )


def read_keyword_folder(
    folder: Path,
    *,
    labels: Sequence[str] | None = None,
    min_count: int = 10,
    lenient: bool = False,
    normalise: bool = False,
) -> Labelled:
    """Photos with their IPTC, Dublin Core and hierarchical keywords; ids are relative paths.

    Every cell is known; ``labels`` not given, the keywords of at least ``min_count`` photos are, or
    all if no photo has such and ``lenient`` is set.
    """
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"{folder}: there is no picture below this folder")
    kept, unread = [], []
    keywords: list[list[str]] = []
    with ExifTool() as tool:
        for path, found in track(read_many(tool, paths), "reading keywords", total=len(paths)):
            if isinstance(found, MetadataError):
                unread.append(f"{path}: {found}")
            else:
                kept.append(path)
                keywords.append([*found.tags()])
    counts = Counter(name for tags in keywords for name in tags)
    spelling = find_spelling(counts, declared=labels or (), merge=normalise)
    keywords = [list(dict.fromkeys(spelling.of(tags))) for tags in keywords]
    counts = Counter(name for tags in keywords for name in tags)
    names = list(labels or sorted(name for name, n in counts.items() if n >= min_count))
    notes = [f"{line}: left out" for line in unread]
    if not names and counts and lenient:
        names = sorted(counts)
        notes.append(f"no keyword occurs in {min_count} photos or more: all are taken as labels")
    if not names:
        raise DataError(_nothing(folder, counts, min_count))
    if foreign := len(counts) - sum(name in counts for name in names):
        notes.append(f"{foreign:,} other keywords in the photos are not labels here")
    return Labelled.of_tags(
        folder,
        [path.relative_to(folder).as_posix() for path in kept],
        [str(path) for path in kept],
        keywords,
        spelling,
        labels=names,
        strict=False,
        paths=kept,
        notes=notes,
    )


def _nothing(folder: Path, counts: Counter[str], min_count: int) -> str:
    if not counts:
        return f"{folder}: the photos hold no keywords"
    common = ", ".join(f"{name} ({n})" for name, n in counts.most_common(8))
    return (
        f"{folder}: no keyword occurs in {min_count} photos or more; the most common: {common}."
        " Choose with --labels, or lower --min-count"
    )

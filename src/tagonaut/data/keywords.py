"""A folder of photos whose metadata holds their labels."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.pictures import find_pictures
from tagonaut.errors import DataError, MetadataError
from tagonaut.labels import LabelSet
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.progress import track


def read_keyword_folder(
    folder: Path, *, labels: Sequence[str] | None = None, min_count: int = 10
) -> Dataset:
    """Photos with their IPTC, Dublin Core and hierarchical keywords; ids are relative paths.

    Every cell is known; ``labels`` not given, the keywords of at least ``min_count`` photos are.
    """
    import polars as pl

    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"{folder}: there is no picture below this folder")
    kept, keywords, unread = [], [], []
    with ExifTool() as tool:
        for path, found in track(read_many(tool, paths), "reading keywords", total=len(paths)):
            if isinstance(found, MetadataError):
                unread.append(f"{path}: {found}")
            else:
                kept.append(path)
                keywords.append(found.tags())
    counts = Counter(name for tags in keywords for name in tags)
    names = tuple(labels or sorted(name for name, n in counts.items() if n >= min_count))
    if not names:
        tables = sorted(folder.glob("*.csv"))
        raise DataError(_nothing(folder, counts, min_count, tables))
    label_set = LabelSet(names)
    targets = label_set.encode([[name for name in tags if name in label_set] for tags in keywords])
    notes = [f"{line}: left out" for line in unread]
    if foreign := len(counts) - sum(name in counts for name in names):
        notes.append(f"{foreign:,} other keywords in the photos are not labels here")
    return Dataset(
        tuple(path.relative_to(folder).as_posix() for path in kept),
        tuple(kept),
        targets,
        np.ones(targets.shape, dtype=bool),
        label_set,
        pl.DataFrame(),
        tuple(notes),
    )


def _nothing(folder: Path, counts: Counter[str], min_count: int, tables: Sequence[Path]) -> str:
    if counts:
        common = ", ".join(f"{name} ({n})" for name, n in counts.most_common(8))
        return (
            f"{folder}: no keyword occurs in {min_count} photos or more; the most common: {common}."
            " Choose with --labels, or lower --min-count"
        )
    if tables:
        return f"{folder}: the photos hold no keywords; if the labels are in {tables[0]}, name that"
    return f"{folder}: the photos hold no keywords, and there is no table of labels"

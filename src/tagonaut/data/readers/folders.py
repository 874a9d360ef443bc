"""A folder a label: the pictures in it have that label."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from tagonaut.data.dataset import hash_pictures
from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.errors import DataError

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


def read_folders(
    folder: Path, *, labels: Sequence[str] | None = None, normalise: bool = False
) -> Labelled:
    """Pictures in folders that are named as their label; ids are relative paths.

    The same picture (the same bytes) in several folders has all their labels. Where all folders
    are named ``train``, ``val`` or ``test``, the labels are the folders in them, and the column
    ``split`` says which. A picture in the folder itself has no label.
    """
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"{folder}: there is no picture below this folder")
    relative = [path.relative_to(folder) for path in paths]
    tops = {path.parts[0].lower() for path in relative}
    splits = tops <= SPLITS.keys() and any(len(path.parts) > 2 for path in relative)
    first: dict[object, int] = {}
    tags: dict[int, list[str]] = defaultdict(list)
    for row, content in enumerate(_contents(paths)):
        kept = first.setdefault((content, splits and relative[row].parts[0]), row)
        tags[kept] += relative[row].parts[splits:-1][:1]
    rows = list(first.values())
    counts = Counter(name for found in tags.values() for name in found)
    merged = len(paths) - len(rows)
    return Labelled.of_tags(
        folder,
        [relative[row].as_posix() for row in rows],
        [str(paths[row]) for row in rows],
        [list(dict.fromkeys(tags[row])) for row in rows],
        find_spelling(counts, declared=labels or (), merge=normalise),
        labels=labels,
        strict=False,
        columns={"split": [SPLITS[relative[row].parts[0].lower()] for row in rows]}
        if splits
        else {},
        paths=[paths[row] for row in rows],
        notes=[f"{folder.name}: {merged:,} files are copies of others, each merged with its first"]
        if merged
        else [],
    )


def _contents(paths: Sequence[Path]) -> list[object]:
    """Something equal for files of equal bytes alone; only files of one size are read."""
    sizes = [path.stat().st_size if path.exists() else -1 for path in paths]
    several = Counter(sizes)
    same = [row for row, size in enumerate(sizes) if several[size] > 1]
    contents: list[object] = list(range(len(paths)))
    for row, found in zip(same, hash_pictures([paths[row] for row in same]), strict=True):
        contents[row] = found if isinstance(found, str) else row
    return contents

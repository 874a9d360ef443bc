"""Reads pictures from one folder per label."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from tagonaut.data.dataset import hash_pictures
from tagonaut.data.passed_over import PassedOver
from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.labelled import Labelled, Tagged
from tagonaut.data.readers.reader import Reader
from tagonaut.data.readers.reading import Reading
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.data.splitting import UNUSED, split_named
from tagonaut.errors import DataError


def _recognise(folder: Path) -> bool:
    first = None
    for path in find_pictures(folder):
        if path.parent != folder:
            top = path.relative_to(folder).parts[0]
            if top != (first := first or top):
                return True
    return False


def _read(folder: Path, how: Reading) -> Labelled:
    """Pictures below folders that are named as their label; ids are relative paths.

    A picture whose bytes are in several folders has all their labels. If the topmost folders are
    all named as splits (see ``split_named``), the labels are the folders in them, and the column
    ``split`` holds the splits. A picture in the folder itself has no label.
    """
    passed = PassedOver()
    paths = list(find_pictures(folder, passed))
    if not paths:
        raise DataError(f"{folder}: no picture found in this folder or its sub-folders")
    relative = [path.relative_to(folder) for path in paths]
    splits = _splits(relative)
    first: dict[object, int] = {}
    tags: dict[int, list[str]] = defaultdict(list)
    for row, content in enumerate(_contents(paths)):
        kept = first.setdefault((content, splits[row] if splits else ""), row)
        tags[kept] += relative[row].parts[bool(splits) : -1][:1]
    rows = list(first.values())
    counts = Counter(name for found in tags.values() for name in found)
    merged = len(paths) - len(rows)
    note = f"{folder.name}: {merged:,} files are copies of others, each merged with its first"
    labels = how.get("labels")
    return Labelled.of_tags(
        Tagged(
            folder,
            [relative[row].as_posix() for row in rows],
            [str(paths[row]) for row in rows],
            [list(dict.fromkeys(tags[row])) for row in rows],
            columns={"split": [splits[row] for row in rows]} if splits else {},
            paths=[paths[row] for row in rows],
            notes=[*([note] if merged else []), *passed.lines()],
        ),
        find_spelling(counts, declared=labels or (), merge=how.get("normalise", False)),
        labels=labels,
        strict=False,
    )


def _splits(relative: Sequence[Path]) -> list[str]:
    """The split of each picture; empty if the topmost folders are not all splits of labels."""
    found = {top: split_named(top) for top in {path.parts[0] for path in relative}}
    if not any(len(path.parts) > 2 for path in relative) or not {*found.values()} - {None, UNUSED}:
        return []
    splits = [found[path.parts[0]] for path in relative]
    return [split for split in splits if split] if all(splits) else []


def _contents(paths: Sequence[Path]) -> list[object]:
    """A value per file that is equal only for files of equal bytes; unique sizes are not read."""
    sizes = [path.stat().st_size if path.exists() else -1 for path in paths]
    several = Counter(sizes)
    same = [row for row, size in enumerate(sizes) if several[size] > 1]
    contents: list[object] = list(range(len(paths)))
    for row, found in zip(same, hash_pictures([paths[row] for row in same]), strict=True):
        contents[row] = found if isinstance(found, str) else row
    return contents


READER = Reader(_recognise, _read)

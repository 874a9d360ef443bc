"""Tagged photos that somebody moved within the archive."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import ABSENT, Stamp, digest, stamp
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.location import OWN_FOLDER, is_archive
from tagonaut.tagging.journal.records import name_of
from tagonaut.tagging.journal.selection import Selection

_AT_ONCE = 200


def find_moved(journal: Journal, root: Path, selection: Selection | None) -> dict[bytes, bytes]:
    """The paths of files that seem to be moved photos, by the path at which each was tagged.

    A moved photo has the stamp that it was left with; among photos of equal stamps their content
    decides. The archive, without archives within it, is walked only if a tagged photo is not at its
    path.
    """
    missing: dict[Stamp, list[bytes]] = defaultdict(list)
    for left, path in _missing(journal, root, selection):
        missing[left].append(path)
    if not missing:
        return {}
    found: dict[Stamp, list[bytes]] = defaultdict(list)
    for place, folders, files in os.walk(root):
        folders[:] = (
            name for name in folders if name != OWN_FOLDER and not is_archive(Path(place, name))
        )
        for name in files:
            file = Path(place, name)
            now = _stamp(file)
            if now in missing:
                found[now].append(os.fsencode(file.relative_to(root)))
    moved: dict[bytes, bytes] = {}
    for left, paths in found.items():
        moved.update(_paired(journal, root, left, missing[left], paths))
    return moved


def _paired(
    journal: Journal, root: Path, left: Stamp, before: list[bytes], now: list[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of paths before and after a move, among files that all have the stamp ``left``."""
    if len(before) == len(now) == 1:
        seen = journal.seen(now).get(now[0])
        if seen is None or seen.left != left:
            yield before[0], now[0]
            return
    waiting: dict[str | None, list[bytes]] = defaultdict(list)
    for path in sorted(before, reverse=True):
        waiting[journal.last_digest(path)].append(path)
    for path in sorted(now):
        with suppress(OSError):
            content = digest(root / name_of(path))
            # A photo that is where it was tagged is no moved one.
            if waiting[content] and journal.last_digest(path) != content:
                yield waiting[content].pop(), path


def _missing(
    journal: Journal, root: Path, selection: Selection | None
) -> Iterator[tuple[Stamp, bytes]]:
    """The tagged photos that are not at their paths, with the stamps that they were left with."""
    tagged = journal.tagged(selection)
    while paths := list(islice(tagged, _AT_ONCE)):
        for path, seen in journal.seen(paths).items():
            with suppress(PictureError):  # untagging the photo reports it
                if _stamp(root / name_of(path)) != seen.left:
                    yield seen.left, path


def _stamp(path: Path) -> Stamp:
    try:
        return stamp(path)
    except OSError:
        return ABSENT

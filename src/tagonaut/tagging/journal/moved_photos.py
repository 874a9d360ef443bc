"""Where photos that we tagged lie now, if they are not where they lay."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tagonaut.files.atomic import ABSENT, Stamp, stamp
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.location import OWN_FOLDER
from tagonaut.tagging.journal.records import name_of
from tagonaut.tagging.journal.selection import Selection

_AT_ONCE = 200


def strays(journal: Journal, root: Path, selection: Selection | None) -> dict[bytes, bytes]:
    """Where tagged photos seem to lie that are not as we left them at their paths: new by old path.

    Only their stamps are compared; what they are, their content has to tell. The archive is walked
    only if there are such photos.
    """
    missing = dict(_missing(journal, root, selection))
    if not missing:
        return {}
    found = {}
    for place, folders, files in os.walk(root):
        if OWN_FOLDER in folders:
            folders.remove(OWN_FOLDER)
        for file in files:
            path = Path(place, file)
            now = _stamp(path)
            if now in missing:
                found[missing[now]] = os.fsencode(path.relative_to(root))
    return {old: new for old, new in found.items() if old != new}


def _missing(
    journal: Journal, root: Path, selection: Selection | None
) -> Iterator[tuple[Stamp, bytes]]:
    tagged = journal.tagged(selection)
    while paths := list(islice(tagged, _AT_ONCE)):
        for path, seen in journal.seen(paths).items():
            if _stamp(root / name_of(path)) != seen.left:
                yield seen.left, path


def _stamp(path: Path) -> Stamp:
    try:
        return stamp(path)
    except OSError:
        return ABSENT

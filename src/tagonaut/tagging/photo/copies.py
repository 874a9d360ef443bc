"""Copies of tagged photos that were made within the archive since: their tags are ours too."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import digest
from tagonaut.files.held import Root
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.files import is_archive
from tagonaut.tagging.journal import OWN_FOLDER, Journal
from tagonaut.tagging.photo.identity import history_of
from tagonaut.tagging.photo.tag_photo import fields_of, opened
from tagonaut.tagging.photo.untag_photo import photo_at
from tagonaut.tagging.workers import Workers

_AT_ONCE = 200


def find_copies(
    workers: Workers, journal: Journal, root: Root, known: Collection[bytes], *, dry_run: bool
) -> Iterator[bytes]:
    """The paths of files that are copies of tagged photos, or of sidecars that were written.

    The journal gives each the history of what it is a copy of, except in a dry run. ``known`` are
    paths to leave out. Only files that no run has finished are read.
    """
    new = (path for path in _files(root.path) if path not in known)
    while paths := list(islice(new, _AT_ONCE)):
        seen = journal.seen(paths)
        for path in paths:
            if path in seen or journal.last(path) is not None:
                continue
            with suppress(OSError, PictureError):
                if _may_be_copy(journal, root, path):
                    with opened(photo_at(journal, root, path)) as photo:
                        with workers.exiftool() as tool:
                            current = fields_of(tool, photo)
                        if history_of(journal, photo, current, dry_run=dry_run).writes:
                            yield path


def _may_be_copy(journal: Journal, root: Root, path: bytes) -> bool:
    with root.file(Path(os.fsdecode(path))) as file:
        if journal.writes_of(digest(file)):
            return True
        with suppress(PictureError):
            return bool(journal.writes_with(pixels_digest(file)))
    return False


def _files(root: Path) -> Iterator[bytes]:
    """The paths of all pictures and sidecars in the archive, but not in archives within it."""
    for place, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name != OWN_FOLDER and not is_archive(Path(place, name))
        )
        for name in sorted(files):
            file = Path(place, name)
            if is_picture(file) or file.suffix.lower() == ".xmp":
                yield os.fsencode(file.relative_to(root))

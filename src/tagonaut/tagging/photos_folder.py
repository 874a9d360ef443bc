"""The one folder of photos whose copies or sidecars a tree has, noted in the tree's journal."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import digest, stamp
from tagonaut.tagging.journal import Journal, archive_id, name_of
from tagonaut.tagging.options import TagOptions

_SAMPLE = 20


def as_part(journal: Journal | None, photos: Path, options: TagOptions) -> tuple[Path, TagOptions]:
    """The folder of the photos whose tags a tree has, and options for the part that is meant.

    ``photos`` are that folder, or a folder in it. Its path tells, or, if it is gone from there,
    its inode or its own id, or else that the same photos are in it. Raises ``TagonautError`` for
    another folder: its photos would be taken for those of the same names.
    """
    noted = None if journal is None or options.out is None else journal.source()
    if noted is None or journal is None:
        return photos, options
    before, real = Path(os.fsdecode(noted[0])), photos.resolve()
    root = _same(before, noted[1], noted[2], (real, *real.parents))
    if root is None and _has_same_photos(journal, real):
        root = real
    if root is None:
        raise TagonautError(
            f"{options.out} has the tags of the photos in {before}, and {photos} is another folder:"
            " nothing done; name another folder for the tags of these, or, if they are the same"
            f" photos in a new place, make {before} a symbolic link to it"
        )
    if root == real:
        return photos, options
    part = real.relative_to(root)
    parts = frozenset({part} if options.parts is None else {part / one for one in options.parts})
    return root, replace(options, parts=parts)


def note_folder(journal: Journal, photos: Path) -> None:
    """Note the folder of the photos whose tags a tree has."""
    identity = None
    with suppress(TagonautError):
        identity = archive_id(photos)
    journal.note_source(os.fsencode(photos.resolve()), identity, _inode(photos))


def _same(
    before: Path, identity: str | None, inode: int | None, folders: Iterable[Path]
) -> Path | None:
    """The first of these folders that is the one which was at ``before``."""
    gone = _is_gone(before)
    for folder in folders:
        with suppress(OSError):
            if folder == before or folder.samefile(before):
                return folder
        with suppress(OSError, TagonautError):
            if gone and inode is not None and _inode(folder) == inode:
                return folder
            if gone and identity is not None and archive_id(folder) == identity:
                return folder
    return None


def _has_same_photos(journal: Journal, folder: Path) -> bool:
    """Whether the photos that the tree has the tags of are in a folder, as far as a sample tells.

    So it is where archive and tree were copied to another disk, and both are still there.
    """
    for path, before, content in journal.sources(_SAMPLE):
        try:
            file = folder / name_of(path)
            if stamp(file) != before and (not content or digest(file) != content):
                return False
        except (OSError, PictureError):
            return False
    return True


def _is_gone(folder: Path) -> bool:
    """Whether there is no such folder, or nothing in it, as where a disk was mounted."""
    try:
        with os.scandir(folder) as found:
            return next(found, None) is None
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _inode(folder: Path) -> int | None:
    """The inode of a folder; None for the top of a disk, where many disks have the same."""
    return None if os.path.ismount(folder) else folder.stat().st_ino & 2**63 - 1  # as SQLite holds

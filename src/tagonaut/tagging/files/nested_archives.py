"""No archive is part of another: each has a journal and a lock of its own."""

import os
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError
from tagonaut.tagging.journal.location import OWN_FOLDER, id_file, old_journal_of


def is_archive(folder: Path) -> bool:
    """Whether a folder was tagged, or tagged into, as a whole."""
    # Not pathlib's: a folder that we may not look into is none of ours, and no error.
    return any(os.path.exists(path) for path in (id_file(folder), old_journal_of(folder)))  # noqa: PTH110


def archive_around(folder: Path) -> Path | None:
    """The nearest archive that a folder, there or not, lies in."""
    return next(filter(is_archive, folder.resolve().parents), None)


def check_not_inside(root: Path) -> None:
    """Raise ``TagonautError`` for a folder within an archive, unless it is one already."""
    if not is_archive(root) and (around := archive_around(root)) is not None:
        raise TagonautError(
            f"{root} lies in {around}, which was tagged as a whole and has the journal of all that"
            " is in it: name that folder, or one outside of it"
        )


def check_part(folder: Path) -> None:
    """Raise ``PictureError`` for a folder, met in an archive, that is an archive itself."""
    if is_archive(folder):
        raise PictureError(
            "the folder was tagged by itself and has a journal of its own: left alone; tag it by"
            f" itself, or untag it and remove the {OWN_FOLDER} in it"
        )

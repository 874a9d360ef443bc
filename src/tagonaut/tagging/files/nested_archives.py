"""Checks that no archive is part of another: each has a journal and a lock of its own."""

from pathlib import Path, PurePath

from tagonaut.errors import PictureError, TagonautError
from tagonaut.tagging.journal import OWN_FOLDER, is_archive


def archive_around(folder: Path) -> Path | None:
    """The nearest archive around a folder, which need not exist."""
    return next(filter(is_archive, folder.resolve().parents), None)


def check_not_inside(root: Path) -> None:
    """Raise ``TagonautError`` for a folder within an archive, unless it is one already."""
    if not is_archive(root) and (around := archive_around(root)) is not None:
        raise TagonautError(
            f"{root} lies in {around}, which was tagged as a whole and has the journal of all that"
            " is in it: name that folder, or one outside of it"
        )


def check_part(folder: Path) -> None:
    """Raise ``PictureError`` for a folder within an archive that is an archive itself."""
    if is_archive(folder):
        raise PictureError(
            "the folder was tagged by itself and has a journal of its own: left alone; tag it by"
            f" itself, or untag it and remove the {OWN_FOLDER} in it"
        )


def check_apart(photos: PurePath, to: PurePath) -> None:
    """Raise ``TagonautError`` if copies in ``to`` would come among the photos.

    Symbolic links in both are resolved already.
    """
    if photos.is_relative_to(to) and photos != to:
        raise TagonautError(
            f"{photos} lies in {to}: copies would come among the photos, give them a folder of"
            " their own"
        )

"""Removes the tags that runs wrote from a folder of photos."""

from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagging.files import archive_around, is_archive
from tagonaut.tagging.options import UntagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.untag import untag_folder


def untag(photos: Path, options: UntagOptions | None = None) -> Summary:
    """Remove the tags that runs wrote to the photos below a folder. Ctrl-C ends it between photos.

    Otherwise as ``untag_folder``. Raises ``TagonautError``.
    """
    options = options or UntagOptions()
    if not photos.is_dir():
        raise TagonautError(
            f"{photos} is not a folder: name the one that was tagged"
            if photos.exists()
            else f"{photos}: folder not found"
        )
    around = None if is_archive(photos) or options.journal else archive_around(photos)
    if around is not None:
        raise TagonautError(
            f"{photos} is part of {around}, which was tagged as a whole: untag {around}"
        )
    with stoppable("Finishing the photos under way; the same command continues from there") as stop:
        return untag_folder(photos, options, stop=stop)

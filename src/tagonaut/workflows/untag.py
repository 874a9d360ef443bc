"""Removes the tags that runs wrote from a folder of photos."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagging.files import find_parts
from tagonaut.tagging.options import UntagOptions
from tagonaut.tagging.priority import lower_priority
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.untag import untag_folder

GOES_ON = "Finishing the photos under way; the same command continues from there"


def untag(
    photos: Path | Sequence[Path],
    options: UntagOptions | None = None,
    *,
    listed: Sequence[Path] | None = None,
) -> Summary:
    """Remove the tags that runs wrote to the photos below a folder. Ctrl-C ends it between photos.

    ``photos``: the folder that was tagged, or folders and photos of it; of ``listed`` paths, if
    there are any, see ``find_parts``. Otherwise as ``untag_folder``. Raises ``TagonautError``.
    """
    options = options or UntagOptions()
    given = [photos] if isinstance(photos, Path) else list(photos)
    found = find_parts(given, listed)
    if not found.root.is_dir():
        raise TagonautError(f"{found.root}: folder not found")
    if options.nice:
        lower_priority()
    with stoppable(GOES_ON) as stop:
        summary = untag_folder(found.root, replace(options, parts=found.parts.paths), stop=stop)
    return summary.with_faults(found.faults, found.notes)

"""The files that stay behind where tagged copies of photos are made."""

import os
from collections import Counter
from pathlib import Path

from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.files.raw import is_raw
from tagonaut.tagging.journal import OWN_FOLDER


def left_behind(photos: Path, to: Path) -> Counter[str]:
    """How many files below ``photos`` are no photos and were not copied to ``to``, by suffix.

    The suffix is in lower case, and empty for a file without one. Sidecars go with their photos.
    """
    found: Counter[str] = Counter()
    for place, folders, files in os.walk(photos):
        folders[:] = [
            folder
            for folder in folders
            if folder != OWN_FOLDER
            and not is_temporary(folder)
            and not _is(to, Path(place, folder))
        ]
        for file in map(Path, files):
            if is_picture(file) or is_raw(file) or is_temporary(file.name):
                continue
            suffix = file.suffix.lower()
            if suffix != ".xmp" or not (to / Path(place).relative_to(photos) / file).exists():
                found[suffix] += 1
    return found


def _is(to: Path, folder: Path) -> bool:
    try:
        return to.samefile(folder)
    except OSError:
        return False

"""The pictures below a folder, one after the other, in order."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.replacing import is_temporary

OWN_FOLDER = ".tagonaut"


def walk(
    root: Path,
    *,
    leave_out: Path | None = None,
    enter: Callable[[Path], None],
    report: Callable[[Path, str], None],
) -> Iterator[Path]:
    """Paths of pictures relative to ``root``, sorted by their bytes, told by their suffix.

    Only the names in the folders from the root to the present one are in memory. Folders behind
    symbolic links, ``leave_out`` and our own folder are not entered. ``enter`` gets each folder,
    relative, before anything in it; ``report`` what cannot be walked, with the reason.
    Raises ``TagonautError`` if the root itself cannot be read.
    """
    left_out = None if leave_out is None else _identity(leave_out)
    stack = [iter(_entries(root, Path(), report, enter))]
    while stack:
        name, is_folder = next(stack[-1], (None, False))
        if name is None:
            stack.pop()
        elif not is_folder:
            yield name
        elif left_out is None or _identity(root / name) != left_out:
            stack.append(iter(_entries(root, name, report, enter)))


def _entries(
    root: Path,
    folder: Path,
    report: Callable[[Path, str], None],
    enter: Callable[[Path], None],
) -> list[tuple[Path, bool]]:
    try:
        with os.scandir(root / folder) as entries:
            found = [entry for entry in entries if entry.name != OWN_FOLDER]
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror})"
        if folder == Path():
            raise TagonautError(f"{root}: {reason}") from None
        report(folder, reason)
        return []
    enter(folder)
    kept = []
    for entry in found:
        path = folder / entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                kept.append((os.fsencode(entry.name) + b"/", path, True))
            elif is_picture(path) and not is_temporary(entry.name) and not entry.is_dir():
                if entry.is_file() or entry.is_symlink():
                    kept.append((os.fsencode(entry.name), path, False))
                else:
                    report(path, "not a file")
        except OSError as error:
            report(path, f"cannot be read ({error.strerror})")
    return [(path, is_folder) for _, path, is_folder in sorted(kept)]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

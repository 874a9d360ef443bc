"""A walk over the pictures below a folder, in order, in bounded memory."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.files.raw import is_raw
from tagonaut.tagging.journal import OWN_FOLDER


def walk_photos(
    root: Path,
    *,
    leave_out: Path | None = None,
    enter: Callable[[Path], None],
    report: Callable[[Path, str], None],
) -> Iterator[Path]:
    """Yield the paths of pictures relative to ``root``, sorted by their bytes.

    The suffix decides what is a picture. Memory holds only the names in the folders from the root
    to the current one. Folders behind symbolic links, ``leave_out`` and our own folder are not
    entered. ``enter`` is called with each relative folder before anything in it, and may raise
    ``PictureError`` to leave it out. ``report`` is called with each unreadable path and the reason.
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
            found = [
                entry
                for entry in entries
                if entry.name != OWN_FOLDER and not is_temporary(entry.name)
            ]
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror})"
        if folder == Path():
            raise TagonautError(f"{root}: {reason}") from None
        report(folder, reason)
        return []
    try:
        enter(folder)
    except PictureError as error:
        report(folder, str(error))
        return []
    kept = []
    for entry in found:
        path = folder / entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                kept.append((os.fsencode(entry.name) + b"/", path, True))
            elif _is_photo(entry) and not entry.is_dir():
                if entry.is_file() or entry.is_symlink():
                    kept.append((os.fsencode(entry.name), path, False))
                else:
                    report(path, "not a file")
        except OSError as error:
            report(path, f"cannot be read ({error.strerror})")
    return [(path, is_folder) for _, path, is_folder in sorted(kept)]


def count_photos(root: Path, *, leave_out: Path | None = None, ended: Callable[[], bool]) -> int:
    """About the number of paths that ``walk_photos`` yields; fewer if ``ended`` becomes true."""
    left_out = None if leave_out is None else _identity(leave_out)
    found = 0
    folders = [os.fspath(root)]
    while folders and not ended():
        # One open folder at a time, at any depth; the walk reports what cannot be read.
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    found += _is_photo(entry)
                elif not (entry.name == OWN_FOLDER or is_temporary(entry.name)) and (
                    left_out is None or _identity(Path(entry.path)) != left_out
                ):
                    folders.append(entry.path)
    return found


def _is_photo(entry: os.DirEntry[str]) -> bool:
    path = Path(entry.name)
    return (is_picture(path) or is_raw(path)) and not is_temporary(entry.name)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

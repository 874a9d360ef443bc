"""The photos of a store, one after the other, in order."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath as Path

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import SUFFIXES as PICTURES
from tagonaut.tagging.files.raw import SUFFIXES as RAW
from tagonaut.tagging.journal.location import OWN_FOLDER
from tagonaut.tagging.ray.store import Entry, Store


@dataclass(frozen=True)
class Found:
    """A photo by its name in the store; ``beside`` is the name of a raw file's sidecar."""

    name: str
    size: int
    time: int
    beside: str = ""


def walk(
    store: Store, *, leave_out: Store | None = None, report: Callable[[str, str], None]
) -> Iterator[Found]:
    """Photos, told by their suffix, sorted by the bytes of their names.

    Only the listings of the folders from the root to the present one are in memory. ``leave_out``
    and our own folder are not entered; ``report`` gets what cannot be walked, with the reason.
    Raises ``TagonautError`` if the root itself cannot be read.
    """
    left_out = None
    if leave_out is not None and type(leave_out.files) is type(store.files):
        left_out = leave_out.root
    stack = [iter(_sorted(store, "", report))]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, Found):
            yield found
        elif store.path(found) != left_out:
            stack.append(iter(_sorted(store, found, report)))


def _sorted(store: Store, folder: str, report: Callable[[str, str], None]) -> list[Found | str]:
    """The photos and sub-folders of a folder, as their paths' bytes are sorted."""
    try:
        entries = store.entries(folder)
    except Exception as error:  # each file system has errors of its own
        reason = f"the folder cannot be read ({_told(error)})"
        if not folder:
            raise TagonautError(f"{store}: {reason}") from None
        report(folder, reason)
        return []
    names = {entry.name for entry in entries if entry.is_file}
    found: list[tuple[bytes, Found | str]] = []
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_folder:
            if entry.name != OWN_FOLDER:
                found.append((os.fsencode(entry.name) + b"/", path))
        elif not is_photo(entry.name):
            continue
        elif not entry.is_file:
            report(path, "not a file")
        elif reason := unsuitable(path):
            report(path, reason)
        else:
            photo = Found(path, entry.size, entry.time, _beside(entry, names))
            found.append((os.fsencode(entry.name), photo))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def is_photo(name: str) -> bool:
    """Whether a file's name says that it is a picture or a raw file."""
    suffix = Path(name).suffix.lower()
    return (suffix in PICTURES or suffix in RAW) and not is_temporary(name)


def unsuitable(name: str) -> str:
    """Why no local file can have such a name, which keys of object stores may; or nothing."""
    parts = name.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in name:
        return "no file can have such a name"
    if max(len(os.fsencode(part)) for part in parts) > 255:
        return "a name of more than 255 bytes"
    return ""


def _beside(photo: Entry, names: set[str]) -> str:
    """A raw file's sidecar, if it has one that no other file of its name may claim."""
    path = Path(photo.name)
    if path.suffix.lower() not in RAW:
        return ""
    if f"{photo.name}.xmp" in names:
        return f"{photo.name}.xmp"
    shared = f"{path.stem}.xmp"
    if shared not in names:
        return ""
    return (
        "" if any(Path(one).stem == path.stem for one in names - {photo.name, shared}) else shared
    )


def _told(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or " ".join(str(error).split()) or type(error).__name__

"""A walk over the photos of a store, in order, in bounded memory."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from unicodedata import normalize

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import SUFFIXES as PICTURES
from tagonaut.tagging.files import RAW_SUFFIXES
from tagonaut.tagging.journal import OWN_FOLDER
from tagonaut.tagging.ray.store import Entry, Store, reason_of

MOST_PATH = 4000


@dataclass(frozen=True)
class Found:
    """A photo and its name in the store; ``beside`` is the name of a raw file's sidecar."""

    name: str
    size: int
    time: int
    beside: str = ""


def walk(
    store: Store,
    *,
    leave_out: Store | None = None,
    fold: bool = False,
    report: Callable[[str, str], None],
) -> Iterator[Found]:
    """Yield the photos, sorted by the bytes of their names; the suffix decides what is one.

    Memory holds only the listings of the folders from the root to the current one. ``leave_out``
    and our own folder are not entered. ``report`` is called with each unreadable name and the
    reason. ``fold``: of names that differ only in case or Unicode form, the first alone is walked,
    since the disk of the copies cannot tell them apart. Raises ``TagonautError`` if the root itself
    cannot be read.
    """
    place, left_out = store.place, None
    if leave_out is not None and store.shares_files_with(leave_out):
        left_out = leave_out.place

    def below(folder: str) -> Iterator[Found | str]:
        found = _sorted(store, folder, report)
        return _told_apart(found, report) if fold else iter(found)

    stack = [below("")]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, Found):
            yield found
        elif place / found != left_out:
            stack.append(below(found))


def _told_apart(
    found: list[Found | str], report: Callable[[str, str], None]
) -> Iterator[Found | str]:
    """Yield the first of each group of names in a folder that are one name to some disks."""
    first: dict[str, str] = {}
    for one in found:
        name = one if isinstance(one, str) else one.name
        folded = normalize("NFC", normalize("NFC", name).casefold())
        if first.setdefault(folded, name) == name:
            yield one
        else:
            other = PurePosixPath(first[folded]).name
            report(name, f"to the disk of the copies it has the name of {other!r}: rename one")


def _sorted(store: Store, folder: str, report: Callable[[str, str], None]) -> list[Found | str]:
    """The photos and sub-folders of a folder, sorted by the bytes of their paths."""
    try:
        entries = store.entries(folder)
    except Exception as error:  # each file system has errors of its own
        reason = f"the folder cannot be read ({reason_of(error)})"
        if not folder:
            raise TagonautError(f"{store}: {reason}") from None
        report(folder, reason)
        return []
    names = {entry.name for entry in entries if entry.is_file}
    found: list[tuple[bytes, Found | str]] = []
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_folder:
            if reason := unsuitable(path):
                report(path, reason)
            elif entry.name != OWN_FOLDER:
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
    """Whether a file has the suffix of a picture or of a raw file."""
    suffix = PurePosixPath(name).suffix.lower()
    return (suffix in PICTURES or suffix in RAW_SUFFIXES) and not is_temporary(name)


def unsuitable(name: str) -> str:
    """The reason why no local file can have a name, as an object store's key may; else empty."""
    parts = name.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in name:
        return "no file can have such a name"
    try:
        sizes = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        return "no file can have such a name"
    if max(sizes) > 255:
        return "a name of more than 255 bytes"
    # A store that lists a folder in itself would be walked without end.
    return "a path of more than 4,000 bytes" if sum(sizes) + len(sizes) > MOST_PATH else ""


def _beside(photo: Entry, names: set[str]) -> str:
    """The name of a raw file's sidecar, if no other file can claim it; else empty."""
    path = PurePosixPath(photo.name)
    if path.suffix.lower() not in RAW_SUFFIXES:
        return ""
    if f"{photo.name}.xmp" in names:
        return f"{photo.name}.xmp"
    shared = f"{path.stem}.xmp"
    if shared not in names:
        return ""
    others = names - {photo.name, shared}
    return "" if any(PurePosixPath(one).stem == path.stem for one in others) else shared

"""A walk over the photos of a store, in order, in bounded memory."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self
from unicodedata import normalize

from tagonaut.data.ignoring import IGNORE_FILE, MOST_BYTES, Rules, lines_of
from tagonaut.data.passed_over import EXCLUDED, EXCLUDED_FOLDERS, PassedOver
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import SUFFIXES as PICTURES
from tagonaut.tagging.files import RAW_SUFFIXES
from tagonaut.tagging.journal import OWN_FOLDER
from tagonaut.tagging.ray.store import Entry, Store, reason_of

MOST_PATH = 4000


@dataclass(frozen=True)
class Found:
    """A photo and its name in the store.

    ``beside`` are the names, without the folder, of the sidecars that it may have: ``IMG.jpg.xmp``,
    then ``IMG.xmp``. That is the photo's only if it names the photo's extension where
    ``namesakes``, other ``IMG.*``, are beside it.
    """

    name: str
    size: int
    time: int
    beside: tuple[str, ...] = ()
    namesakes: bool = False


def walk(
    store: Store,
    *,
    leave_out: Store | None = None,
    fold: bool = False,
    report: Callable[[str, str], None],
    passed: PassedOver | None = None,
) -> Iterator[Found]:
    """Yield the photos, sorted by the bytes of their names; the suffix decides what is one.

    Memory holds only the listings of the folders from the root to the current one. ``leave_out``
    and our own folder are not entered, and the ignore files and the default patterns hold as in
    ``walk_photos``. ``fold``: of names that differ only in case or Unicode form, the first alone is
    walked, since the disk of the copies cannot tell them apart. ``report`` is called with each
    unreadable name and the reason; what else is left out is counted in ``passed``. Raises
    ``TagonautError`` if the root itself cannot be read.
    """
    place, left_out = store.place, None
    if leave_out is not None and store.shares_files_with(leave_out):
        left_out = leave_out.place
    listing = _Listing(store, report, passed or PassedOver(), fold)
    stack = [iter(listing.sorted("", Rules()))]
    while stack:
        found, rules = next(stack[-1], (None, Rules()))
        if found is None:
            stack.pop()
        elif isinstance(found, Found):
            yield found
        elif place / found != left_out:
            stack.append(iter(listing.sorted(found, rules)))


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


@dataclass(frozen=True)
class _Listing:
    store: Store
    report: Callable[[str, str], None]
    passed: PassedOver
    fold: bool

    def sorted(self, folder: str, rules: Rules) -> list[tuple[Found | str, Rules]]:
        """The photos and sub-folders of a folder, sorted by the bytes of their paths."""
        try:
            entries = self.store.entries(folder)
            rules = self._rules(folder, rules, entries)
        except PictureError as error:
            self.report(folder, str(error))
            return []
        except Exception as error:  # each file system has errors of its own
            reason = f"the folder cannot be read ({reason_of(error)})"
            if not folder:
                raise TagonautError(f"{self.store}: {reason}") from None
            self.report(folder, reason)
            return []
        beside = _Beside.of(entries)
        found: list[tuple[bytes, Found | str]] = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if (kept := self._kept(entry, path, beside, rules)) is not None:
                found.append((os.fsencode(entry.name) + b"/" * entry.is_folder, kept))
        by_name = [one for _, one in sorted(found, key=lambda pair: pair[0])]
        walked = _told_apart(by_name, self.report) if self.fold else by_name
        return [(one, rules) for one in walked]

    def _rules(self, folder: str, rules: Rules, entries: list[Entry]) -> Rules:
        name = f"{folder}/{IGNORE_FILE}" if folder else IGNORE_FILE
        for entry in entries:
            if entry.name == IGNORE_FILE:
                if not entry.is_file or entry.size > MOST_BYTES:
                    raise PictureError("its .tagonautignore is no plain file, or is too large")
                lines = lines_of(self.store.read(name) or b"")
                return rules.below(folder and f"{folder}/", lines)
        return rules

    def _kept(self, entry: Entry, path: str, beside: "_Beside", rules: Rules) -> Found | str | None:
        """A photo, or the path of a folder; None for what is left out, counted or reported."""
        if not entry.is_folder and not is_photo(entry.name):
            return None
        if not entry.is_folder and not entry.is_file:
            self.report(path, "not a file")
        elif reason := unsuitable(path):
            self.report(path, reason)
        elif not entry.is_folder and rules.excludes(path):
            self.passed.add_file(EXCLUDED, entry.name)
        elif not entry.is_folder:
            return Found(path, entry.size, entry.time, *beside.of_photo(entry.name))
        elif entry.name != OWN_FOLDER and rules.excludes(f"{path}/"):
            self.passed.add(EXCLUDED_FOLDERS, entry.name)
        elif entry.name != OWN_FOLDER:
            return path
        return None


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


@dataclass(frozen=True)
class _Beside:
    """The sidecars in a folder, and how many entries have each name but for its suffix."""

    sidecars: frozenset[str]
    stems: Counter[str]

    @classmethod
    def of(cls, entries: list[Entry]) -> Self:
        sidecars = (one.name for one in entries if one.is_file and one.name.endswith(".xmp"))
        stems = Counter(PurePosixPath(one.name).stem for one in entries)
        return cls(frozenset(sidecars), stems)

    def of_photo(self, photo: str) -> tuple[tuple[str, ...], bool]:
        """The names of the sidecars that a photo may have, and whether ``IMG.xmp`` is in doubt."""
        found = tuple(name for name in sidecar_names(photo) if name in self.sidecars)
        stem = PurePosixPath(photo).stem
        # The photo and the sidecar are two of them.
        return found, f"{stem}.xmp" in found and self.stems[stem] > 2


def sidecar_names(photo: str) -> tuple[str, str]:
    """The names that a photo's sidecars may have, without the folder."""
    path = PurePosixPath(photo)
    return f"{path.name}.xmp", f"{path.stem}.xmp"

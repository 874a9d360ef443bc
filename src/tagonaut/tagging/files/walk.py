"""A walk over the pictures below a folder, in order, in bounded memory."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tagonaut.data.ignoring import IGNORE_FILE, Rules, read_ignore_file
from tagonaut.data.passed_over import (
    EXCLUDED,
    EXCLUDED_FOLDERS,
    LINKED_FOLDERS,
    LINKS,
    NOT_CHOSEN,
    PassedOver,
    says_nothing,
)
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import is_temporary
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.files.parts import Parts
from tagonaut.tagging.files.raw import is_raw
from tagonaut.tagging.journal import OWN_FOLDER, Journal, name_of

_JPEG = b"\xff\xd8\xff"

Report = Callable[[Path, str], None]


@dataclass(frozen=True)
class Selected:
    """The photos of a folder that a walk takes.

    ``exclude`` and ``only`` are patterns as ``tagonaut.data.ignoring`` reads them; the ignore files
    in the folders and the default patterns hold in any case. ``parts``: only what lies in these.
    ``any_name``: also JPEGs whose names do not say so. ``links``: also links to photos.
    """

    rules: Rules = field(default_factory=Rules)
    parts: Parts = field(default_factory=Parts)
    any_name: bool = False
    links: bool = True

    @property
    def everything(self) -> bool:
        """Whether no photo is left out by the command."""
        return self.parts == Parts() and self.rules == Rules()

    def takes(self, photo: Path) -> bool:
        """Whether the command means a relative path, whatever the folders' files say."""
        return self.parts.hold(photo) and self.rules.takes(photo.as_posix())


def is_selected(journal: Journal, selected: Selected, path: bytes) -> bool:
    """Whether a command means a photo in the journal; a sidecar goes by its photo.

    Ignore files in the folders are not asked. Raises ``PictureError`` for a path that is no name.
    """
    if selected.everything:
        return True
    name = name_of(path)
    if name.suffix.lower() == ".xmp":
        last = journal.last(path)
        if last is not None and last.sidecar_of is not None:
            name = name_of(last.sidecar_of)
    return selected.takes(name)


class _Entry(NamedTuple):
    path: Path
    is_folder: bool


def walk_photos(
    root: Path,
    *,
    leave_out: Path | None = None,
    enter: Callable[[Path], None],
    report: Report,
    selected: Selected | None = None,
    passed: PassedOver | None = None,
) -> Iterator[Path]:
    """Yield the paths of pictures relative to ``root``, sorted by their bytes.

    The suffix decides what is a picture. Memory holds only the names in the folders from the root
    to the current one. Folders behind symbolic links, ``leave_out`` and our own folder are not
    entered. ``enter`` is called with each relative folder before anything in it, and may raise
    ``PictureError`` to leave it out. ``report`` is called with each unreadable path and the reason,
    and everything else that is not yielded is counted in ``passed``. Raises ``TagonautError`` if
    the root itself cannot be read.
    """
    walk = _Walk(root, selected or Selected(), report, passed or PassedOver())
    left_out = None if leave_out is None else _identity(leave_out)
    stack = [iter(walk.entries(Path(), walk.selected.rules, enter))]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
            continue
        entry, rules = found
        if not entry.is_folder:
            yield entry.path
        elif left_out is None or _identity(root / entry.path) != left_out:
            stack.append(iter(walk.entries(entry.path, rules, enter)))


@dataclass(frozen=True)
class _Walk:
    root: Path
    selected: Selected
    report: Report
    passed: PassedOver

    def entries(
        self, folder: Path, rules: Rules, enter: Callable[[Path], None]
    ) -> list[tuple[_Entry, Rules]]:
        """The photos and folders in a folder, sorted, with the rules that hold in it."""
        try:
            with os.scandir(self.root / folder) as entries:
                found = [entry for entry in entries if not _is_ours(entry.name)]
        except OSError as error:
            reason = f"the folder cannot be read ({error.strerror})"
            if folder == Path():
                raise TagonautError(f"{self.root}: {reason}") from None
            self.report(folder, reason)
            return []
        try:
            rules = _rules_in(self.root, folder, rules, found)
            enter(folder)
        except PictureError as error:
            self.report(folder, str(error))
            return []
        kept = []
        for entry in found:
            path = folder / entry.name
            try:
                if (kind := self._kind(entry, path, rules)) is not None:
                    name = os.fsencode(entry.name) + b"/" * kind.is_folder
                    kept.append((name, kind))
            except OSError as error:
                self.report(path, f"cannot be read ({error.strerror})")
        return [(entry, rules) for _, entry in sorted(kept)]

    def _kind(self, entry: os.DirEntry[str], path: Path, rules: Rules) -> _Entry | None:
        """The entry if it is taken; otherwise it is counted or reported."""
        if entry.is_dir(follow_symlinks=False):
            if not self.selected.parts.touch(path):
                return None
            if rules.excludes(f"{path.as_posix()}/"):
                self.passed.add(EXCLUDED_FOLDERS, entry.name)
                return None
            return _Entry(path, True)
        if not self.selected.parts.hold(path) or entry.name == IGNORE_FILE:
            return None
        if entry.is_dir():
            self.passed.add(LINKED_FOLDERS, entry.name)
        elif not is_photo(entry, any_name=self.selected.any_name):
            self.passed.add_other(entry.name)
        elif rules.excludes(path.as_posix()):
            self.passed.add_file(EXCLUDED, entry.name)
        elif not rules.chooses(path.as_posix()):
            self.passed.add_file(NOT_CHOSEN, entry.name)
        elif entry.is_symlink() and not self.selected.links:
            self.passed.add_file(LINKS, entry.name)
        elif entry.is_file() or entry.is_symlink():
            return _Entry(path, False)
        else:
            self.report(path, "not a file")
        return None


def count_photos(
    root: Path,
    *,
    leave_out: Path | None = None,
    ended: Callable[[], bool],
    selected: Selected | None = None,
) -> int:
    """About the number of paths that ``walk_photos`` yields; fewer if ``ended`` becomes true."""
    selected = selected or Selected()
    left_out = None if leave_out is None else _identity(leave_out)
    found = 0
    folders = [(Path(), selected.rules)]
    while folders and not ended():
        folder, rules = folders.pop()
        # One open folder at a time, at any depth; the walk reports what cannot be read.
        with suppress(OSError, PictureError):
            with os.scandir(root / folder) as listed:
                entries = [entry for entry in listed if not _is_ours(entry.name)]
            rules = _rules_in(root, folder, rules, entries)
            for entry in entries:
                path = folder / entry.name
                if not entry.is_dir(follow_symlinks=False):
                    found += _counts(entry, path, selected, rules)
                elif (
                    selected.parts.touch(path)
                    and not rules.excludes(f"{path.as_posix()}/")
                    and (left_out is None or _identity(root / path) != left_out)
                ):
                    folders.append((path, rules))
    return found


def _counts(entry: os.DirEntry[str], path: Path, selected: Selected, rules: Rules) -> bool:
    name = path.as_posix()
    return (
        selected.parts.hold(path)
        and is_photo(entry, any_name=selected.any_name)
        and not rules.excludes(name)
        and rules.chooses(name)
        and (selected.links or not entry.is_symlink())
    )


def is_photo(entry: os.DirEntry[str], *, any_name: bool = False) -> bool:
    """Whether a file has the suffix of a photo; with ``any_name`` also an unknown JPEG."""
    path = Path(entry.name)
    if is_picture(path) or is_raw(path):
        return True
    if not any_name or not says_nothing(entry.name) or not entry.is_file(follow_symlinks=False):
        return False
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with suppress(OSError), open(os.open(entry.path, flags), "rb") as file:  # noqa: PTH123
        return file.read(len(_JPEG)) == _JPEG
    return False


def _is_ours(name: str) -> bool:
    return name == OWN_FOLDER or is_temporary(name)


def _rules_in(root: Path, folder: Path, rules: Rules, entries: list[os.DirEntry[str]]) -> Rules:
    """The rules in a folder. Raises ``PictureError`` for an ignore file that cannot be used."""
    if not any(entry.name == IGNORE_FILE for entry in entries):
        return rules
    above = "" if folder == Path() else f"{folder.as_posix()}/"
    return rules.below(above, read_ignore_file(root / folder))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

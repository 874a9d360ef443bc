"""The tags in photos that a run wrote and no person confirmed: nothing is learned from them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from tagonaut.data.readers import Reading
from tagonaut.data.readers import read as read_labelled
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import Stamp
from tagonaut.files.held import Root
from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal import OWN_FOLDER, Journal, is_archive, journal_of, open_read_only
from tagonaut.tagging.photo.human_edits import confirmed
from tagonaut.tagging.photo.identity import history_of
from tagonaut.tagging.photo.keyword_plan import Photo, without
from tagonaut.tagging.photo.sidecar_photo import photo_of_sidecar

if TYPE_CHECKING:
    from tagonaut.data.dataset import Dataset

_NOT_TOLD = "the tags that Tagonaut wrote cannot be told from people's, and count as true"


def read(source: str | Path, images: str | Path | None = None, **how: Unpack[Reading]) -> "Dataset":
    """Read labelled pictures as ``tagonaut.data.readers.read`` does.

    Tags in photos that Tagonaut wrote, and that no person confirmed, are unknown; with
    ``machine_tags=None`` they count as true. Raises ``DataError``.
    """
    how.setdefault("machine_tags", own_tags)
    return read_labelled(source, images, **how)


@contextmanager
def own_tags() -> Iterator["OwnTags"]:
    """Finds the tags of ours in photos, by the journals of the archives that they lie in."""
    with ExitStack() as stack:
        yield OwnTags(stack)


@dataclass(frozen=True)
class _Archive:
    root: Root
    journal: Journal
    written: frozenset[str]


@dataclass
class OwnTags:
    """``notes`` name the archives whose journals are not here, or are not or cannot be read.

    Journals are opened when the first photo of their archive is asked for, and never changed.
    """

    _stack: ExitStack
    notes: list[str] = field(default_factory=list)
    _archives: dict[Path, _Archive | None] = field(default_factory=dict)

    def of(self, file: Path, found: Keywords) -> set[str]:
        """Those of a photo's or a sidecar's keywords that are ours, and that no person confirmed.

        A file that was moved or copied within its archive is recognised by its content.
        """
        words = {*found.tags()}
        # The way to the photo may lead through links, and archives are known by where they are.
        real = file.resolve()
        archive = self._archive_of(real.parent) if words else None
        # Nothing but a word that a run wrote can be ours: no other file is read for its content.
        if archive is None or not archive.written & words:
            return set()
        with suppress(OSError, PictureError):
            return words - _of_people(archive, real, found)
        return set()

    def _archive_of(self, folder: Path) -> _Archive | None:
        if folder not in self._archives:
            if _has_journals_of_a_cluster(folder):
                self.notes.append(
                    f"{_NOT_TOLD}: {folder} holds copies that --engine ray made, whose journals are"
                    " not read here: name the folder of the originals instead"
                )
            if is_archive(folder):
                self._archives[folder] = self._opened(folder)
            elif folder == folder.parent:
                self._archives[folder] = None
            else:
                self._archives[folder] = self._archive_of(folder.parent)
        return self._archives[folder]

    def _opened(self, root: Path) -> _Archive | None:
        try:
            path = journal_of(root)
            journal = self._stack.enter_context(open_read_only(root, path))
            if journal is None:
                return None
            held = self._stack.enter_context(Root(root))
            return _Archive(held, journal, frozenset(journal.written_words()))
        except TagonautError as error:
            self.notes.append(f"{_NOT_TOLD}: {error}")
            return None


def _has_journals_of_a_cluster(folder: Path) -> bool:
    # Unlike pathlib's, this is false and no error for a folder that we may not read.
    return os.path.exists(folder / OWN_FOLDER / "ray")  # noqa: PTH110


def _of_people(archive: _Archive, file: Path, found: Keywords) -> set[str]:
    """The keywords of a file without those of ours that no person confirmed."""
    path = file.relative_to(archive.root.path.absolute())
    stamp = Stamp.of(file.stat())
    photo = Photo(
        archive.root,
        archive.root,
        os.fsencode(path),
        file,
        file,
        file,
        stamp,
        stamp,
        None,
        sidecar_of=photo_of_sidecar(archive.journal, archive.root.path, os.fsencode(path)),
        file=file,
    )
    known = history_of(archive.journal, photo, found, dry_run=True)
    left = known.writes[0].after if known.writes else None
    ours = {fact.tag for fact in known.facts if fact.state == "written"}
    ours -= confirmed(known.facts, left, found)
    return {*without(found, known.writes, ours).tags()}

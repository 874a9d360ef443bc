"""Writing tags to one photo, all or nothing."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tagonaut.errors import (
    MetadataError,
    NoKeywordsError,
    PictureError,
    UnsureError,
    UnwritableError,
)
from tagonaut.files.atomic import (
    ABSENT,
    Identity,
    Stamp,
    copy,
    copy_attributes,
    digest,
    finish_sidecar,
    stamp,
    sync_folder,
)
from tagonaut.files.delta import delta
from tagonaut.files.held import HeldFolder, PrivateFile, private_file, take_place
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import Change
from tagonaut.metadata.sidecars import holds_nothing, read_sidecar, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.writing import write_copy
from tagonaut.tagging.journal import Journal, Write, name_of
from tagonaut.tagging.photo.history import History
from tagonaut.tagging.photo.identity import capture_of, history_of, pixels_of
from tagonaut.tagging.photo.keyword_plan import Photo, Planned, Writing, planned
from tagonaut.tagging.photo.original import Original, original_of, rebuilt
from tagonaut.tagging.summary import Kind, Outcome
from tagonaut.tagging.workers import Workers

ONLY_FIELDS_NOTE = (
    "writing changed too much of some files for the journal to keep it: untag restores their"
    " keyword fields, and not the very bytes"
)


UNREAD_NOTE = "its own keywords could not be read, as it is damaged: its sidecar has none of them"


@dataclass(frozen=True)
class Edit:
    """A change of a photo's keyword fields ``before``, and what the journal records of it.

    ``run`` is the run that chose the tags ``added``, with their scores, and ``taken``; None: tags
    are untagged. ``labels`` are the labels of tags, ``runs`` the runs of those that stay from other
    runs. ``keep_time``: the time of modification stays.
    A sidecar that ``may_go`` is removed if nothing is left in it. ``content`` is the SHA-256 of the
    file that the photo is made from, if it is known. ``original`` is the file to put back, if that
    can be had, and else the change is made. With ``keep_delta`` the journal gets what leads from
    the new file back to the one before.
    """

    before: Keywords
    change: Change
    run: str | None = None
    added: Mapping[str, float] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
    keep_time: bool = False
    may_go: bool = False
    content: str | None = None
    original: Original | None = None
    keep_delta: bool = False


def write_tags(
    workers: Workers,
    journal: Journal | None,
    photo: Photo,
    tags: Mapping[Tag, float],
    writing: Writing,
    *,
    scores: Mapping[str, float] | None = None,
) -> Outcome:
    """Write ``tags``, with their scores, to a photo; in a dry run only report the outcome.

    ``scores``, by label, go into a field of our own. Raises ``PictureError`` or ``OSError``; the
    photo and its target are then unchanged.
    """
    record = None if writing.dry_run else journal
    if record is not None:
        check_settled(record, photo.path)
    with opened(photo) as open_photo, _with_content(open_photo):
        before, embedded, unread = _fields_and_embedded(workers, open_photo)
        known = history_of(journal, open_photo, before, dry_run=writing.dry_run)
        found = planned(before, embedded, open_photo, tags, writing, known, scores)
        lost: tuple[str, ...] = ()
        if record is not None:
            lost = _apply(workers, record, open_photo, before, found, writing, known)
    notes = (*photo.notes, *known.notes, *found.change.notes, *_refusals(tags, found), *lost)
    return Outcome(
        photo.name,
        _kind(photo, before, found),
        notes=notes,
        own_notes=(*known.own_notes, *unread),
        tags=tuple(tag.name for tag in tags),
        changed=tuple(found.added),
        taken=found.taken,
    )


@contextmanager
def _with_content(photo: Photo) -> Iterator[None]:
    """Have an ``UnwritableError`` say which content of the photo's base it is about."""
    try:
        yield
    except UnwritableError as error:
        if photo.file is not None:
            error.content = digest(photo.file)
        raise


def _fields_and_embedded(
    workers: Workers, photo: Photo
) -> tuple[Keywords, Keywords | None, tuple[str, ...]]:
    """The fields of the base, and those in the photo itself if its sidecar has no tags yet.

    With a note if a photo that is damaged does not tell them.
    """
    with workers.exiftool() as tool:
        before = fields_of(tool, photo)
        if photo.sidecar_of is None or before.tags():
            return before, None, ()
        with picture_of(photo) as picture:
            try:
                return before, read_keywords(tool, picture), ()
            except NoKeywordsError:
                return before, None, (UNREAD_NOTE,)


@contextmanager
def opened(photo: Photo) -> Iterator[Photo]:
    """The photo with its base open, so that it stays that file whatever is put in its place.

    Raises ``PictureError`` for a base behind a symbolic link below the folder, ``OSError`` for one
    that cannot be opened. Links to photos count where copies are tagged.
    """
    if photo.base is None:
        yield photo
        return
    with _base_of(photo) as file:
        yield replace(photo, file=file)


@contextmanager
def _base_of(photo: Photo) -> Iterator[Path]:
    assert photo.base is not None
    if photo.base == photo.target:
        root, name = photo.root, name_of(photo.path)
    else:
        root, name = photo.photos, photo.name.with_name(photo.base.name)
    with root.file(name, follow=photo.base != photo.target) as file:
        yield file


@contextmanager
def picture_of(photo: Photo) -> Iterator[Path]:
    """A path of the picture that a sidecar belongs to, open as long as the block lasts."""
    with photo.photos.file(photo.name, follow=photo.photos is not photo.root) as file:
        yield file


def _apply(
    workers: Workers,
    journal: Journal,
    photo: Photo,
    before: Keywords,
    found: Planned,
    writing: Writing,
    known: History,
) -> tuple[str, ...]:
    """Write what was planned; a note if the journal cannot keep what leads back to the file."""
    journal.confirm(photo.path, found.confirmed)
    journal.refuse(photo.path, found.refused)
    if photo.copy_to is not None:
        copy_as_it_is(photo)
    if not found.change.changes(before) and photo.base in {None, photo.target}:
        check_untouched(photo)
        left = photo.there.stamp if photo.there else ABSENT
        journal.settle(
            *(photo.path, writing.run, photo.source, left),
            sidecar_of=photo.sidecar_of,
            beside=photo.source_sidecar,
        )
        return ()
    _check_unedited(journal, photo)
    edit = Edit(
        before,
        found.change,
        run=writing.run,
        added=found.added,
        taken=found.taken,
        labels=found.labels,
        runs=found.runs,
        keep_time=writing.keep_time,
        content=known.content,
        keep_delta=writing.keep_deltas
        and (photo.afresh or not known.writes or original_of(journal, known) is not None),
    )
    kept = replace_photo(workers, journal, photo, edit).has_delta
    return () if kept or not edit.keep_delta or photo.file is None else (ONLY_FIELDS_NOTE,)


def _kind(photo: Photo, before: Keywords, found: Planned) -> Kind:
    if found.change.changes(before):
        return "written"
    copied = (photo.copy_to or photo.base) not in {None, photo.target}
    return "copied" if copied else "nothing to do"


def _refusals(tags: Mapping[Tag, float], found: Planned) -> list[str]:
    return [
        f"{tag.name!r} was taken away by a person: not written again"
        for tag in tags
        if tag.name in found.refused
    ]


def _check_unedited(journal: Journal, photo: Photo) -> None:
    """Raise ``PictureError`` for a copy that a person edited, and that would be made anew."""
    if photo.afresh and photo.there is not None:
        left = journal.last_digest(photo.path)
        if left is not None and _digest_of_target(photo) != left:
            raise PictureError(f"it has changed, and so has {photo.target}: left alone")


def check_settled(journal: Journal, path: bytes) -> None:
    """Raise ``PictureError`` if a killed run's write to a photo is still unsettled."""
    if journal.unfinished(path):
        raise PictureError(
            "a run was killed while it wrote to this photo, which could not be read since: left"
            " alone; the next run looks again"
        )


def check_untouched(photo: Photo, folder: HeldFolder | None = None) -> None:
    """Raise ``PictureError`` if a photo, or its folder, has changed since the first look at it."""
    now = _identity_of_target(photo, folder)
    same = now == photo.there or bool(now and photo.there and photo.there.is_still(now))
    if photo.base == photo.target:
        base = None if now is None else now.stamp
    else:
        base = None if photo.base is None else _stamp_of_source(photo, photo.base.name)
    moved = photo.sidecar_of is not None and (
        _stamp_of_source(photo, photo.name.name) != photo.source
    )
    if base != photo.seen or not same or moved:
        raise PictureError("it was changed while it was worked on: left alone")


def _identity_of_target(photo: Photo, folder: HeldFolder | None) -> Identity | None:
    """The identity of the file at the target's path; None if there is none."""
    name = name_of(photo.path)
    with suppress(FileNotFoundError):
        if folder is None:
            with photo.root.below(name.parent) as now:
                return Identity.of(now.stat(name.name))
        if photo.root.has_still(folder, name.parent):
            return Identity.of(folder.stat(name.name))
    return None


def _stamp_of_source(photo: Photo, name: str) -> Stamp:
    """The stamp of a file beside the picture, or ``ABSENT``; links count where copies are made."""
    follow = photo.photos is not photo.root
    with suppress(FileNotFoundError), photo.photos.below(photo.name.parent) as folder:
        return Stamp.of(os.stat(name, dir_fd=folder.handle, follow_symlinks=follow))
    return ABSENT


def _digest_of_target(photo: Photo) -> str:
    with photo.root.file(name_of(photo.path)) as file:
        return digest(file)


def fields_of(tool: ExifTool, photo: Photo) -> Keywords:
    """The keyword fields of the file that the photo is made from."""
    if photo.file is None:
        return Keywords()
    return (read_keywords if photo.sidecar_of is None else read_sidecar)(tool, photo.file)


class Replaced(NamedTuple):
    """The SHA-256 of a new file, empty if there is none, and whether a delta leads back from it."""

    content: str
    has_delta: bool


def replace_photo(workers: Workers, journal: Journal, photo: Photo, edit: Edit) -> Replaced:
    """Replace a photo by an edited copy, or remove its sidecar; the journal records every step.

    Raises ``PictureError`` or ``OSError``; the photo and its target are then unchanged.
    """
    with ExitStack() as stack:
        name = name_of(photo.path)
        # Only copies get new folders: one that vanished from among the photos stays away.
        copies = photo.root is not photo.photos
        folder = stack.enter_context(photo.root.below(name.parent, make=copies))
        new = stack.enter_context(private_file(folder))
        if photo.file is not None:
            new.check_private(photo.file)
        after = _make(workers, photo, new, edit)
        gone = edit.may_go and holds_nothing(new.path)
        write = _write_of(photo, edit, None if gone else (new.path, after))
        left = ABSENT if gone else stamp(new.path)
        kept = None
        if edit.keep_delta and photo.file is not None and not gone:
            kept = delta(new.path, photo.file)
        check_untouched(photo, folder)
        number = journal.begin(write, kept)
        try:
            # The journal may have waited for the disk, and somebody may have saved the photo.
            check_untouched(photo, folder)
            if gone:
                # The temporary file goes with the same sync, as no later run may clear it away.
                new.remove()
                folder.unlink(name.name)
                sync_folder(folder.inside)
            else:
                take_place(new, name.name)
        except (OSError, PictureError):
            journal.failed(number)
            raise
        journal.done(number, left)
        return Replaced(write.digest_after, kept is not None)


def _write_of(photo: Photo, edit: Edit, new: tuple[Path, Keywords] | None) -> Write:
    """The journal's record of a write; ``new`` is the new file with its fields, if there is one."""
    digest_before = edit.content or ("" if photo.file is None else digest(photo.file))
    return Write(
        path=photo.path,
        run=edit.run,
        source=photo.source,
        before=edit.before,
        after=Keywords() if new is None else new[1],
        digest_before=digest_before,
        digest_after="" if new is None else digest(new[0]),
        tags=dict(edit.added),
        afresh=photo.afresh,
        labels={tag: edit.labels[tag] for tag in edit.added if edit.labels.get(tag, tag) != tag},
        taken=edit.taken,
        sidecar_of=photo.sidecar_of,
        digest_there=_digest_there(photo, digest_before),
        pixels=pixels_of(photo),
        capture=capture_of(photo),
        beside=photo.source_sidecar,
        runs={tag: run for tag, run in edit.runs.items() if tag in edit.added},
    )


def _digest_there(photo: Photo, digest_before: str) -> str:
    if photo.there is None:
        return ""
    return _digest_of_target(photo) if photo.afresh else digest_before


def _make(workers: Workers, photo: Photo, new: PrivateFile, edit: Edit) -> Keywords:
    """Write the new file durably, and return its fields."""
    is_sidecar = photo.sidecar_of is not None
    if photo.file is None:
        with workers.exiftool() as tool:
            after = write_sidecar(tool, None, new.path, edit.before, edit.change)
        with picture_of(photo) as picture:
            photo.root.not_kept |= finish_sidecar(new.path, picture)
        return after
    original = edit.original
    if original and rebuilt(original, photo.file, new.path, new.folder, sidecar=is_sidecar):
        after = original.fields
    elif is_sidecar or edit.change.changes(edit.before):
        checked = partial(write_copy, check_untag=edit.run is not None)
        write = write_sidecar if is_sidecar else checked
        of = photo.file, new.path, edit.before, edit.change
        with workers.exiftool() as tool:
            after = _at_most_twice(tool, lambda tool: write(tool, *of), new)
    else:
        after = edit.before
        copy(photo.file, new.path)
    keep_time = edit.keep_time and not is_sidecar
    photo.root.not_kept |= copy_attributes(new.path, photo.file, keep_time=keep_time)
    return after


def _at_most_twice(
    tool: ExifTool, write: Callable[[ExifTool], Keywords], new: PrivateFile
) -> Keywords:
    """Write, and where that is refused try a second time, to tell the file from its ExifTool.

    Raises ``UnwritableError`` if it is refused twice, ``UnsureError`` for different reasons. If it
    is not, this ExifTool failed in silence: raises ``MetadataError``, and the next run may do it.
    """
    try:
        return write(tool)
    except UnwritableError as first:
        new.path.unlink(missing_ok=True)
        tool.close()
        try:
            write(tool)
        except UnwritableError as second:
            if str(second) == str(first):
                raise
            raise UnsureError(str(first)) from second
        raise MetadataError(str(first)) from first


def copy_as_it_is(photo: Photo) -> None:
    """Copy a photo with its time of modification, durably, unless the copy exists."""
    name = photo.name
    with ExitStack() as stack:
        source = stack.enter_context(picture_of(photo))
        folder = stack.enter_context(photo.root.below(name.parent, make=True))
        with suppress(FileNotFoundError):
            if Stamp.of(folder.stat(name.name)) == stamp(source):
                return
        new = stack.enter_context(private_file(folder))
        new.check_private(source)
        copy(source, new.path)
        photo.root.not_kept |= copy_attributes(new.path, source, keep_time=True)
        take_place(new, name.name)

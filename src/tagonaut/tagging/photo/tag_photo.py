"""Writing tags to one photo, all or nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import (
    ABSENT,
    copy,
    copy_attributes,
    digest,
    finish_sidecar,
    identity,
    make_folder,
    stamp,
    stamp_or_absent,
    sync_folder,
    take_place,
    temporary,
)
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import Change
from tagonaut.metadata.sidecars import holds_nothing, read_sidecar, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.writing import write_copy
from tagonaut.tagging.journal import Journal, Write
from tagonaut.tagging.photo.identity import history_of, pixels_of
from tagonaut.tagging.photo.keyword_plan import Photo, Planned, Writing, planned
from tagonaut.tagging.summary import Kind, Outcome
from tagonaut.tagging.workers import Workers


@dataclass(frozen=True)
class Edit:
    """A change of a photo's keyword fields ``before``, and what the journal records of it.

    ``run`` is the run that chose the tags ``added``, with their scores, and ``taken``; None: tags
    are untagged. ``labels`` are the labels of tags. ``keep_time``: the time of modification stays.
    A sidecar that ``may_go`` is removed if nothing is left in it. ``content`` is the SHA-256 of the
    file that the photo is made from, if it is known.
    """

    before: Keywords
    change: Change
    run: str | None = None
    added: Mapping[str, float] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    keep_time: bool = False
    may_go: bool = False
    content: str | None = None


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
    with workers.exiftool() as tool:
        before = fields_of(tool, photo)
        embedded = None
        if photo.sidecar_of is not None and not before.tags():
            embedded = read_keywords(tool, photo.picture)
    known = history_of(journal, photo, before, dry_run=writing.dry_run)
    found = planned(before, embedded, photo, tags, writing, known.facts, known.writes, scores)
    if record is not None:
        _apply(workers, record, photo, before, found, writing, known.content)
    return Outcome(
        photo.name,
        _kind(photo, before, found),
        notes=(*photo.notes, *known.notes, *found.change.notes, *_refusals(tags, found)),
        tags=tuple(tag.name for tag in tags),
        changed=tuple(found.added),
        taken=found.taken,
    )


def _apply(
    workers: Workers,
    journal: Journal,
    photo: Photo,
    before: Keywords,
    found: Planned,
    writing: Writing,
    content: str | None,
) -> None:
    journal.confirm(photo.path, found.confirmed)
    journal.refuse(photo.path, found.refused)
    if photo.copy_to is not None:
        copy_as_it_is(photo.picture, photo.copy_to)
    if not found.change.changes(before) and photo.base in {None, photo.target}:
        check_untouched(photo)
        left = photo.there.stamp if photo.there else ABSENT
        journal.settle(photo.path, writing.run, photo.source, left, sidecar_of=photo.sidecar_of)
        return
    _check_unedited(journal, photo)
    edit = Edit(
        before,
        found.change,
        run=writing.run,
        added=found.added,
        taken=found.taken,
        labels=writing.labels,
        keep_time=writing.keep_time,
        content=content,
    )
    replace_photo(workers, journal, photo, edit)


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
        if left is not None and digest(photo.target) != left:
            raise PictureError(f"it has changed, and so has {photo.target}: left alone")


def check_settled(journal: Journal, path: bytes) -> None:
    """Raise ``PictureError`` if a killed run's write to a photo is still unsettled."""
    if journal.unfinished(path):
        raise PictureError(
            "a run was killed while it wrote to this photo, which could not be read since: left"
            " alone; the next run looks again"
        )


def check_untouched(photo: Photo) -> None:
    """Raise ``PictureError`` if a photo has changed since the first look at it."""
    now = identity(photo.target) if os.path.lexists(photo.target) else None
    same = now == photo.there or bool(now and photo.there and photo.there.is_still(now))
    base = None if photo.base is None else stamp(photo.base)
    moved = photo.sidecar_of is not None and stamp_or_absent(photo.picture) != photo.source
    if base != photo.seen or not same or moved:
        raise PictureError("it was changed while it was worked on: left alone")


def fields_of(tool: ExifTool, photo: Photo) -> Keywords:
    """The keyword fields of the file that the photo is made from."""
    if photo.base is None:
        return Keywords()
    return (read_keywords if photo.sidecar_of is None else read_sidecar)(tool, photo.base)


def replace_photo(workers: Workers, journal: Journal, photo: Photo, edit: Edit) -> None:
    """Replace a photo by an edited copy, or remove its sidecar; the journal records every step.

    Raises ``PictureError`` or ``OSError``; the photo and its target are then unchanged.
    """
    folder = photo.target.parent
    make_folder(folder)
    with temporary(folder) as new:
        after = _make(workers, photo, new, edit)
        gone = edit.may_go and holds_nothing(new)
        write = _write_of(photo, edit, None if gone else (new, after))
        left = ABSENT if gone else stamp(new)
        check_untouched(photo)
        number = journal.begin(write)
        try:
            # The journal may have waited for the disk, and somebody may have saved the photo.
            check_untouched(photo)
            if gone:
                # The temporary file goes with the same sync, as no later run may clear it away.
                new.unlink()
                photo.target.unlink()
                sync_folder(folder)
            else:
                take_place(new, photo.target)
        except (OSError, PictureError):
            journal.failed(number)
            raise
        journal.done(number, left)


def _write_of(photo: Photo, edit: Edit, new: tuple[Path, Keywords] | None) -> Write:
    """The journal's record of a write; ``new`` is the new file with its fields, if there is one."""
    digest_before = edit.content or ("" if photo.base is None else digest(photo.base))
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
        pixels=None if photo.base is None else pixels_of(photo, photo.base),
    )


def _digest_there(photo: Photo, digest_before: str) -> str:
    if photo.there is None:
        return ""
    return digest(photo.target) if photo.afresh else digest_before


def _make(workers: Workers, photo: Photo, new: Path, edit: Edit) -> Keywords:
    """Write the new file durably, and return its fields."""
    if photo.sidecar_of is not None:
        with workers.exiftool() as tool:
            after = write_sidecar(tool, photo.base, new, edit.before, edit.change)
        if photo.base is None:
            finish_sidecar(new, photo.picture)
        else:
            copy_attributes(new, photo.base)
        return after
    assert photo.base is not None
    after = edit.before
    if edit.change.changes(edit.before):
        with workers.exiftool() as tool:
            after = write_copy(tool, photo.base, new, edit.before, edit.change)
    else:
        copy(photo.base, new)
    copy_attributes(new, photo.base, keep_time=edit.keep_time)
    return after


def copy_as_it_is(source: Path, target: Path) -> None:
    """Copy a file with its time of modification, durably, unless the copy exists."""
    if os.path.lexists(target) and stamp(target) == stamp(source):
        return
    make_folder(target.parent)
    with temporary(target.parent) as new:
        copy(source, new)
        copy_attributes(new, source, keep_time=True)
        take_place(new, target)

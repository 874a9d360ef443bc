"""One photo gets its tags: all or nothing."""

import os
from collections.abc import Mapping
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
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.records import Write
from tagonaut.tagging.photo.identity import history_of, pixels_of
from tagonaut.tagging.photo.keyword_plan import Photo, Writing, planned
from tagonaut.tagging.summary import Kind, Outcome
from tagonaut.tagging.workers import Tools


def tag_photo(
    tools: Tools,
    journal: Journal | None,
    photo: Photo,
    tags: Mapping[Tag, float],
    writing: Writing,
    *,
    scores: Mapping[str, float] | None = None,
) -> Outcome:
    """Put ``tags``, with their scores, on a photo; a dry run only says what would be done.

    ``scores``, by label, go into a field of our own. Raises ``PictureError`` or ``OSError``: the
    photo and what stood at its target are then as they were.
    """
    if journal is not None and not writing.dry_run:
        check_settled(journal, photo.path)
    with tools.one() as tool:
        before = fields_of(tool, photo)
        embedded = None
        if photo.sidecar_of is not None and not before.tags():
            embedded = read_keywords(tool, photo.picture)
    known = history_of(journal, photo, before, dry_run=writing.dry_run)
    found = planned(before, embedded, photo, tags, writing, known.facts, known.writes, scores)
    changed = found.change.changes(before)
    copied = not changed and (photo.copy_to or photo.base) not in {None, photo.target}
    if journal is not None and not writing.dry_run:
        journal.confirm(photo.path, found.confirmed)
        journal.refuse(photo.path, found.refused)
        if photo.copy_to is not None:
            copy_as_it_is(photo.picture, photo.copy_to)
        if changed or (copied and photo.base not in {None, photo.target}):
            _check_unedited(journal, photo)
            put(
                tools,
                journal,
                photo,
                before,
                found.change,
                run=writing.run,
                added=found.added,
                taken=found.taken,
                labels=writing.labels,
                keep_time=writing.keep_time,
                content=known.content,
            )
        else:
            check_untouched(photo)
            left = photo.there.stamp if photo.there else ABSENT
            journal.settle(photo.path, writing.run, photo.source, left, sidecar_of=photo.sidecar_of)
    kind: Kind = "written" if changed else "copied" if copied else "nothing to do"
    kept_away = [
        f"{tag.name!r} was taken away by a person: not written again"
        for tag in tags
        if tag.name in found.refused
    ]
    return Outcome(
        photo.name,
        kind,
        notes=(*photo.notes, *known.notes, *found.change.notes, *kept_away),
        tags=tuple(tag.name for tag in tags),
        changed=tuple(found.added),
        taken=found.taken,
    )


def _check_unedited(journal: Journal, photo: Photo) -> None:
    """A copy that shall be made anew must not hold what a person wrote since."""
    if photo.afresh and photo.there is not None:
        left = journal.last_digest(photo.path)
        if left is not None and digest(photo.target) != left:
            raise PictureError(f"it has changed, and so has {photo.target}: left alone")


def check_settled(journal: Journal, path: bytes) -> None:
    """Raise ``PictureError`` if it is not known whether an earlier write has taken place."""
    if journal.unfinished(path):
        raise PictureError(
            "a run was cut off at it, and how that ended could not be looked at: left alone; the"
            " next run looks again"
        )


def check_untouched(photo: Photo) -> None:
    """Raise ``PictureError`` if it is not as it was at first sight."""
    now = identity(photo.target) if os.path.lexists(photo.target) else None
    same = now == photo.there or bool(now and photo.there and photo.there.is_still(now))
    base = None if photo.base is None else stamp(photo.base)
    moved = photo.sidecar_of is not None and stamp_or_absent(photo.picture) != photo.source
    if base != photo.seen or not same or moved:
        raise PictureError("it was changed while it was worked on: left alone")


def fields_of(tool: ExifTool, photo: Photo) -> Keywords:
    """The fields of what the photo is made from."""
    if photo.base is None:
        return Keywords()
    return (read_keywords if photo.sidecar_of is None else read_sidecar)(tool, photo.base)


def put(
    tools: Tools,
    journal: Journal,
    photo: Photo,
    before: Keywords,
    change: Change,
    *,
    run: str | None,
    added: Mapping[str, float],
    taken: tuple[str, ...] = (),
    labels: Mapping[str, str],
    keep_time: bool,
    may_go: bool = False,
    content: str | None = None,
) -> None:
    """A changed copy takes the photo's place, and the journal knows of it at every moment.

    A sidecar that ``may_go`` is removed instead if it says nothing any more. ``content`` is the
    SHA-256 of what the photo is made from, if it is known.
    """
    make_folder(photo.target.parent)
    with temporary(photo.target.parent) as new:
        after = _make(tools, photo, new, before, change, keep_time=keep_time)
        gone = may_go and holds_nothing(new)
        digest_before = content or ("" if photo.base is None else digest(photo.base))
        write = Write(
            path=photo.path,
            run=run,
            source=photo.source,
            before=before,
            after=Keywords() if gone else after,
            digest_before=digest_before,
            digest_after="" if gone else digest(new),
            tags=dict(added),
            afresh=photo.afresh,
            labels={tag: labels[tag] for tag in added if labels.get(tag, tag) != tag},
            taken=taken,
            sidecar_of=photo.sidecar_of,
            digest_there=_digest_there(photo, digest_before),
            pixels=None if photo.base is None else pixels_of(photo, photo.base),
        )
        left = ABSENT if gone else stamp(new)
        check_untouched(photo)
        number = journal.begin(write)
        try:
            # The disk may have kept the journal waiting, and somebody may have saved meanwhile.
            check_untouched(photo)
            if gone:
                # With the same sync: nobody may come again who would clear it away.
                new.unlink()
                photo.target.unlink()
                sync_folder(photo.target.parent)
            else:
                take_place(new, photo.target)
        except (OSError, PictureError):
            journal.failed(number)
            raise
        journal.done(number, left)


def _digest_there(photo: Photo, digest_before: str) -> str:
    if photo.there is None:
        return ""
    return digest(photo.target) if photo.afresh else digest_before


def _make(
    tools: Tools, photo: Photo, new: Path, before: Keywords, change: Change, *, keep_time: bool
) -> Keywords:
    """The new file, on disk, and its fields."""
    if photo.sidecar_of is not None:
        with tools.one() as tool:
            after = write_sidecar(tool, photo.base, new, before, change)
        if photo.base is None:
            finish_sidecar(new, photo.picture)
        else:
            copy_attributes(new, photo.base)
        return after
    assert photo.base is not None
    after = before
    if change.changes(before):
        with tools.one() as tool:
            after = write_copy(tool, photo.base, new, before, change)
    else:
        copy(photo.base, new)
    copy_attributes(new, photo.base, keep_time=keep_time)
    return after


def copy_as_it_is(source: Path, target: Path) -> None:
    """A copy with the time of change too, unless there is one already; durable."""
    if os.path.lexists(target) and stamp(target) == stamp(source):
        return
    make_folder(target.parent)
    with temporary(target.parent) as new:
        copy(source, new)
        copy_attributes(new, source, keep_time=True)
        take_place(new, target)

"""One photo gets its tags, or gives them back: all or nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from tagonaut.errors import PictureError
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import Keywords, read_keywords
from tagonaut.metadata.planning import Change, plan, restore
from tagonaut.metadata.writing import write_copy
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.records import Write, name_of
from tagonaut.tagging.replacing import (
    Stamp,
    copy,
    digest,
    finish,
    make_folder,
    stamp,
    take_place,
    temporary,
)
from tagonaut.tagging.summary import Kind, Outcome
from tagonaut.tagging.workers import Tools


@dataclass(frozen=True)
class Photo:
    """A photo to be tagged: read from ``base``, put to ``target``; the same file in place.

    ``path`` is relative to the archive's root. The stamps are those of first sight: ``source`` of
    the photo in the folder that was walked, ``seen`` of ``base``, ``there`` of what already stood
    at ``target``.
    """

    path: bytes
    base: Path
    target: Path
    source: Stamp
    seen: Stamp
    there: Stamp | None

    @property
    def name(self) -> Path:
        """The path, as a path."""
        return name_of(self.path)


def tag_photo(
    tools: Tools,
    journal: Journal | None,
    photo: Photo,
    run: str,
    tags: Mapping[str, float],
    *,
    dry_run: bool,
) -> Outcome:
    """Put ``tags``, with their scores, on a photo; a dry run only says what would be done.

    Raises ``PictureError`` or ``OSError``: the photo and what stood at its target are then as they
    were.
    """
    with tools.one() as tool:
        before = read_keywords(tool, photo.base)
    refused = _refused(journal, photo, before) if journal else set()
    change = plan(before, list(tags), recognise(photo.base), refused=refused)
    there = {*(before.iptc or ()), *(before.subject or ())}
    ours = [tag for tag in tags if tag in (change.subject or ()) and tag not in there]
    changed = change.changes(before)
    copied = not changed and photo.base != photo.target
    if journal is not None and not dry_run:
        journal.refuse(photo.path, refused)
        if changed or copied:
            added = {tag: tags[tag] for tag in ours}
            _put(tools, journal, photo, before, change, run=run, added=added)
        else:
            _check_untouched(photo)
            journal.settle(photo.path, run, photo.source, photo.seen)
    kind: Kind = "written" if changed else "copied" if copied else "nothing to do"
    return Outcome(photo.name, kind, notes=change.notes, tags=tuple(tags), changed=tuple(ours))


def untag_photo(
    tools: Tools, journal: Journal, root: Path, path: bytes, *, dry_run: bool
) -> Outcome:
    """Take back what all runs have written to a photo; raises as ``tag_photo`` does."""
    target = root / name_of(path)
    check_own_file(target)
    seen = stamp(target)
    photo = Photo(path, target, target, seen, seen, seen)
    with tools.one() as tool:
        current = read_keywords(tool, target)
    writes = journal.writes(path)
    change = restore(current, [(write.before, write.after) for write in writes])
    ours = tuple(tag for tag in dict.fromkeys(tag for write in writes for tag in write.tags))
    changed = change.changes(current)
    if changed and not dry_run:
        _put(tools, journal, photo, current, change, run=None, added={})
    elif not dry_run:
        journal.undone(path)
    gone = ours if changed else ()
    return Outcome(photo.name, "written" if changed else "nothing to do", changed=gone)


def check_own_file(path: Path) -> None:
    """Raise ``PictureError`` for anything that must not be replaced, ``OSError`` for nothing."""
    mode = path.lstat().st_mode
    if S_ISLNK(mode):
        raise PictureError("a symbolic link: left alone")
    if not S_ISREG(mode):
        raise PictureError("not a file")


def _refused(journal: Journal, photo: Photo, current: Keywords) -> set[str]:
    """Tags that a person took away after we had written them, from one field at least."""
    facts = journal.facts(photo.path)
    refused = {tag for tag, state in facts.items() if state == "refused"}
    writes = journal.writes(photo.path)
    if writes and photo.base == photo.target:
        left = writes[0].after
        for was, now in ((left.iptc, current.iptc), (left.subject, current.subject)):
            refused |= {
                tag
                for tag, state in facts.items()
                if state == "written" and tag in (was or ()) and tag not in (now or ())
            }
    return refused - ({*(current.iptc or ())} & {*(current.subject or ())})


def _check_untouched(photo: Photo) -> None:
    there = stamp(photo.target) if os.path.lexists(photo.target) else None
    if stamp(photo.base) != photo.seen or there != photo.there:
        raise PictureError("it was changed while it was worked on: left alone")


def _put(
    tools: Tools,
    journal: Journal,
    photo: Photo,
    before: Keywords,
    change: Change,
    *,
    run: str | None,
    added: Mapping[str, float],
) -> None:
    make_folder(photo.target.parent)
    with temporary(photo.target.parent) as new:
        if change.changes(before):
            with tools.one() as tool:
                after = write_copy(tool, photo.base, new, before, change)
        else:
            copy(photo.base, new)
            after = before
        finish(new, photo.base)
        write = Write(
            path=photo.path,
            run=run,
            source=photo.source,
            before=before,
            after=after,
            digest_before=digest(photo.base),
            digest_after=digest(new),
            tags=dict(added),
            afresh=photo.base != photo.target,
        )
        left = stamp(new)
        _check_untouched(photo)
        number = journal.begin(write)
        try:
            take_place(new, photo.target)
        except OSError:
            journal.failed(number)
            raise
        journal.done(number, left)

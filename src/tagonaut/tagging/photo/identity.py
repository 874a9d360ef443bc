"""Which photo stands at a path: the one that the journal knows by it, or another."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import digest
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.records import Fact, State, Write, name_of
from tagonaut.tagging.photo.keyword_plan import Photo

RESTORED_NOTE = (
    "photos were put back as they were before they were tagged: no decision about tags is seen in"
    " that"
)
REPLACED_NOTE = (
    "other pictures stand in the places of some that were tagged: what is known of those is not"
    " applied to them"
)


@dataclass(frozen=True)
class Known:
    """What the journal knows of the photo that stands at a path; writes in force, newest first.

    ``content`` is the file's SHA-256, if it had to be looked at.
    """

    facts: Sequence[Fact] = ()
    writes: Sequence[Write] = ()
    notes: tuple[str, ...] = ()
    content: str | None = None


def history_of(
    journal: Journal | None, photo: Photo, current: Keywords, *, dry_run: bool = False
) -> Known:
    """What is known of the very photo that stands at a path, with the fields ``current``.

    One that was put back as it was before a write is known as before that write. One that we left
    at a path where it is no longer is known by what we left there. Of another picture than the one
    that we left, nothing is known. The journal follows, except in a dry run.
    """
    if journal is None:
        return Known()
    if photo.afresh:
        return Known(journal.told(photo.path))
    last = journal.last_digest(photo.path)
    if photo.base is None or (last is None and not any(_lists(current))):
        return _told(journal, photo.path)
    content = digest(photo.target)
    if last == content:
        return replace(_told(journal, photo.path), content=content)
    with journal.alone():
        found = _found(journal, photo, current, content, dry_run=dry_run)
    return replace(found, content=content)


def _found(
    journal: Journal, photo: Photo, current: Keywords, content: str, *, dry_run: bool
) -> Known:
    path = photo.path
    known = _told(journal, path)
    if gone := _taken_back(known.writes, content):
        facts = _facts_before(known.facts, gone)
        if not dry_run:
            journal.revert(path, gone, facts)
        return Known(facts, known.writes[len(gone) :], (RESTORED_NOTE,))
    root = _root(photo)
    for write in journal.left_as(content):
        if write.path != path and _is_gone(root, write):
            moved = _told(journal, write.path)
            if not dry_run:
                journal.move(write.path, path, photo.sidecar_of)
            here = [replace(one, path=path, sidecar_of=photo.sidecar_of) for one in moved.writes]
            return Known(moved.facts, here)
    if _is_another(journal.last(path), photo, current):
        if not dry_run:
            journal.set_aside(path)
        return Known(notes=(REPLACED_NOTE,))
    return known


def _told(journal: Journal, path: bytes) -> Known:
    return Known(journal.told(path), journal.writes(path))


def _taken_back(writes: Sequence[Write], content: str) -> Sequence[Write]:
    """The writes, newest first, that are not in a file of that SHA-256: it was so before them."""
    before = [number for number, write in enumerate(writes) if write.digest_before == content]
    return writes[: before[-1] + 1] if before else []


def _facts_before(facts: Iterable[Fact], gone: Iterable[Write]) -> list[Fact]:
    """The facts as they were before these writes, newest first."""
    states: dict[str, State] = {}
    for write in gone:
        states.update(dict.fromkeys(write.tags, "undone"))
        states.update(dict.fromkeys(write.taken, "written"))
    return [
        fact._replace(state=states.get(fact.tag, fact.state))
        if fact.state in {"written", "undone"}
        else fact
        for fact in facts
    ]


def _is_another(last: Write | None, photo: Photo, current: Keywords) -> bool:
    """Whether the picture is another than the one that we last left.

    Somebody may have retouched that: then every keyword field is as we left it.
    """
    if last is None or last.pixels is None:
        return False
    if current.tags() and _lists(current) == _lists(last.after):
        return False
    return pixels_of(photo, photo.target) not in {last.pixels, None}


def _lists(fields: Keywords) -> list[tuple[str, ...] | None]:
    return [fields.words(field) for field in WORD_FIELDS]


def pixels_of(photo: Photo, file: Path) -> str | None:
    """The digest of a photo's pixels; None for a sidecar, and where they cannot be told apart."""
    return _pixels(file) if photo.sidecar_of is None else None


def _pixels(file: Path) -> str | None:
    with suppress(PictureError):
        return pixels_digest(file)
    return None


def _root(photo: Photo) -> Path:
    return photo.target.parents[len(name_of(photo.path).parts) - 1]


def _is_gone(root: Path, write: Write) -> bool:
    """Whether the photo that we left there is there no longer, nor changed by somebody since."""
    if b"\0" in write.path:
        return True
    file = root / name_of(write.path)
    if not os.path.lexists(file):
        return True
    with suppress(OSError):
        return (
            write.pixels is not None
            and digest(file) != write.digest_after
            and _pixels(file) not in {write.pixels, None}
        )
    return False

"""The identity of the photo at a path, and with it its history in the journal."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import digest
from tagonaut.files.held import Root
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.tagging.journal import Fact, Journal, State, Write, name_of
from tagonaut.tagging.journal.records import SCORES
from tagonaut.tagging.photo.capture import capture, is_same
from tagonaut.tagging.photo.history import History
from tagonaut.tagging.photo.keyword_fields import flat
from tagonaut.tagging.photo.keyword_plan import Photo

RESTORED_NOTE = (
    "photos were restored to what they were before tagging: that does not count as a decision about"
    " tags"
)
REPLACED_NOTE = (
    "some tagged photos were replaced by other pictures: the history of the earlier ones is not"
    " applied to those"
)
# A file with fewer of the words that we left is not known by them: anybody may write one word.
_FEWEST_WORDS = 2

DOUBT_NOTE = (
    "its pixels have changed, and nothing tells whether it is the photo that was tagged: its tags"
    " count as people's, and those that are gone from it are not written again"
)


def history_of(
    journal: Journal | None, photo: Photo, current: Keywords, *, dry_run: bool = False
) -> History:
    """The history of the photo at a path, whose keyword fields are ``current``.

    A photo that was moved keeps its history, and a copy of it has the same. A different picture at
    the same path has none; where nothing tells whether it is different, tags that are not in it
    stay refused. A photo that was restored to its state before a write has the history before that
    write. The journal is updated to match, except in a dry run.
    """
    if journal is None:
        return History()
    if photo.afresh:
        made = journal.last(photo.path)
        earlier = None if made is None else made.after
        return History(journal.facts(photo.path), earlier=earlier)
    last = journal.last_digest(photo.path)
    if photo.base is None or (last is None and not any(_lists(current))):
        return _recorded(journal, photo.path)
    assert photo.file is not None
    content = digest(photo.file)
    if last == content:
        return replace(_recorded(journal, photo.path), content=content)
    with journal.exclusive():
        found = _identified(journal, photo, current, content, dry_run=dry_run)
    return replace(found, content=content)


def _identified(
    journal: Journal, photo: Photo, current: Keywords, content: str, *, dry_run: bool
) -> History:
    path = photo.path
    known = _recorded(journal, path)
    if gone := _writes_missing_in(content, known.writes):
        facts = _facts_before(known.facts, gone)
        if not dry_run:
            journal.revert(path, gone, facts)
        return History(facts, known.writes[len(gone) :], (RESTORED_NOTE,))
    if (write := _alike(journal, photo, current, content)) is not None:
        return _of_write(journal, photo, write, dry_run=dry_run)
    last = journal.last(path)
    same = _is_the_same(last, known.facts, photo, current)
    if same:
        return known
    kept = [] if same is False else _refused(known.facts, current)
    if not dry_run:
        journal.keep_refused(path, kept)
    if same is False:
        return History(notes=(REPLACED_NOTE,))
    return History(kept, own_notes=(DOUBT_NOTE,))


def _alike(journal: Journal, photo: Photo, current: Keywords, content: str) -> Write | None:
    """The write that this file came from, at whatever path, and however its photo went on.

    It has the SHA-256 that the write left; or its pixels and most of its words, and it came here
    after the write: a person may have given the same words to another copy of the picture. Photos
    that are still as they were left then come first, and among them those that are gone from their
    paths.
    """
    found = journal.writes_of(content)
    if not found and _came_later(journal, photo) and (pixels := pixels_of(photo)):
        assert photo.file is not None
        # The one time that no program can set: a file that is older is no copy of our new one.
        since = photo.file.stat().st_ctime
        found = [
            write for write in journal.writes_with(pixels, since) if _has_words_of(write, current)
        ]
    return min(
        found,
        key=lambda one: (not _is_newest(journal, one), not _is_gone(photo.root, one)),
        default=None,
    )


def _came_later(journal: Journal, photo: Photo) -> bool:
    """Whether no run has finished a file at that path: what stood in it then was a person's."""
    return journal.last(photo.path) is None and not journal.seen([photo.path])


def _has_words_of(write: Write, current: Keywords) -> bool:
    """Whether a file has all that a write left in its keyword fields, or most of the words."""
    left = write.after
    if _lists(left) == _lists(current) and left.seal == current.seal:
        return True
    return _has_most({*left.tags()}, {*current.tags()})


def _has_most(left: AbstractSet[str], now: AbstractSet[str]) -> bool:
    """Whether most of the words that we left are there, and so many that it is no accident."""
    return len(left & now) >= _FEWEST_WORDS and 2 * len(left & now) > len(left)


def _of_write(journal: Journal, photo: Photo, write: Write, *, dry_run: bool) -> History:
    """The history of a file that came from a write: the photo's own if it was moved here."""
    moved = _is_newest(journal, write) and _is_gone(photo.root, write)
    there = _recorded(journal, write.path) if moved else _at_write(journal, write)
    if not dry_run:
        if moved:
            journal.move(write.path, photo.path, photo.sidecar_of)
        else:
            journal.copy(there.facts, there.writes, photo.path, photo.sidecar_of)
        return _recorded(journal, photo.path)
    here = [replace(one, path=photo.path, sidecar_of=photo.sidecar_of) for one in there.writes]
    return History(there.facts, here)


def _is_newest(journal: Journal, write: Write) -> bool:
    """Whether a write is in force, and no other came after it."""
    last, in_force = journal.last(write.path), journal.writes(write.path)
    return last is not None and last.number == write.number == (in_force or [last])[0].number


def _at_write(journal: Journal, write: Write) -> History:
    """The history of a photo up to one of its writes, as it was then.

    A person's decision of any time holds, but for the refusal of a tag that was there then.
    """
    writes = _in_force_at(journal, write)
    runs: dict[str, tuple[str, float]] = {}
    for one in reversed(writes):
        for tag in one.taken:
            runs.pop(tag, None)
        runs.update({tag: (one.run or "", score) for tag, score in one.tags.items()})
    there = flat(write.after)
    facts = []
    for fact in journal.facts(write.path):
        run, score = runs.get(fact.tag, (fact.run, fact.score))
        if fact.state == "confirmed" or (fact.state == "refused" and fact.tag not in there):
            facts.append(fact._replace(run=run, score=score))
        elif fact.tag in runs:
            facts.append(fact._replace(run=run, score=score, state="written"))
    return History(facts, writes)


def _in_force_at(journal: Journal, write: Write) -> Sequence[Write]:
    """The writes that were in force after a write, newest first."""
    recorded = journal.writes(write.path)
    if recorded and recorded[0].number == write.number:
        return recorded
    before = [one for one in journal.replacements(write.path) if one.number <= write.number]
    found: list[Write] = []
    while before and not before[0].everything:
        one, *before = before
        found.append(one)
        if one.afresh:
            break
        if before and one.digest_before not in {"", before[0].digest_after}:
            before = before[len(_writes_missing_in(one.digest_before, before)) :]
    return found


def _refused(facts: Iterable[Fact], current: Keywords) -> list[Fact]:
    """The tags that a person may have refused: they are not in the photo any more."""
    there = {*current.tags()}
    return [
        fact._replace(state="refused")
        for fact in facts
        if fact.state != "undone" and fact.tag not in there and fact.tag != SCORES
    ]


def _recorded(journal: Journal, path: bytes) -> History:
    return History(journal.facts(path), journal.writes(path))


def _writes_missing_in(content: str, writes: Sequence[Write]) -> Sequence[Write]:
    """The writes, newest first, since which a photo was restored to a file of that SHA-256."""
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


def _is_the_same(
    last: Write | None, facts: Iterable[Fact], photo: Photo, current: Keywords
) -> bool | None:
    """Whether the picture is the one that we last wrote; None if nothing tells.

    A retouched picture is the same one: all its keyword fields are as we wrote them. So is one that
    was turned or cropped, if it was taken at the same time by the same camera, or is the same
    document, or has most of the words still. One without any word is another. Of one that was
    taken at another time, only words of ours tell, for a person may have corrected the clock.
    """
    if last is None or last.pixels is None:
        return True
    if current.tags() and _lists(current) == _lists(last.after):
        return True
    if pixels_of(photo) in {last.pixels, None}:
        return True
    same = None
    with suppress(ValueError):
        same = is_same(last.capture, capture_of(photo))
    if same:
        return True
    left, now = {*last.after.tags()}, {*current.tags()}
    if same is False:
        left &= {fact.tag for fact in facts if fact.state in {"written", "confirmed"}}
        now &= left
    if _has_most(left, now):
        return True
    return None if now else False


def _lists(fields: Keywords) -> list[tuple[str, ...] | None]:
    return [fields.words(field) for field in WORD_FIELDS]


def pixels_of(photo: Photo) -> str | None:
    """The digest of the pixels of a photo's base; None for a sidecar, or if it has none."""
    return None if photo.file is None or photo.sidecar_of is not None else _pixels(photo.file)


def capture_of(photo: Photo) -> str | None:
    """What the metadata of a photo's base says of its origin; None for a sidecar."""
    return None if photo.file is None or photo.sidecar_of is not None else capture(photo.file)


def _pixels(file: Path) -> str | None:
    with suppress(PictureError):
        return pixels_digest(file)
    return None


def _is_gone(root: Root, write: Write) -> bool:
    """Whether the photo that we wrote is gone from its path, and not merely edited since."""
    if b"\0" in write.path:
        return True
    try:
        with root.file(name_of(write.path)) as file:
            return (
                write.pixels is not None
                and digest(file) != write.digest_after
                and _pixels(file) not in {write.pixels, None}
            )
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, PictureError):
        return False

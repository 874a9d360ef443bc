"""Removing our tags from one photo, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from tagonaut.files.atomic import identity, stamp_or_absent
from tagonaut.files.held import Root
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.planning import Change, keep, restore
from tagonaut.metadata.sidecars import holds_nothing
from tagonaut.tagging.files import check_one_name, check_own_file
from tagonaut.tagging.journal import Journal, Selection, Write, name_of
from tagonaut.tagging.options import UntagOptions
from tagonaut.tagging.photo import human_edits as decisions
from tagonaut.tagging.photo.history import History
from tagonaut.tagging.photo.identity import history_of
from tagonaut.tagging.photo.keyword_fields import added, contains, flat
from tagonaut.tagging.photo.keyword_plan import Photo, pairs, without
from tagonaut.tagging.photo.original import original_of
from tagonaut.tagging.photo.sidecar_photo import photo_of_sidecar
from tagonaut.tagging.photo.tag_photo import Edit, check_settled, fields_of, opened, replace_photo
from tagonaut.tagging.summary import Outcome
from tagonaut.tagging.workers import Workers


def remove_tags(
    workers: Workers,
    journal: Journal,
    root: Root,
    path: bytes,
    selection: Selection,
    options: UntagOptions,
) -> Outcome:
    """Remove the selected tags of ours that no person has confirmed.

    Raises ``PictureError`` or ``OSError``; the photo is then unchanged.
    """
    check_settled(journal, path)
    with opened(photo_at(journal, root, path)) as photo:
        with workers.exiftool() as tool:
            current = fields_of(tool, photo)
        known = history_of(journal, photo, current, dry_run=options.dry_run)
        removal = _removal(known, current, selection)
        original = original_of(journal, known) if removal.whole else None
        may_go = _is_of_ours(photo, known)
        changed = (
            removal.change.changes(current)
            # A later run may have taken all words away again, and not the bytes around them.
            or (original is not None and original.content != known.content)
            or (may_go and photo.file is not None and holds_nothing(photo.file))
        )
        content = "" if original is None else original.content
        if not options.dry_run:
            journal.confirm(path, removal.confirmed)
            journal.refuse(path, removal.refused)
            if changed:
                if not options.break_links:
                    check_one_name(photo.target)
                edit = Edit(
                    current,
                    removal.change,
                    taken=removal.taken if removal.partly else (),
                    keep_time=options.keep_time,
                    content=known.content,
                    may_go=may_go,
                    original=original,
                    keep_delta=removal.partly and original_of(journal, known) is not None,
                )
                content = replace_photo(workers, journal, photo, edit).content
            elif not removal.partly:
                journal.undone(path)
    there = flat(current)
    return Outcome(
        photo.name,
        "written" if changed else "nothing to do",
        notes=known.notes,
        own_notes=known.own_notes,
        changed=tuple(tag for tag in removal.taken if tag in there) if changed else (),
        is_original=content == known.writes[-1].digest_before
        if changed and known.writes and not removal.partly
        else None,
        partly=removal.partly,
    )


def _is_of_ours(photo: Photo, known: History) -> bool:
    """Whether a sidecar was not there before tagging: another one stays, empty or not."""
    return (
        photo.sidecar_of is not None and bool(known.writes) and not known.writes[-1].digest_before
    )


def photo_at(journal: Journal, root: Root, path: bytes) -> Photo:
    """The photo or sidecar at a path of the archive; raises as ``remove_tags`` does."""
    target = root.path / name_of(path)
    check_own_file(target)
    found = identity(target)
    held = root, root
    sidecar_of = photo_of_sidecar(journal, root.path, path)
    if sidecar_of is None:
        return Photo(*held, path, target, target, target, found.stamp, found.stamp, found)
    picture = root.path / name_of(sidecar_of)
    source = stamp_or_absent(picture)
    return Photo(*held, path, picture, target, target, source, found.stamp, found, sidecar_of)


@dataclass(frozen=True)
class _Removal:
    """A change that removes the tags ``taken``.

    ``partly``: others of ours stay; ``whole``: nothing stays that any of our writes put there.
    """

    change: Change
    taken: tuple[str, ...]
    partly: bool
    whole: bool
    confirmed: set[str]
    refused: set[str]


def _removal(known: History, current: Keywords, selection: Selection) -> _Removal:
    facts, writes = known.facts, known.writes
    left = writes[0].after if writes else None
    confirmed = decisions.confirmed(facts, left, current)
    refused = decisions.refused(facts, writes, current)
    ours = [
        fact
        for fact in facts
        if fact.tag not in confirmed - refused and (fact.state == "written" or fact.tag in refused)
    ]
    taken = tuple(fact.tag for fact in ours if selection.holds(fact))
    partly = bool(selection) and (len(taken) < len(ours) or not taken)
    whole = not partly and not _has_others(current, writes, {*taken})
    if whole:
        change = restore(current, pairs(writes, current, only_added=False))
    else:
        change = keep(without(current, writes, {*taken}))
    return _Removal(change, taken, partly, whole, confirmed, refused)


def _has_others(current: Keywords, writes: Sequence[Write], taken: set[str]) -> bool:
    """Whether a photo has tags that were ours, and are a person's now."""
    grown = added(current, writes[-1].before) if writes else {}
    return any(contains(grown, tag) for write in writes for tag in {*write.tags} - taken)

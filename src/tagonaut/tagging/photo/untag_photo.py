"""One photo gives back tags of ours: all or nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from tagonaut.files.atomic import identity, stamp_or_absent
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.planning import Change, keep, restore
from tagonaut.tagging.files.checks import check_one_name, check_own_file
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.records import Write, name_of
from tagonaut.tagging.journal.selection import Selection
from tagonaut.tagging.photo import human_edits as decisions
from tagonaut.tagging.photo.identity import history_of
from tagonaut.tagging.photo.keyword_fields import added, contains, flat
from tagonaut.tagging.photo.keyword_plan import Photo, pairs, without
from tagonaut.tagging.photo.tag_photo import check_settled, fields_of, put
from tagonaut.tagging.summary import Outcome
from tagonaut.tagging.workers import Tools


def untag_photo(
    tools: Tools,
    journal: Journal,
    root: Path,
    path: bytes,
    selection: Selection,
    *,
    keep_time: bool = False,
    break_links: bool = False,
    dry_run: bool,
) -> Outcome:
    """Take back the selected tags of ours that no person stands by.

    Raises ``PictureError`` or ``OSError``: the photo is then as it was.
    """
    target = root / name_of(path)
    check_own_file(target)
    check_settled(journal, path)
    found = identity(target)
    seen = found.stamp
    sidecar_of = _photo_of(journal, root, path)
    source = seen if sidecar_of is None else stamp_or_absent(root / name_of(sidecar_of))
    picture = target if sidecar_of is None else root / name_of(sidecar_of)
    photo = Photo(path, picture, target, target, source, seen, found, sidecar_of)
    with tools.one() as tool:
        current = fields_of(tool, photo)
    known = history_of(journal, photo, current, dry_run=dry_run)
    writes, facts = known.writes, known.facts
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
    change = _change(current, writes, {*taken}, partly=partly)
    changed = change.changes(current)
    if not dry_run:
        journal.confirm(path, confirmed)
    if changed and not dry_run:
        if not break_links:
            check_one_name(target)
        put(
            tools,
            journal,
            photo,
            current,
            change,
            run=None,
            added={},
            taken=taken if partly else (),
            labels={},
            keep_time=keep_time,
            content=known.content,
            # A sidecar that was there before us stays, empty or not.
            may_go=sidecar_of is not None and bool(writes) and not writes[-1].digest_before,
        )
    elif not dry_run and not partly:
        journal.undone(path)
    there = flat(current)
    gone = tuple(tag for tag in taken if tag in there) if changed else ()
    return Outcome(
        photo.name, "written" if changed else "nothing to do", notes=known.notes, changed=gone
    )


def _photo_of(journal: Journal, root: Path, path: bytes) -> bytes | None:
    """The photo that a sidecar belongs to; None for a photo."""
    if writes := journal.writes(path):
        return writes[0].sidecar_of
    # One that was moved together with its photo.
    name = name_of(path)
    is_sidecar = name.suffix.lower() == ".xmp" and (root / name.with_suffix("")).is_file()
    return os.fsencode(name.with_suffix("")) if is_sidecar else None


def _change(current: Keywords, writes: Sequence[Write], taken: set[str], *, partly: bool) -> Change:
    """The fields without ``taken``, and, unless only ``partly``, without anything of ours.

    A tag that was ours and is a person's now stays: only single tags can be taken away then.
    """
    grown = added(current, writes[-1].before) if writes else {}
    left = {tag for write in writes for tag in write.tags} - taken
    if partly or any(contains(grown, tag) for tag in left):
        return keep(without(current, writes, taken))
    return restore(current, pairs(writes, current, only_added=False))

"""Removing from a folder of photos the tags that were written to it."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError, nearest
from tagonaut.files.atomic import clear_temporaries
from tagonaut.files.held import Root
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.tagging.files import others_may_write
from tagonaut.tagging.journal import (
    Journal,
    Selection,
    checked,
    find_moved,
    find_runs,
    is_empty,
    journal_of,
    missing,
    name_of,
    open_locked,
    open_read_only,
)
from tagonaut.tagging.options import UntagOptions
from tagonaut.tagging.photo import find_copies, remove_tags
from tagonaut.tagging.progress import with_progress
from tagonaut.tagging.summary import OTHERS_NOTE, Outcome, Summary, try_photo
from tagonaut.tagging.workers import Workers, ending


def untag_folder(
    root: Path, options: UntagOptions | None = None, *, stop: Stop | None = None
) -> Summary:
    """Remove from the photos below ``root`` the tags that runs wrote, all or those asked for.

    ``root`` is the folder that was tagged in place, or that the copies were written to. A keyword
    field that nobody changed since becomes exactly what it was before; any other loses only the
    added words. Tags that a person confirmed stay. Files stay where they are.

    ``stop`` ends the run after the photos under way. Raises ``TagonautError`` if there is no
    journal, if a run or label was never written here, and otherwise as ``tag_folder`` does.
    """
    options = options or UntagOptions()
    path = options.journal or journal_of(root)
    path = checked(root, path)
    _check_tagged(root, path, named=options.journal is not None)
    summary = Summary(journal=path, dry_run=options.dry_run)
    with ExitStack() as stack:
        journal = stack.enter_context(
            open_read_only(root, path) if options.dry_run else open_locked(root, path, summary.note)
        )
        if journal is None:
            return summary
        if not options.dry_run:
            summary.journal, summary.archive = journal.path, root
        selection = _selection(journal, options)
        held = stack.enter_context(Root(root))
        workers = stack.enter_context(closing(Workers()))

        def untag(path: bytes) -> Outcome:
            name = name_of(path)
            return try_photo(name, remove_tags, workers, journal, held, path, selection, options)

        moved = find_moved(journal, root, selection or None)
        # Before the photos lose their tags: a copy is known by theirs.
        copies = [*find_copies(workers, journal, held, {*moved.values()}, dry_run=options.dry_run)]
        paths = _tagged(held, journal, selection, moved, copies, summary, stop or Stop())
        removed = overlap(untag, paths, workers=workers.writers, ahead=2 * workers.writers)
        with ending(removed):
            for outcome in with_progress(removed, "untagging", lambda: None):
                summary.add(outcome)
                if outcome.kind == "failed" and not options.dry_run:
                    journal.note_failure(os.fsencode(outcome.path), None, outcome.reason)
    return summary


def _check_tagged(root: Path, path: Path, *, named: bool) -> None:
    if lost := missing(root, path):
        raise lost
    if not path.exists():
        none = f"there is no journal {path}" if named else "there is no journal of it"
        raise TagonautError(f"{root} was not tagged by Tagonaut: {none}")
    if is_empty(path):
        raise TagonautError(f"{path} is not a journal: it is empty")


def _selection(journal: Journal, options: UntagOptions) -> Selection:
    """Raise ``TagonautError`` for a run or label that was never written here."""
    runs, known = options.runs, journal.runs()
    _check_labels(options.labels or (), journal)
    return Selection(
        None if runs is None else tuple(run for asked in runs for run in find_runs(asked, known)),
        options.labels,
        options.since,
        options.until,
    )


def _check_labels(labels: Sequence[str], journal: Journal) -> None:
    known = journal.labels_and_tags() if labels else ()
    for label in labels:
        if label not in known:
            raise TagonautError(f"nothing was written here for a label {nearest(label, [*known])}")


def _tagged(
    root: Root,
    journal: Journal,
    selection: Selection,
    moved: Mapping[bytes, bytes],
    copies: Collection[bytes],
    summary: Summary,
    stop: Stop,
) -> Iterator[bytes]:
    """The paths of the photos to untag; of a moved photo, the path where it is now."""
    seen: set[Path] = set()
    new = {*moved.values(), *copies}
    tagged = (path for path in journal.tagged(selection or None) if path not in new)
    for path in chain(sorted(new), tagged):
        if stop.asked:
            summary.stopped = True
            return
        try:
            name = name_of(path)
            if path in moved and not os.path.lexists(root.path / name):
                continue
            # Once per folder, before any work in it.
            if name.parent not in seen:
                seen.add(name.parent)
                _enter(root, name.parent, summary)
        except PictureError as error:
            summary.seen += 1
            summary.fail(Path(os.fsdecode(path)), str(error))
            continue
        yield path


def _enter(root: Root, folder: Path, summary: Summary) -> None:
    with suppress(OSError), root.below(folder) as held:
        if not summary.dry_run:
            clear_temporaries(held)
        if others_may_write(held):
            summary.note_first(OTHERS_NOTE, held.path)

"""Tags that were written to a folder of photos are taken back."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from tagonaut.errors import TagonautError, nearest
from tagonaut.files.atomic import clear_temporaries
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.moved_photos import strays
from tagonaut.tagging.journal.opening import (
    is_empty,
    journal_of,
    missing,
    open_locked,
    open_read_only,
)
from tagonaut.tagging.journal.records import name_of
from tagonaut.tagging.journal.selection import Selection, runs_named
from tagonaut.tagging.photo.untag_photo import untag_photo
from tagonaut.tagging.progress import with_progress
from tagonaut.tagging.summary import Outcome, Summary, attempt
from tagonaut.tagging.workers import WRITERS, Tools, ending


def untag_folder(
    root: Path,
    *,
    runs: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    keep_time: bool = False,
    break_links: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Take back what was written to the photos below ``root``: everything, or what is asked for.

    ``root`` is the folder that was tagged in place, or that the copies were written to. A keyword
    field that reads as it was left becomes exactly what it was before; from any other only the
    words go that were added. Tags that a person stands by stay. Files stay where they are.

    ``runs`` are run folders, their names, or whole run ids; ``labels`` are labels or tags; tags
    written from ``since`` on and before ``until``, in seconds since 1970. Raises ``TagonautError``
    where there is no journal, for a run or a label that nothing was written for here, and as
    ``tag_folder`` does.
    """
    path = journal or journal_of(root)
    if not path.exists():
        none = f"there is no journal {path}" if journal else "there is no journal of it"
        raise missing(root, path) or TagonautError(f"{root} was not tagged by Tagonaut: {none}")
    if is_empty(path):
        raise TagonautError(f"{path} is no journal: it is empty")
    summary = Summary(journal=path, dry_run=dry_run)
    with ExitStack() as stack:
        known = stack.enter_context(
            open_read_only(root, path) if dry_run else open_locked(root, path, summary.tell)
        )
        if known is not None:
            if not dry_run:
                summary.journal = known.path
            _check_labels(labels or (), known)
            selection = Selection(
                None
                if runs is None
                else tuple(run for asked in runs for run in runs_named(asked, known.runs())),
                None if labels is None else tuple(labels),
                since,
                until,
            )
            tools = Tools()
            stack.callback(tools.close)

            def take_back(path: bytes) -> Outcome:
                return attempt(
                    name_of(path),
                    untag_photo,
                    *(tools, known, root, path, selection),
                    keep_time=keep_time,
                    break_links=break_links,
                    dry_run=dry_run,
                )

            paths = _tagged(root, known, selection, summary, stop or Stop())
            with ending(overlap(take_back, paths, workers=WRITERS, ahead=2 * WRITERS)) as outcomes:
                for outcome in with_progress(outcomes, "taking tags back", lambda: None):
                    summary.add(outcome)
    return summary


def _check_labels(labels: Sequence[str], journal: Journal) -> None:
    known = journal.words() if labels else ()
    for label in labels:
        if label not in known:
            raise TagonautError(f"nothing was written here for a label {nearest(label, [*known])}")


def _tagged(
    root: Path, journal: Journal, selection: Selection, summary: Summary, stop: Stop
) -> Iterator[bytes]:
    cleared: set[Path] = set()
    moved = strays(journal, root, selection or None)
    new = {*moved.values()}
    there = (
        path
        for path in journal.tagged(selection or None)
        if path not in new and (path not in moved or os.path.lexists(root / name_of(path)))
    )
    for path in chain(sorted(new), there):
        if stop.asked:
            summary.stopped = True
            return
        folder = (root / name_of(path)).parent
        # Once a folder, and before anything in it is under way.
        if folder not in cleared and not summary.dry_run:
            clear_temporaries(folder)
            cleared.add(folder)
        yield path

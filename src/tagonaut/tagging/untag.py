"""Removing from a folder of photos the tags that were written to it."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError, nearest
from tagonaut.files.atomic import clear_temporaries
from tagonaut.files.attributes import not_kept
from tagonaut.files.held import Root
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.tagging.files import Selected, others_may_write
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
from tagonaut.tagging.photo import find_copies, photo_of_sidecar, remove_tags
from tagonaut.tagging.progress import with_progress
from tagonaut.tagging.summary import OTHERS_NOTE, Outcome, Summary, as_sidecar, together, try_photo
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

        def untag_one(path: bytes) -> Outcome:
            name = Path(os.fsdecode(path))
            return try_photo(name, remove_tags, workers, journal, held, path, selection, options)

        def untag(paths: Sequence[bytes]) -> Outcome:
            photo, *sidecars = map(untag_one, paths)
            return together(photo, *(as_sidecar(one, one.path) for one in sidecars))

        moved = find_moved(journal, root, selection or None)
        # Before the photos lose their tags: a copy is known by theirs.
        stop, selected = stop or Stop(), options.selected()
        asked = (selected, selection, stop)
        known = {*moved.values()}
        copies = [*find_copies(workers, journal, held, known, *asked, dry_run=options.dry_run)]
        units = _units(held, journal, selection, selected, moved, copies, summary, stop)
        removed = overlap(untag, units, workers=workers.writers, ahead=2 * workers.writers)
        with ending(removed):
            for outcome in with_progress(removed, "untagging", lambda: None):
                summary.add(outcome)
                if outcome.kind == "failed" and not options.dry_run:
                    journal.note_failure(os.fsencode(outcome.path), None, outcome.reason)
                elif outcome.own_notes and not options.dry_run:
                    note = "; ".join(outcome.own_notes)
                    journal.note_on(os.fsencode(outcome.path), None, note)
        if held.not_kept:
            summary.note(not_kept(held.not_kept))
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


def _units(
    root: Root,
    journal: Journal,
    selection: Selection,
    selected: Selected,
    moved: Mapping[bytes, bytes],
    copies: Collection[tuple[bytes, ...]],
    summary: Summary,
    stop: Stop,
) -> Iterator[tuple[bytes, ...]]:
    """The paths to untag, each photo's with those of its sidecars: one waits for the other.

    Of a moved file, the path where it is now.
    """
    seen: set[Path] = set()
    for paths in _with_copies(journal, selection or None, moved, copies):
        if stop.asked:
            summary.stopped = True
            return
        try:
            if not _is_selected(root.path, journal, selected, paths[0]):
                continue
            name = name_of(paths[0])
            if paths[0] in moved and not os.path.lexists(root.path / name):
                continue
            # Once per folder, before any work in it.
            for folder in {name_of(path).parent for path in paths} - seen:
                seen.add(folder)
                _enter(root, folder, summary)
        except PictureError as error:
            summary.seen += 1
            summary.fail(Path(os.fsdecode(paths[0])), str(error))
            continue
        yield paths


def _with_copies(
    journal: Journal,
    selection: Selection | None,
    moved: Mapping[bytes, bytes],
    copies: Collection[tuple[bytes, ...]],
) -> Iterator[tuple[bytes, ...]]:
    """As ``_with_sidecars``, then the copies that the journal does not know: in a dry run, all."""
    left = {paths[0]: paths for paths in copies}
    for paths in _with_sidecars(journal, selection, moved):
        for path in paths:
            left.pop(path, None)
        yield paths
    yield from left.values()


def _with_sidecars(
    journal: Journal, selection: Selection | None, moved: Mapping[bytes, bytes]
) -> Iterator[tuple[bytes, ...]]:
    """The paths of each photo and its sidecars; of its sidecars alone if it has no tags itself."""
    with_photo: set[bytes] = set()

    def sidecars_of(path: bytes) -> list[bytes]:
        found = [one for one in journal.sidecars(path) if journal.is_tagged(one, selection)]
        with_photo.update(found)
        return [moved.get(one, one) for one in found]

    def others_of(path: bytes) -> list[bytes]:
        photo = journal.photo_of(path)
        if photo is None:
            return sidecars_of(path)
        later = (one for one in journal.sidecars(photo) if one > path and one not in moved)
        found = [one for one in later if journal.is_tagged(one, selection)]
        with_photo.update(found)
        return found

    def has_photo(path: bytes) -> bool:
        photo = journal.photo_of(path)
        return photo is not None and (photo in moved or journal.is_tagged(photo, selection))

    for path in sorted(moved, key=moved.__getitem__):
        if not has_photo(path):
            yield moved[path], *sidecars_of(path)
    new = {*moved.values()}
    for path in journal.tagged(selection):
        if path in with_photo:
            with_photo.remove(path)
        elif path in new:
            continue  # the file there was yielded above, whatever its path was before
        elif path in moved:
            yield (path,)
        elif not has_photo(path):
            yield path, *others_of(path)


def _is_selected(root: Path, journal: Journal, selected: Selected, path: bytes) -> bool:
    """Whether the command means a photo; a sidecar goes by its photo."""
    if selected == Selected():
        return True
    return selected.takes(name_of(photo_of_sidecar(journal, root, path) or path))


def _enter(root: Root, folder: Path, summary: Summary) -> None:
    with suppress(OSError), root.below(folder) as held:
        if not summary.dry_run:
            clear_temporaries(held)
        if others_may_write(held):
            summary.note_first(OTHERS_NOTE, held.path)

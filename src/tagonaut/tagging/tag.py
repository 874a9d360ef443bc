"""Tagging a folder of photos: they are streamed, and decoding, scoring and writing overlap."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.passed_over import NO_PREVIEW
from tagonaut.data.text import formula_notes
from tagonaut.errors import (
    NoKeywordsError,
    TagonautError,
    UnsureError,
    UnwritableError,
)
from tagonaut.files.atomic import (
    ABSENT,
    Stamp,
    clear_temporaries,
    digest,
    stamp,
    stamp_or_absent,
)
from tagonaut.files.attributes import not_kept
from tagonaut.interrupts import Stop
from tagonaut.metadata.sidecars import ByStem, by_stem
from tagonaut.metadata.tags import Tag
from tagonaut.overlap import overlap
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.tagging.files import (
    NoPreviewError,
    Selected,
    check_not_inside,
    check_part,
    count_photos,
    is_raw,
    left_behind,
    others_may_write,
    preview,
    walk_photos,
)
from tagonaut.tagging.journal import (
    BETWEEN_LABELS,
    Journal,
    Seen,
    is_same_run,
    journal_of,
    open_locked,
    open_read_only,
)
from tagonaut.tagging.narrower import taken_by
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo import Layout, Photo, Target, Writing, inspect, write_beside, write_tags
from tagonaut.tagging.photos_folder import as_part, note_folder
from tagonaut.tagging.progress import Count, with_progress
from tagonaut.tagging.scores_table import NAME, check_place, names_in_table, write_table
from tagonaut.tagging.summary import (
    OTHERS_NOTE,
    Outcome,
    Summary,
    as_sidecar,
    together,
    try_photo,
)
from tagonaut.tagging.workers import Workers, ending

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# All threads wait while the journal writes to disk: one query asks for many photos.
LOOKED_UP_AT_ONCE = 200


@dataclass(frozen=True)
class Scored:
    """A photo with its scores ``[k]``, and its tags with their scores and labels."""

    photo: Photo
    scores: NDArray[np.float32]
    tags: dict[Tag, float]
    reasons: dict[str, tuple[str, ...]]


Prepared = tuple[Photo, Pixels]
# Stamps and reasons, by path, of files that cannot be written.
Noted = dict[bytes, tuple[Stamp, str]]


def tag_folder(
    tagger: "Tagger",
    photos: Path,
    options: TagOptions,
    *,
    workers: Workers | None = None,
    stop: Stop | None = None,
    agree: Callable[[str], bool] | None = None,
    staged: bool = False,
) -> Summary:
    """Write the tags of every picture below ``photos`` to where ``options`` say.

    Raw and signed files, and in place read-only photos, get sidecars in any case. ``options`` and
    the ignore files in the folders select the photos; all that is passed over is counted.
    Afterwards a photo has, of our tags, those that the choice gives; earlier ones for labels of
    this tagger are removed unless a person confirmed them or ``options.add``, and tags that a
    person removed are not written again. If the choice is sure to remove some, ``agree`` gets a
    line on them, and nothing is done unless it returns true; without it the line is in the summary.

    A photo that cannot be read or written is left alone and listed in the summary. A dry run writes
    nothing anywhere. A tree of copies or sidecars has the tags of one folder of photos, or of parts
    of it; ``staged`` photos are brought here from anywhere, and nothing that restores their bytes
    is kept. ``workers`` are used and left open; by default the run has its own. ``stop`` ends the
    run after the photos under way. Raises ``TagonautError`` for whatever stops the whole run: a
    wrong folder, another run at work, an unusable journal, a missing ExifTool, a foreign file at
    the place of the scores.
    """
    layout = Layout.of(photos, options)
    root, dry_run = layout.root, options.dry_run
    check_not_inside(root)
    options.choice.check(tagger.labels.names)
    path = options.journal or journal_of(root)
    table = options.scores or root / NAME
    check_place(table, dry_run=dry_run)
    summary = Summary(dry_run=dry_run)
    with ExitStack() as stack:
        journal = stack.enter_context(
            open_read_only(root, path) if dry_run else open_locked(root, path, summary.note)
        )
        if not staged:
            photos, options = as_part(journal, photos, options)
        layout = stack.enter_context(closing(Layout.of(photos, options)))
        if workers is None:
            workers = stack.enter_context(closing(Workers()))
        run = _Run(tagger, layout, options, journal, workers, summary, stop or Stop(), staged)
        run.tell_what_goes(agree)
        run.work()
        if layout.held_root.not_kept:
            summary.note(not_kept(layout.held_root.not_kept))
        if journal is not None and not dry_run:
            summary.journal, summary.archive = journal.path, root
            if not run.write_table(journal, table):
                return summary
        if layout.copies and not summary.stopped:
            _note_left_behind(layout, summary)
    return summary


def _note_left_behind(layout: Layout, summary: Summary) -> None:
    """Note which files the folder of copies lacks."""
    assert layout.to is not None
    found = left_behind(layout.photos, layout.to)
    kinds = [f"{count:,} {suffix or 'without suffix'}" for suffix, count in sorted(found.items())]
    if kinds:
        summary.note(f"not copied, as they are no photos: {', '.join(kinds)}")
    if summary.failed:
        summary.note("photos that failed were not copied")


@dataclass
class _Run:
    tagger: "Tagger"
    layout: Layout
    options: TagOptions
    journal: Journal | None
    workers: Workers
    summary: Summary
    stop: Stop
    staged: bool
    selected: Selected = field(init=False)
    base: str = field(init=False)
    writing: Writing = field(init=False)
    scored: int = field(init=False, default=0)
    names_there: ByStem = field(init=False)

    def __post_init__(self) -> None:
        # Writers may be at work in a folder that the walk has left.
        self.names_there = lru_cache(maxsize=4)(by_stem)
        tagger, options = self.tagger, self.options
        self.selected = options.selected()
        names, given = tagger.labels.names, tagger.run_id
        known_as = self.journal.known_as if self.journal is not None else str
        self.base = known_as(given)
        if self.base != given:
            self.summary.note(
                f"the run {given} tagged here as {self.base}, under which the journal goes on"
            )
        run = options.run_id(self.base, names)
        self.writing = Writing(
            known_as(run),
            frozenset(names),
            keep_time=options.keep_time,
            dry_run=options.dry_run,
            iptc_charset=options.iptc_charset,
            add=options.add,
            keep_deltas=not self.staged,
        )

    def tell_what_goes(self, agree: Callable[[str], bool] | None) -> None:
        """Tell which tags this choice takes away; raises ``TagonautError`` if it is not agreed."""
        if self.journal is None or self.options.add:
            return
        names, choice = self.tagger.labels.names, self.options.choice
        line = taken_by(self.journal, self.base, names, choice, self.selected)
        if line and (agree is None or self.writing.dry_run):
            self.summary.note(line)
        elif line and agree is not None and not agree(line):
            raise TagonautError("nothing was done: no tag was written or taken away")

    def work(self) -> None:
        names = self.tagger.labels.names
        if self.journal is not None and not self.writing.dry_run:
            self.journal.register(self.base, names)
            if self.layout.to is not None and not self.staged:
                note_folder(self.journal, self.layout.photos)
            if self.writing.run != self.base:
                self.journal.register(self.writing.run, names, self.options.choice.to_json())
        batch = self.tagger.batch_size
        photos, to = self.layout.photos, self.layout.to
        total = Count(
            lambda ended: count_photos(photos, leave_out=to, ended=ended, selected=self.selected)
        )
        readers, writers = self.workers.readers, self.workers.writers
        prepared = overlap(self._prepare, self._inspected(), workers=readers, ahead=2 * batch)
        with closing(total), ending(prepared):
            scored = self._score(prepared)
            written = overlap(self._write, scored, workers=writers, ahead=batch + writers)
            with ending(written):
                for outcome in with_progress(written, "tagging", lambda: total.total):
                    self._add(outcome)

    def write_table(self, journal: Journal, table: Path) -> bool:
        """Write the table of scores; false if it could not be, and the summary says why."""
        if self.scored or not table.exists():
            # The photos are done, and the summary reports them all the same.
            lost = try_photo(table, write_table, journal, self.base, table)
            if lost is not None:
                self.summary.fail(lost.path, f"the scores: {lost.reason}")
                return False
        self.summary.scores = table
        if table.suffix.lower() == ".csv":
            for note in formula_notes(names_in_table(journal, self.base)):
                self.summary.note(note)
        return True

    def _add(self, outcome: Outcome) -> None:
        self.summary.add(outcome)
        if outcome.kind == "failed":
            self._note_failure(outcome.path, outcome.reason)
        elif outcome.own_notes and self.journal is not None and not self.writing.dry_run:
            note = "; ".join(outcome.own_notes)
            self.journal.note_on(os.fsencode(outcome.path), self.writing.run, note)

    def _fail(self, path: Path, reason: str) -> None:
        self.summary.fail(path, reason)
        self._note_failure(path, reason)

    def _note_failure(self, path: Path, reason: str) -> None:
        if self.journal is not None and not self.writing.dry_run:
            self.journal.note_failure(os.fsencode(path), self.writing.run, reason)

    def _inspected(self) -> Iterator[Photo | Outcome]:
        """Each photo to process, or the outcome of one that needs none, in the walk's order."""
        names = walk_photos(
            self.layout.photos,
            leave_out=self.layout.to,
            enter=self._enter,
            report=self._fail,
            selected=self.selected,
            passed=self.summary.passed,
        )
        look = partial(
            inspect,
            run=self.writing.run,
            break_links=self.options.break_links,
            has_tags=None if self.options.break_signatures else self._has_tags,
            names=self.names_there,
        )
        while some := list(islice(names, LOOKED_UP_AT_ONCE)):
            targets = self._targets(some, self.names_there)
            found = [target for target in targets if isinstance(target, Target)]
            asked = [path for target in found for path in target.journal_paths]
            known = self._seen(asked)
            for target in targets:
                if self.stop.asked:
                    self.summary.stopped = True
                    return
                if isinstance(target, Outcome):
                    yield target
                else:
                    yield self._looked(target, partial(look, known=known))

    def _targets(self, names: list[Path], names_there: ByStem) -> list[Target | Outcome]:
        """The targets of photos, or the outcomes of those that are known to be in vain."""
        found = [try_photo(name, Target.of, self.layout, name, names_there) for name in names]
        targets = [target for target in found if isinstance(target, Target)]
        asked = {path for one in targets for path in (os.fsencode(one.name), *one.paths_written)}
        unwritable = self._unwritable(asked)
        return [
            try_photo(one.name, self._possible, one, unwritable, names_there)
            if isinstance(one, Target)
            else one
            for one in found
        ]

    def _unwritable(self, paths: Iterable[bytes]) -> Noted:
        """The notes, by path, on these files that hold today."""
        found: Noted = {}
        rest = iter(paths)
        while self.journal is not None and (some := list(islice(rest, LOOKED_UP_AT_ONCE))):
            found |= self.journal.unwritable(some, self.writing.run, self.workers.exiftool_version)
        return found

    def _possible(self, target: Target, unwritable: Noted, names: ByStem) -> Target | Outcome:
        name = target.name
        known = {
            path: reason
            for path in target.paths_written
            if path in unwritable
            for before, reason in [unwritable[path]]
            if stamp_or_absent(self.layout.root / os.fsdecode(path)) == before
        }
        if target.sidecar is not None and target.path in known:
            return Outcome(name, "failed", reason=known[target.path])
        target = replace(target, in_vain=known)
        before, reason = unwritable.get(os.fsencode(name), (None, ""))
        if before is None or stamp(self.layout.photos / name) != before:
            return target
        if reason == NO_PREVIEW:
            return Outcome(name, "passed over", reason=reason)
        if target.sidecar is not None:
            return target
        if self.options.or_sidecar:
            return Target.in_sidecar(self.layout, name, names)
        return Outcome(name, "failed", reason=reason)

    def _looked(self, target: Target, look: Callable[..., Photo | Outcome]) -> Photo | Outcome:
        """The first look at a photo. It is done, too, if only sidecars are in vain."""
        if target.in_vain:
            in_vain = {Path(os.fsdecode(path)): why for path, why in target.in_vain.items()}
            rest = {*target.beside} - {path.name for path in in_vain}
            found = try_photo(target.name, look, self.layout, target.with_beside(rest))
            if isinstance(found, Outcome) and found.kind == "nothing to do":
                failed = [Outcome(path, "failed", reason=why) for path, why in in_vain.items()]
                return together(found, *(as_sidecar(one, one.path) for one in failed))
        return try_photo(target.name, look, self.layout, target)

    def _has_tags(self, path: bytes) -> bool:
        facts = self.journal.facts(path) if self.journal else []
        return any(fact.state in {"written", "confirmed"} for fact in facts)

    def _seen(self, paths: list[bytes]) -> dict[bytes, Seen]:
        """The stamps of the photos that the journal knows; the run may have had another name."""
        found = self.journal.seen(paths) if self.journal else {}
        run = self.writing.run
        return {
            path: replace(seen, run=run) if seen.run and is_same_run(seen.run, run) else seen
            for path, seen in found.items()
        }

    def _enter(self, folder: Path) -> None:
        if folder != Path():
            check_part(self.layout.root / folder)
        with suppress(FileNotFoundError), self.layout.held_root.below(folder) as held:
            if not self.writing.dry_run:
                clear_temporaries(held)
            if others_may_write(held):
                self.summary.note_first(OTHERS_NOTE, held.path)

    def _prepare(self, photo: Photo | Outcome) -> Prepared | Outcome:
        if isinstance(photo, Outcome):
            return photo
        pixels = try_photo(photo.name, self._pixels, photo)
        return pixels if isinstance(pixels, Outcome) else (photo, pixels)

    def _pixels(self, photo: Photo) -> Pixels | Outcome:
        if not is_raw(photo.picture):
            return self.tagger.prepare(photo.picture)
        with ExitStack() as stack:
            try:
                with self.workers.exiftool() as tool:
                    embedded = stack.enter_context(preview(tool, photo.picture))
            except NoPreviewError:
                with suppress(OSError):
                    content = digest(photo.picture)
                    self._note_unwritable(photo, NO_PREVIEW, content=content, run="")
                return Outcome(photo.name, "passed over", reason=NO_PREVIEW)
            return self.tagger.prepare(embedded)

    def _note_unwritable(self, photo: Photo, reason: str, *, content: str, run: str) -> None:
        """Have the next runs do without this file, as long as it stays as it is.

        ``content`` is the SHA-256 of the file that was worked on: what its disk gives back at
        another reading is no ground. ``run`` as in the journal.
        """
        if self.journal is None or self.writing.dry_run:
            return
        path, found, file = os.fsencode(photo.name), photo.source, photo.picture
        own = self.layout.photos
        if photo.sidecar_of is not None and photo.base is not None and reason != NO_PREVIEW:
            path, found, file = photo.path, photo.seen or ABSENT, photo.base
            own = self.layout.root
        if file != own / os.fsdecode(path):
            return
        with suppress(OSError):
            same = digest(file) == content and stamp(file) == found
            if same and (exiftool := self.workers.exiftool_version()):
                self.journal.note_unwritable(path, found, reason, exiftool=exiftool, run=run)

    def _refused(self, photo: Photo, error: UnwritableError) -> None:
        """Note a file that cannot be written, if nothing but its content may be the reason."""
        if error.content is not None and not isinstance(error, UnsureError):
            run = "" if isinstance(error, NoKeywordsError) else self.writing.run
            self._note_unwritable(photo, str(error), content=error.content, run=run)

    def _score(self, prepared: Iterable[Prepared | Outcome]) -> Iterator[Scored | Outcome]:
        batch: list[Prepared] = []
        for item in prepared:
            if isinstance(item, Outcome):
                yield item
                continue
            batch.append(item)
            if len(batch) == self.tagger.batch_size:
                yield from self._score_batch(batch)
                batch = []
        if batch:
            yield from self._score_batch(batch)

    def _score_batch(self, batch: list[Prepared]) -> list[Scored]:
        scores = self.tagger.score_pixels([pixels for _, pixels in batch])
        decided = self.tagger.decide(scores)
        names = self.tagger.labels.names
        self.scored += len(batch)
        if self.journal is not None and not self.writing.dry_run:
            paths = [photo.sidecar_of or photo.path for photo, _ in batch]
            self.journal.store_scores(self.base, zip(paths, scores, strict=True))
        return [
            Scored(
                *(photo, row, self.options.choice.choose(names, row, chosen)),
                self.options.choice.reasons(names, row, chosen),
            )
            for (photo, _), row, chosen in zip(batch, scores, decided, strict=True)
        ]

    def _write(self, scored: Scored | Outcome) -> Outcome:
        if isinstance(scored, Outcome):
            return scored
        return try_photo(scored.photo.name, self._tag, scored)

    def _tag(self, scored: Scored) -> Outcome:
        photo, scores = scored.photo, None
        if self.options.write_scores:
            named = zip(self.tagger.labels.names, scored.scores.tolist(), strict=True)
            wanted = self.options.choice.labels
            scores = {label: score for label, score in named if wanted is None or label in wanted}
        stand_for = {tag: BETWEEN_LABELS.join(names) for tag, names in scored.reasons.items()}
        writing = replace(self.writing, labels=stand_for)
        write = partial(self._write_tags, scores=scores, writing=writing, tags=scored.tags)
        try:
            return write(photo)
        except UnwritableError as error:
            self._refused(photo, error)
            if photo.sidecar_of is not None or not self.options.or_sidecar:
                raise
        sidecar = self._in_sidecar(photo)
        return sidecar if isinstance(sidecar, Outcome) else write(sidecar)

    def _write_tags(
        self,
        photo: Photo,
        *,
        tags: Mapping[Tag, float],
        writing: Writing,
        scores: Mapping[str, float] | None,
    ) -> Outcome:
        """Write to the photo, and to the sidecars that it has."""
        write = partial(write_tags, self.workers, self.journal, writing=writing, scores=scores)
        outcome = write(photo, tags)
        if not photo.beside:
            return outcome

        def write_sidecar(sidecar: Photo, wanted: Mapping[Tag, float]) -> Outcome:
            try:
                return write(sidecar, wanted)
            except UnwritableError as error:
                self._refused(sidecar, error)
                raise

        links = self.options.break_links
        of = self.journal, self.layout, photo, tags, writing.run
        return together(outcome, *write_beside(*of, write_sidecar, break_links=links))

    def _in_sidecar(self, photo: Photo) -> Photo | Outcome:
        """The sidecar of a photo that cannot be written, as the photo to write."""
        target = Target.in_sidecar(self.layout, photo.name, self.names_there)
        known = self._seen(target.journal_paths)
        links = self.options.break_links
        return inspect(self.layout, target, known, self.writing.run, break_links=links)

"""Tagging a folder of photos: they are streamed, and decoding, scoring and writing overlap."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import clear_temporaries
from tagonaut.interrupts import Stop
from tagonaut.metadata.sidecars import by_stem
from tagonaut.metadata.tags import Tag
from tagonaut.overlap import overlap
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.tagging.files import (
    check_not_inside,
    check_part,
    count_photos,
    is_raw,
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
from tagonaut.tagging.photo import Layout, Photo, Target, Writing, inspect, write_tags
from tagonaut.tagging.progress import Count, with_progress
from tagonaut.tagging.scores_table import NAME, check_place, write_table
from tagonaut.tagging.summary import OTHERS_NOTE, Outcome, Summary, try_photo
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


def tag_folder(
    tagger: "Tagger",
    photos: Path,
    options: TagOptions,
    *,
    workers: Workers | None = None,
    stop: Stop | None = None,
    agree: Callable[[str], bool] | None = None,
) -> Summary:
    """Write the tags of every picture below ``photos`` to where ``options`` say.

    Raw files, and in place read-only photos, get sidecars in any case. Afterwards a photo has, of
    our tags, those that the choice gives; earlier ones for labels of this tagger are removed unless
    a person confirmed them or ``options.add``, and tags that a person removed are not written
    again. If the choice is sure to remove some, ``agree`` gets a line on them, and nothing is done
    unless it returns true; without it the line is in the summary.

    A photo that cannot be read or written is left alone and listed in the summary. A dry run writes
    nothing anywhere. ``workers`` are used and left open; by default the run has its own. ``stop``
    ends the run after the photos under way. Raises ``TagonautError`` for whatever stops the whole
    run: a wrong folder, another run at work, an unusable journal, a missing ExifTool, a foreign
    file at the place of the scores.
    """
    layout = Layout.of(photos, options)
    root, dry_run = layout.root, options.dry_run
    check_not_inside(root)
    options.choice.check(tagger.labels.names)
    table = options.scores or root / NAME
    check_place(table, dry_run=dry_run)
    path = options.journal or journal_of(root)
    summary = Summary(dry_run=dry_run)
    with closing(layout), ExitStack() as stack:
        journal = stack.enter_context(
            open_read_only(root, path) if dry_run else open_locked(root, path, summary.note)
        )
        if workers is None:
            workers = stack.enter_context(closing(Workers()))
        run = _Run(tagger, layout, options, journal, workers, summary, stop or Stop())
        run.tell_what_goes(agree)
        run.work()
        if journal is not None and not dry_run:
            summary.journal, summary.archive = journal.path, root
            if run.scored or not table.exists():
                # The photos are done, and the summary reports them all the same.
                lost = try_photo(table, write_table, journal, run.base, table)
                if lost is not None:
                    summary.fail(lost.path, f"the scores: {lost.reason}")
                    return summary
            summary.scores = table
    return summary


@dataclass
class _Run:
    tagger: "Tagger"
    layout: Layout
    options: TagOptions
    journal: Journal | None
    workers: Workers
    summary: Summary
    stop: Stop
    base: str = field(init=False)
    writing: Writing = field(init=False)
    scored: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        tagger, options = self.tagger, self.options
        names, given = tagger.labels.names, tagger.run_id
        known_as = self.journal.known_as if self.journal is not None else str
        self.base = known_as(given)
        if self.base != given:
            self.summary.note(
                f"the run {given} tagged here as {self.base}, under which the journal goes on"
            )
        run = options.choice.run_id(self.base, names, scores=options.write_scores, add=options.add)
        self.writing = Writing(
            known_as(run),
            frozenset(names),
            keep_time=options.keep_time,
            dry_run=options.dry_run,
            add=options.add,
        )

    def tell_what_goes(self, agree: Callable[[str], bool] | None) -> None:
        """Tell which tags this choice takes away; raises ``TagonautError`` if it is not agreed."""
        if self.journal is None or self.options.add:
            return
        names, choice = self.tagger.labels.names, self.options.choice
        line = taken_by(self.journal, self.base, names, choice)
        if line and (agree is None or self.writing.dry_run):
            self.summary.note(line)
        elif line and agree is not None and not agree(line):
            raise TagonautError("nothing was done: no tag was written or taken away")

    def work(self) -> None:
        names = self.tagger.labels.names
        if self.journal is not None and not self.writing.dry_run:
            self.journal.register(self.base, names)
            if self.writing.run != self.base:
                self.journal.register(self.writing.run, names, self.options.choice.to_json())
        batch = self.tagger.batch_size
        photos, to = self.layout.photos, self.layout.to
        total = Count(lambda ended: count_photos(photos, leave_out=to, ended=ended))
        readers, writers = self.workers.readers, self.workers.writers
        prepared = overlap(self._prepare, self._inspected(), workers=readers, ahead=2 * batch)
        with closing(total), ending(prepared):
            scored = self._score(prepared)
            written = overlap(self._write, scored, workers=writers, ahead=batch + writers)
            with ending(written):
                for outcome in with_progress(written, "tagging", lambda: total.total):
                    self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        self.summary.add(outcome)
        if outcome.kind == "failed":
            self._note_failure(outcome.path, outcome.reason)

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
        )
        look = partial(inspect, run=self.writing.run, break_links=self.options.break_links)
        while some := list(islice(names, LOOKED_UP_AT_ONCE)):
            names_there = cache(by_stem)
            targets = [try_photo(name, Target.of, self.layout, name, names_there) for name in some]
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
                    yield try_photo(target.name, look, self.layout, target, known)

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
        pixels = try_photo(photo.name, self._pixels, photo.picture)
        return pixels if isinstance(pixels, Outcome) else (photo, pixels)

    def _pixels(self, picture: Path) -> Pixels:
        if not is_raw(picture):
            return self.tagger.prepare(picture)
        with ExitStack() as stack:
            with self.workers.exiftool() as tool:
                embedded = stack.enter_context(preview(tool, picture))
            return self.tagger.prepare(embedded)

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
        photo = scored.photo
        if self.journal is not None and not self.writing.dry_run:
            name = photo.sidecar_of or photo.path
            self.journal.store_scores(name, self.base, scored.scores)
        scores = None
        if self.options.write_scores:
            named = zip(self.tagger.labels.names, scored.scores.tolist(), strict=True)
            wanted = self.options.choice.labels
            scores = {label: score for label, score in named if wanted is None or label in wanted}
        stand_for = {tag: BETWEEN_LABELS.join(names) for tag, names in scored.reasons.items()}
        writing = replace(self.writing, labels=stand_for)
        return write_tags(self.workers, self.journal, photo, scored.tags, writing, scores=scores)

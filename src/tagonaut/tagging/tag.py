"""A folder of photos gets its tags: decoding, scoring and writing overlap, photos are streamed."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagonaut.files.atomic import clear_temporaries
from tagonaut.interrupts import Stop
from tagonaut.metadata.sidecars import by_stem
from tagonaut.metadata.tags import Tag
from tagonaut.overlap import overlap
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.files.nested_archives import check_not_inside, check_part
from tagonaut.tagging.files.raw import is_raw, preview
from tagonaut.tagging.files.walk import count, walk
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.opening import journal_of, open_locked, open_read_only
from tagonaut.tagging.journal.records import BETWEEN_LABELS
from tagonaut.tagging.photo.first_look import Layout, Place, sight
from tagonaut.tagging.photo.keyword_plan import Photo, Writing
from tagonaut.tagging.photo.tag_photo import tag_photo
from tagonaut.tagging.progress import Count, with_progress
from tagonaut.tagging.scores_table import NAME, check_place, write_table
from tagonaut.tagging.summary import Outcome, Summary, attempt
from tagonaut.tagging.workers import WORKERS, WRITERS, Tools, ending

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# The journal makes everybody wait while it writes to disk: it is asked about many photos at once.
LOOKED_UP_AT_ONCE = 200


@dataclass(frozen=True)
class Scored:
    """A photo with its scores ``[k]`` and the tags that follow, with theirs and their labels."""

    photo: Photo
    scores: NDArray[np.float32]
    tags: dict[Tag, float]
    reasons: dict[str, tuple[str, ...]]


Prepared = tuple[Photo, Pixels]


def tag_folder(
    tagger: "Tagger",
    photos: Path,
    *,
    to: Path | None = None,
    in_place: bool = False,
    sidecar: bool = False,
    choice: Choice | None = None,
    keep_time: bool = False,
    break_links: bool = False,
    write_scores: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
    scores: Path | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Write the tags of every picture below ``photos`` into copies below ``to``, or in place.

    Exactly one of ``to``, ``in_place`` and ``sidecar`` (files ``IMG.jpg.xmp`` beside the photos,
    which stay as they are) is given. Raw files, and in place photos that may not be written, get
    sidecars anyway. Of our tags, a photo has afterwards those that the ``choice`` gives; earlier
    ones that stand for labels of this tagger are taken away, unless a person stands by them, and
    what a person took away is not written again.

    ``keep_time``: photos keep their time of change. ``break_links``: a photo of several hard links
    is not left alone, but becomes a file of its own. ``write_scores``: into the metadata too.

    A photo that cannot be read or written is told in the summary and left as it is. ``scores``, a
    .parquet or .csv file, is by default in the folder that is tagged (``to`` or ``photos``),
    ``journal`` where this machine keeps journals. A dry run writes nothing anywhere. ``stop`` ends
    the run after the photos under way. Raises ``TagonautError`` for what stops the whole run: a
    wrong folder, another run at work, a journal that cannot be used, no ExifTool, something else at
    the place of the scores.
    """
    layout = Layout.of(photos, to, in_place=in_place, sidecar=sidecar)
    check_not_inside(layout.root)
    choice = choice or Choice()
    choice.check(tagger.labels.names)
    table = scores or layout.root / NAME
    check_place(table, dry_run=dry_run)
    path = journal or journal_of(layout.root)
    summary = Summary(dry_run=dry_run)
    with ExitStack() as stack:
        root = layout.root
        opening = open_read_only(root, path) if dry_run else open_locked(root, path, summary.tell)
        known = stack.enter_context(opening)
        tools = Tools()
        stack.callback(tools.close)
        run = _Run(
            tagger,
            layout,
            known,
            tools,
            summary,
            stop or Stop(),
            choice,
            break_links=break_links,
            write_scores=write_scores,
            writing=Writing(
                choice.run_id(tagger.run_id, tagger.labels.names, scores=write_scores),
                frozenset(tagger.labels.names),
                keep_time=keep_time,
                dry_run=dry_run,
            ),
        )
        run.work()
        if known is not None and not dry_run:
            summary.journal = known.path
            if run.scored or not table.exists():
                # The photos are done: what became of them is told all the same.
                lost = attempt(table, write_table, known, tagger.run_id, table)
                if lost is not None:
                    summary.fail(lost.path, f"the scores: {lost.reason}")
                    return summary
            summary.scores = table
    return summary


@dataclass
class _Run:
    tagger: "Tagger"
    layout: Layout
    journal: Journal | None
    tools: Tools
    summary: Summary
    stop: Stop
    choice: Choice
    break_links: bool
    write_scores: bool
    writing: Writing
    scored: int = 0

    def work(self) -> None:
        names = self.tagger.labels.names
        if self.journal is not None and not self.writing.dry_run:
            self.journal.register(self.tagger.run_id, names)
            if self.writing.run != self.tagger.run_id:
                self.journal.register(self.writing.run, names, self.choice.to_json())
        batch = self.tagger.batch_size
        photos, to = self.layout.photos, self.layout.to
        total = Count(lambda ended: count(photos, leave_out=to, ended=ended))
        prepared = overlap(self._prepare, self._sighted(), workers=WORKERS, ahead=2 * batch)
        with closing(total), ending(prepared):
            scored = self._score(prepared)
            written = overlap(self._write, scored, workers=WRITERS, ahead=batch + WRITERS)
            with ending(written):
                for outcome in with_progress(written, "tagging", lambda: total.total):
                    self.summary.add(outcome)

    def _sighted(self) -> Iterator[Photo | Outcome]:
        """Each photo that there is, and what is to be done with it, as the walk comes to it."""
        names = walk(
            self.layout.photos,
            leave_out=self.layout.to,
            enter=self._enter,
            report=self.summary.fail,
        )
        look = partial(sight, run=self.writing.run, break_links=self.break_links)
        while some := list(islice(names, LOOKED_UP_AT_ONCE)):
            names_there = cache(by_stem)
            places = [attempt(name, Place.of, self.layout, name, names_there) for name in some]
            asked = [path for place in places if isinstance(place, Place) for path in place.asked]
            known = self.journal.seen(asked) if self.journal else {}
            for place in places:
                if self.stop.asked:
                    self.summary.stopped = True
                    return
                if isinstance(place, Outcome):
                    yield place
                else:
                    yield attempt(place.name, look, self.layout, place, known)

    def _enter(self, folder: Path) -> None:
        if folder != Path():
            check_part(self.layout.root / folder)
        if not self.writing.dry_run:
            clear_temporaries(self.layout.root / folder)

    def _prepare(self, photo: Photo | Outcome) -> Prepared | Outcome:
        if isinstance(photo, Outcome):
            return photo
        pixels = attempt(photo.name, self._pixels, photo.picture)
        return pixels if isinstance(pixels, Outcome) else (photo, pixels)

    def _pixels(self, picture: Path) -> Pixels:
        if not is_raw(picture):
            return self.tagger.prepare(picture)
        with ExitStack() as stack:
            with self.tools.one() as tool:
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
        scores = self.tagger.score([pixels for _, pixels in batch])
        decided = self.tagger.decide(scores)
        names = self.tagger.labels.names
        self.scored += len(batch)
        return [
            Scored(
                *(photo, row, self.choice.choose(names, row, chosen)),
                self.choice.reasons(names, row, chosen),
            )
            for (photo, _), row, chosen in zip(batch, scores, decided, strict=True)
        ]

    def _write(self, scored: Scored | Outcome) -> Outcome:
        if isinstance(scored, Outcome):
            return scored
        return attempt(scored.photo.name, self._tag, scored)

    def _tag(self, scored: Scored) -> Outcome:
        photo = scored.photo
        if self.journal is not None and not self.writing.dry_run:
            name = photo.sidecar_of or photo.path
            self.journal.score(name, self.tagger.run_id, scored.scores)
        told = None
        if self.write_scores:
            named = zip(self.tagger.labels.names, scored.scores.tolist(), strict=True)
            wanted = self.choice.labels
            told = {label: score for label, score in named if wanted is None or label in wanted}
        stand_for = {tag: BETWEEN_LABELS.join(names) for tag, names in scored.reasons.items()}
        writing = replace(self.writing, labels=stand_for)
        return tag_photo(self.tools, self.journal, photo, scored.tags, writing, scores=told)

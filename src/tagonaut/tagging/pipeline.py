"""A folder of photos gets its tags: decoding, scoring and writing overlap, photos are streamed."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.progress import track
from tagonaut.tagging.archive import journal_of, looked_at, opened
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.replacing import clear_temporaries
from tagonaut.tagging.scores_csv import write_scores
from tagonaut.tagging.sighting import Layout, sight
from tagonaut.tagging.summary import Outcome, Summary, attempt
from tagonaut.tagging.walk import walk
from tagonaut.tagging.workers import WORKERS, WRITERS, Tools, ending
from tagonaut.tagging.writing import Photo, tag_photo

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# The journal makes everybody wait while it writes to disk: it is asked about many photos at once.
LOOKED_UP_AT_ONCE = 200


@dataclass(frozen=True)
class Scored:
    """A photo with its scores ``[k]`` and the tags that follow, with theirs."""

    photo: Photo
    scores: NDArray[np.float32]
    tags: dict[str, float]


Prepared = tuple[Photo, Pixels]


def tag_folder(
    tagger: "Tagger",
    photos: Path,
    *,
    to: Path | None = None,
    in_place: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
    scores_csv: Path | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Write the tags of every picture below ``photos`` into copies below ``to``, or in place.

    Exactly one of ``to`` and ``in_place`` is given. A photo that cannot be read or written is told
    in the summary and left as it is. ``scores_csv`` is by default in the folder that is tagged
    (``to`` or ``photos``), ``journal`` in a folder ``.tagonaut`` there. A dry run writes nothing
    anywhere. ``stop`` ends the run after the photos under way. Raises ``TagonautError`` for what
    stops the whole run: a wrong folder, another run at work, a journal that cannot be used, no
    ExifTool.
    """
    layout = Layout.of(photos, to, in_place=in_place)
    path = journal or journal_of(layout.root)
    summary = Summary(journal=None if dry_run else path, dry_run=dry_run)
    with ExitStack() as stack:
        opening = looked_at(path) if dry_run else opened(layout.root, path)
        known = stack.enter_context(opening)
        tools = Tools()
        stack.callback(tools.close)
        run = _Run(tagger, layout, known, tools, summary, stop or Stop(), dry_run)
        run.work()
        if known is not None and not dry_run:
            summary.scores_csv = scores_csv or layout.root / "scores.csv"
            if run.scored or not summary.scores_csv.exists():
                write_scores(known, tagger.run_id, summary.scores_csv)
    return summary


@dataclass
class _Run:
    tagger: "Tagger"
    layout: Layout
    journal: Journal | None
    tools: Tools
    summary: Summary
    stop: Stop
    dry_run: bool
    scored: int = 0

    def work(self) -> None:
        if self.journal is not None and not self.dry_run:
            self.journal.register(self.tagger.run_id, self.tagger.labels.names)
        batch = self.tagger.batch_size
        prepared = overlap(self._prepare, self._sighted(), workers=WORKERS, ahead=2 * batch)
        with ending(prepared):
            scored = self._score(prepared)
            written = overlap(self._write, scored, workers=WRITERS, ahead=batch + WRITERS)
            with ending(written):
                for outcome in track(written, "tagging"):
                    self.summary.add(outcome)

    def _sighted(self) -> Iterator[Photo | Outcome]:
        """Each photo that there is, and what is to be done with it, as the walk comes to it."""
        names = walk(
            self.layout.photos,
            leave_out=self.layout.to,
            enter=self._enter,
            report=self.summary.fail,
        )
        while some := list(islice(names, LOOKED_UP_AT_ONCE)):
            known = self.journal.seen(map(os.fsencode, some)) if self.journal else {}
            for name in some:
                if self.stop.asked:
                    self.summary.stopped = True
                    return
                seen = known.get(os.fsencode(name))
                yield attempt(name, sight, self.layout, seen, name, self.tagger.run_id)

    def _enter(self, folder: Path) -> None:
        if not self.dry_run:
            clear_temporaries(self.layout.root / folder)

    def _prepare(self, photo: Photo | Outcome) -> Prepared | Outcome:
        if isinstance(photo, Outcome):
            return photo
        pixels = attempt(photo.name, self.tagger.prepare, photo.base)
        return pixels if isinstance(pixels, Outcome) else (photo, pixels)

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
            Scored(photo, row, {names[k]: float(row[k]) for k in np.flatnonzero(chosen)})
            for (photo, _), row, chosen in zip(batch, scores, decided, strict=True)
        ]

    def _write(self, scored: Scored | Outcome) -> Outcome:
        if isinstance(scored, Outcome):
            return scored
        return attempt(scored.photo.name, self._tag, scored)

    def _tag(self, scored: Scored) -> Outcome:
        photo, run = scored.photo, self.tagger.run_id
        if self.journal is not None and not self.dry_run:
            self.journal.score(photo.path, run, scored.scores)
        return tag_photo(self.tools, self.journal, photo, run, scored.tags, dry_run=self.dry_run)

"""One partition from beginning to end: brought, tagged, put back, and marked as done."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import stamp
from tagonaut.overlap import overlap
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.location import OWN_FOLDER
from tagonaut.tagging.journal.records import Write
from tagonaut.tagging.ray.job import Job, add, to_json
from tagonaut.tagging.ray.ledger import Failures
from tagonaut.tagging.ray.plan import partition
from tagonaut.tagging.ray.results import Row, parquet
from tagonaut.tagging.ray.staging import THREADS, Staged, reason_of, stage, written_names
from tagonaut.tagging.ray.walking import Found
from tagonaut.tagging.summary import Summary, shown

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# Work on a partition that was begun so often and never ended is done photo by photo.
CAREFUL_AFTER = 2
# And after so many in one session, not at all.
GIVEN_UP_AFTER = 5

Alone = Callable[[Path, Path, Path], Summary]
"""Tags a folder (photos, out, journal) in a process of its own, so that it may crash.

Raises ``PictureError`` if it does.
"""


class SupersededError(Exception):
    """Another session has taken over."""


class StoppedError(Exception):
    """The person at the keyboard has asked to stop."""


def tag_staged(job: Job, tagger: "Tagger", photos: Path, out: Path, journal: Path) -> Summary:
    """What the local engine does, on the folders of a partition."""
    from tagonaut.tagging.tag import tag_folder

    return tag_folder(
        tagger,
        photos,
        to=out,
        choice=job.choice,
        keep_time=job.keep_time,
        write_scores=job.write_scores,
        journal=journal,
        scores=journal.with_name("scores.parquet"),
    )


def work(
    job: Job,
    number: int,
    tagger: "Tagger",
    alone: Alone,
    busy: Lock,
    scratch: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Do a partition, unless it is done; what its summary says, as plain values.

    The order is what the guarantees rest on. The photos are tagged on this machine; then a journal
    that says what is about to be written is put to the store; then the photos; then the journal as
    it is now; then the results. ``busy`` is held while this machine's processors are needed: what
    waits for the store may overlap with that. Raises ``SupersededError``, and ``StoppedError`` if
    it is ``stopped`` before it has begun to tag.
    """
    photos = partition(job.out, number)
    ledger = job.ledger
    if ledger.is_done(number):
        return done_before(len(photos), ledger.failures(number))
    ledger.reopen(number)
    with tempfile.TemporaryDirectory(prefix=f"{number:06}-", dir=scratch) as folder:
        staged = stage(job, number, photos, Path(folder))
        with busy:
            if stopped():
                raise StoppedError
            _check_session(job)
            before = ledger.attempt(number, job.session)
            if before.here >= GIVEN_UP_AFTER:
                raise TagonautError(f"given up: {before.here} workers died of it")
            if before.total < CAREFUL_AFTER:
                summary = tag_staged(job, tagger, staged.photos, staged.out, staged.journal)
            else:
                summary = _one_by_one(staged, photos, alone)
        return _put_back(job, number, photos, staged, summary, tagger)


def done_before(photos: int, failures: Failures) -> dict[str, Any]:
    """The summary of a partition that was done by an earlier run."""
    summary = Summary(seen=photos, nothing_to_do=photos - len(failures.failures))
    summary.failed = len(failures.failures)
    summary.failures = list(failures.failures)
    return to_json(summary)


def _one_by_one(staged: Staged, photos: list[Found], alone: Alone) -> Summary:
    """Tag each photo in a process that it may crash."""
    summary = Summary()
    for number, photo in enumerate(photos):
        if not os.path.lexists(staged.photos / photo.name):
            continue
        one = staged.folder / "one" / str(number)
        for name in filter(None, (photo.name, photo.beside and _sibling(photo))):
            (one / name).parent.mkdir(parents=True, exist_ok=True)
            (staged.photos / name).rename(one / name)
        try:
            add(summary, to_json(alone(one, staged.out, staged.journal)))
        except PictureError as error:
            summary.seen += 1
            summary.fail(Path(photo.name), str(error))
    return summary


def _sibling(photo: Found) -> str:
    return str(Path(photo.name).with_name(photo.beside))


def _put_back(
    job: Job, number: int, photos: list[Found], staged: Staged, summary: Summary, tagger: "Tagger"
) -> dict[str, Any]:
    _check_session(job)
    summary.seen += len(staged.failed) + len(staged.refused)
    for name, reason in (staged.failed | staged.refused).items():
        summary.fail(Path(name), reason)
    if staged.gone:
        summary.tell(f"{len(staged.gone):,} photos are not there any more: {staged.gone[0]}, …")
    journal = job.ledger.journal(number)
    _write_intent(job, photos, staged, tagger)
    job.out.put(staged.before, journal)
    not_put = dict(filter(None, _put_changed(job, staged)))
    for name, reason in not_put.items():
        summary.written -= 1
        summary.fail(Path(name), reason)
    again = bool(staged.refused or not_put)
    if not again:
        job.out.put(staged.journal, journal)
    failures = dict(summary.failures)
    rows = list(_rows(job, photos, staged, failures, tagger))
    # Of photos too that an earlier end of this partition has tagged.
    summary.tags = Counter(tag for row in rows for tag in row.tags)
    told = Failures(tuple(failures.items()), again)
    job.ledger.end(number, parquet(tagger.labels.names, rows), told)
    return to_json(summary)


def _check_session(job: Job) -> None:
    if not job.ledger.is_ours(job.session):
        raise SupersededError


def _write_intent(job: Job, photos: list[Found], staged: Staged, tagger: "Tagger") -> None:
    """The journal of before says which writes are under way: recovery looks whether they were."""
    with Journal(staged.before) as before, Journal(staged.journal) as after:
        before.register(tagger.run_id, tagger.labels.names)
        for path, scores in after.scores(tagger.run_id):
            before.score(path, tagger.run_id, scores)
        # Each waits for the disk; those that wait at the same time wait once.
        for _ in overlap(before.begin, _new(before, after, photos), workers=32, ahead=64):
            pass


def _new(before: Journal, after: Journal, photos: list[Found]) -> Iterator[Write]:
    """The writes in force that were not there before: one a file at most."""
    for photo in photos:
        for name in written_names(photo.name):
            path = os.fsencode(name)
            known = {write.number for write in before.writes(path)}
            yield from (write for write in after.writes(path) if write.number not in known)


def _put_changed(job: Job, staged: Staged) -> Iterator[tuple[str, str] | None]:
    """Put what tagging has made or changed to its place; names and reasons of what did not go."""

    def put(name: str) -> tuple[str, str] | None:
        try:
            now, seen = job.out.look(name), staged.there.get(name)
            if now is not seen and not (now and seen and seen.is_still(now)):
                return name, "it was changed while it was worked on: left alone"
            job.out.put(staged.out / name, name)
        except Exception as error:  # each file system has errors of its own
            return name, f"the store does not take it ({reason_of(error)})"
        return None

    return overlap(put, _changed(staged), workers=THREADS, ahead=2 * THREADS)


def _changed(staged: Staged) -> Iterator[str]:
    for place, folders, files in os.walk(staged.out):
        if place == str(staged.out) and OWN_FOLDER in folders:
            folders.remove(OWN_FOLDER)
        for file in files:
            path = Path(place, file)
            name = str(path.relative_to(staged.out))
            if staged.restored.get(name) != stamp(path):
                yield name


def _rows(
    job: Job, photos: list[Found], staged: Staged, failures: dict[str, str], tagger: "Tagger"
) -> Iterator[Row]:
    """In the order of the partition."""
    labels = tagger.labels.names
    with Journal(staged.journal, read_only=True) as journal:
        scores = dict(journal.scores(tagger.run_id))
    gone = {*staged.gone}
    for photo in photos:
        path = os.fsencode(photo.name)
        # As the local engine's table has them.
        name, found = path.decode("utf-8", "backslashreplace"), scores.get(path)
        reason = failures.get(shown(Path(photo.name)))
        if photo.name in gone:
            yield Row(name, "gone")
        elif reason is not None:
            yield Row(name, "failed", reason, scores=found)
        elif found is None:
            yield Row(name, "tagged")
        else:
            decided = tagger.decide(found[None])[0]
            tags = job.choice.choose(labels, found, decided)
            yield Row(name, "tagged", tags=[tag.name for tag in tags], scores=found)

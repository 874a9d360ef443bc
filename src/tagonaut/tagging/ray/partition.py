"""One partition from beginning to end: staged, tagged, put back, and marked as done."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tagonaut.data.passed_over import NO_PREVIEW
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import stamp
from tagonaut.files.attributes import not_kept
from tagonaut.overlap import overlap
from tagonaut.tagging.journal import OWN_FOLDER, Journal, Write
from tagonaut.tagging.ray.job import Job, add, to_json
from tagonaut.tagging.ray.ledger import Failures
from tagonaut.tagging.ray.plan import Part, partition
from tagonaut.tagging.ray.results import Row, parquet
from tagonaut.tagging.ray.seal import seal_file
from tagonaut.tagging.ray.staging import THREADS, Staged, beside_names, stage, written_names
from tagonaut.tagging.ray.store import reason_of
from tagonaut.tagging.ray.walking import Found
from tagonaut.tagging.summary import Summary, shown
from tagonaut.tagging.tag import LOOKED_UP_AT_ONCE, tag_folder
from tagonaut.tagging.workers import Workers

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# After this many attempts that never ended, a partition is done photo by photo.
CAREFUL_AFTER = 2
# After this many in one session, it is given up.
GIVEN_UP_AFTER = 5

Alone = Callable[[Path, Path, Path], Summary]
"""Tags a folder (photos, out, journal) in a process of its own, so that it may crash.

Raises ``PictureError`` if it does.
"""


class SupersededError(Exception):
    """Another session has taken over."""


class StoppedError(Exception):
    """The user has asked to stop."""


@dataclass
class Resources:
    """The resources of an actor: its loaded tagger, its threads, and its ``scratch`` folder.

    ``busy`` is held by the one partition that uses the machine's processors. ``stopped`` says
    whether the user has asked to stop.
    """

    tagger: "Tagger"
    workers: Workers
    alone: Alone
    scratch: Path
    stopped: Callable[[], bool] = lambda: False
    busy: Lock = field(default_factory=Lock)


def tag_staged(
    job: Job, tagger: "Tagger", workers: Workers, photos: Path, out: Path, journal: Path
) -> Summary:
    """Tag the staged folders of a partition with the local engine."""
    scores = journal.with_name("scores.parquet")
    options = replace(job.options, to=out, journal=journal, scores=scores)
    return tag_folder(tagger, photos, options, workers=workers, staged=True)


def work(job: Job, part: Part, resources: Resources) -> dict[str, Any]:
    """Tag a partition, unless it is done, and return its summary as plain values.

    The guarantees rest on the order. The photos are tagged on this machine; then a journal of the
    writes to come is put into the store; then the photos; then the final journal; then the results.
    Transfers overlap with the tagging of other partitions. Raises ``SupersededError``, and
    ``StoppedError`` if the user asks to stop before tagging has begun.
    """
    number, ledger = part.number, job.ledger
    _check_session(job)
    photos = partition(job.out, part)
    if (failures := ledger.done_before(part)) is not None:
        return done_before(len(photos), failures)
    ledger.reopen(number)
    with tempfile.TemporaryDirectory(prefix=f"{number:06}-", dir=resources.scratch) as folder:
        staged = stage(job, number, photos, Path(folder))
        with resources.busy:
            if resources.stopped():
                raise StoppedError
            _check_session(job)
            before = ledger.attempt(number, job.session)
            if before.here >= GIVEN_UP_AFTER:
                raise TagonautError(f"given up: {before.here} processes died of it")
            if before.total < CAREFUL_AFTER:
                folders = (staged.photos, staged.out, staged.journal)
                summary = tag_staged(job, resources.tagger, resources.workers, *folders)
            else:
                summary = _one_by_one(staged, photos, resources.alone)
        return _put_back(job, part, photos, staged, summary, resources)


def done_before(photos: int, failures: Failures) -> dict[str, Any]:
    """The summary of a partition that an earlier run has done."""
    seen = photos - sum(sum(kinds.values()) for kinds in failures.passed.values())
    summary = Summary(seen=seen, nothing_to_do=seen - len(failures.failures))
    summary.passed.update(failures.passed)
    summary.failed = len(failures.failures)
    summary.failures = list(failures.failures)
    return to_json(summary)


def _one_by_one(staged: Staged, photos: list[Found], alone: Alone) -> Summary:
    """Tag each photo in a process that may crash."""
    summary = Summary()
    for number, photo in enumerate(photos):
        if not os.path.lexists(staged.photos / photo.name):
            continue
        one = staged.folder / "one" / str(number)
        (one / photo.name).parent.mkdir(parents=True)
        for name in (photo.name, *beside_names(photo)):
            # Copied, as a sidecar may be that of several photos; local ones are links.
            with suppress(FileNotFoundError):
                shutil.copy2(staged.photos / name, one / name, follow_symlinks=False)
        try:
            add(summary, to_json(alone(one, staged.out, staged.journal)))
        except PictureError as error:
            summary.seen += 1
            summary.fail(Path(photo.name), str(error))
        shutil.rmtree(one, ignore_errors=True)
    return summary


def _put_back(
    job: Job,
    part: Part,
    photos: list[Found],
    staged: Staged,
    summary: Summary,
    resources: Resources,
) -> dict[str, Any]:
    _check_session(job)
    # The person knows the place of the copies, and not the folder that they are made in.
    summary.failures = [
        (name, reason.replace(f"{staged.out}/", f"{job.out}/")) for name, reason in summary.failures
    ]
    summary.seen += len(staged.failed) + len(staged.refused)
    for name, reason in (staged.failed | staged.refused).items():
        summary.fail(Path(name), reason)
    if staged.gone:
        summary.note(f"{len(staged.gone):,} photos are not there any more: {staged.gone[0]}, …")
    for note in staged.notes:
        summary.note(note)
    journal = job.ledger.journal(part.number)
    written = _write_intent(photos, staged, resources.tagger)
    _put_journal(job, staged.before, journal)
    not_put, not_kept_there = _put_changed(job, staged)
    if not_kept_there:
        summary.note(not_kept(not_kept_there))
    for name, reason in _of_photos(photos, not_put).items():
        if name in written:
            summary.written -= 1
        else:
            summary.copied -= 1
        summary.fail(Path(name), reason)
    failures = dict(summary.failures)
    rows = list(_rows(job, photos, staged, failures, resources))
    again = bool(staged.refused or not_put)
    if not again:
        _put_journal(job, staged.journal, journal)
    # Counts also the photos that an earlier attempt at this partition has tagged.
    summary.tags = Counter(tag for row in rows for tag in row.tags)
    passed = {reason: dict(kinds) for reason, kinds in summary.passed.counts.items()}
    ended = Failures(tuple(failures.items()), again, passed)
    job.ledger.end(part, parquet(resources.tagger.labels.names, rows), ended)
    return to_json(summary)


def _put_journal(job: Job, journal: Path, name: str) -> None:
    seal_file(job.key, name, journal)
    job.out.put_own(journal, name)


def _check_session(job: Job) -> None:
    if not job.ledger.is_ours(job.session):
        raise SupersededError


def _of_photos(photos: list[Found], reasons: dict[str, str]) -> dict[str, str]:
    """The reasons why files could not be put, by photo."""
    owners = {name: photo.name for photo in photos for name in beside_names(photo)}
    owners |= {f"{photo.name}.xmp": photo.name for photo in photos}
    found: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        photo = owners.get(name, name)
        whose = "" if photo == name else f"its sidecar {shown(Path(name))}: "
        found.setdefault(photo, []).append(whose + reason)
    return {photo: "; ".join(several) for photo, several in found.items()}


def _write_intent(photos: list[Found], staged: Staged, tagger: "Tagger") -> set[str]:
    """Put the coming writes into the earlier journal; recovery finds out whether they happened.

    Returns the names of the photos that are written to, in themselves or in their sidecars.
    """
    with Journal(staged.before) as before, Journal(staged.journal) as after:
        run = after.known_as(tagger.run_id)
        before.register(run, tagger.labels.names)
        before.store_scores(run, after.scores(run))
        new = list(_new(before, after, photos))
        before.begin_all(new)
        return {os.fsdecode(write.sidecar_of or write.path) for write in new}


def _new(before: Journal, after: Journal, photos: list[Found]) -> Iterator[Write]:
    """The writes in force that are new: at most one per file."""
    # Photos whose names differ in the suffix alone have one IMG.xmp.
    for name in dict.fromkeys(name for photo in photos for name in written_names(photo.name)):
        path = os.fsencode(name)
        known = {write.number for write in before.writes(path)}
        yield from (write for write in after.writes(path) if write.number not in known)


def _put_changed(job: Job, staged: Staged) -> tuple[dict[str, str], set[str]]:
    """Put the new and changed files into the store.

    Returns the reasons of failures by name, and the names of attributes that its disk did not keep.
    """
    lost: set[str] = set()

    def put(name: str) -> tuple[str, str] | None:
        try:
            now, seen = job.out.look(name), staged.there.get(name)
            if now is not seen and not (now and seen and seen.is_still(now)):
                return name, "it was changed while it was worked on: left alone"
            lost.update(job.out.put(staged.out / name, name, new=seen is None))
        except FileExistsError:
            return name, "another file has come to be in its place: left alone"
        except Exception as error:  # each file system has errors of its own
            return name, f"the store does not take it ({reason_of(error)})"
        return None

    failed = overlap(put, _changed(staged), workers=THREADS, ahead=2 * THREADS)
    return dict(filter(None, failed)), lost


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
    job: Job, photos: list[Found], staged: Staged, failures: dict[str, str], resources: Resources
) -> Iterator[Row]:
    """The rows of the results, in the order of the partition."""
    tagger = resources.tagger
    labels = tagger.labels.names
    with Journal(staged.journal, read_only=True) as journal:
        scores = dict(journal.scores(journal.known_as(tagger.run_id)))
        passed = _passed_over(journal, photos, staged, resources.workers)
    gone = {*staged.gone}
    for photo in photos:
        path = os.fsencode(photo.name)
        # As in the local engine's table.
        name, found = path.decode("utf-8", "backslashreplace"), scores.get(path)
        reason = failures.get(shown(Path(photo.name)))
        if photo.name in gone:
            yield Row(name, "gone")
        elif reason is not None:
            yield Row(name, "failed", reason, scores=found)
        elif path in passed:
            yield Row(name, "passed over", NO_PREVIEW)
        elif found is None:
            yield Row(name, "tagged")
        else:
            decided = tagger.decide(found[None])[0]
            tags = job.options.choice.choose(labels, found, decided)
            yield Row(name, "tagged", tags=[tag.name for tag in tags], scores=found)


def _passed_over(
    journal: Journal, photos: list[Found], staged: Staged, workers: Workers
) -> set[bytes]:
    """The photos of which the journal says that they have no preview, unless they changed since."""
    found: set[bytes] = set()
    paths = [os.fsencode(photo.name) for photo in photos]
    for start in range(0, len(paths), LOOKED_UP_AT_ONCE):
        some = paths[start : start + LOOKED_UP_AT_ONCE]
        # A preview is there or not, whatever the run.
        noted = journal.unwritable(some, "", workers.exiftool_version)
        for path, (before, reason) in noted.items():
            picture = staged.photos / os.fsdecode(path)
            if reason == NO_PREVIEW and picture.is_file() and stamp(picture) == before:
                found.add(path)
    return found

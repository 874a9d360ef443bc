"""The Ray engine, as the process that starts it: plan, tag, sum up."""

import json
import queue
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from tagonaut.data.passed_over import PassedOver
from tagonaut.errors import TagonautError
from tagonaut.files.atomic import make_folder
from tagonaut.files.locks import locked_folder
from tagonaut.interrupts import Stop
from tagonaut.progress import LOG_EVERY_SECONDS, Progress
from tagonaut.tagging.files import check_apart, check_not_inside
from tagonaut.tagging.journal import OWN_FOLDER
from tagonaut.tagging.options import ClusterOptions
from tagonaut.tagging.ray.actors import (
    PARTITIONS_AT_ONCE,
    Load,
    PartitionTagger,
    StopSign,
)
from tagonaut.tagging.ray.cluster import Shares, connected
from tagonaut.tagging.ray.job import Job, add
from tagonaut.tagging.ray.ledger import SESSION
from tagonaut.tagging.ray.partition import done_before
from tagonaut.tagging.ray.plan import Part, Plan, amend, extend
from tagonaut.tagging.ray.store import Store, reason_of
from tagonaut.tagging.ray.walking import walk
from tagonaut.tagging.summary import Summary
from tagonaut.terminal import say

# The most blocks of Ray Data; with more partitions than that, a block holds several.
MOST_BLOCKS = 10_000


def tag_distributed(
    job: Job,
    load: Load,
    cluster: ClusterOptions | None = None,
    *,
    stop: Stop | None = None,
) -> Summary:
    """Write tagged copies of all photos of one store into another, partition by partition.

    ``load`` loads an actor's tagger. A run with some partitions done goes on with its plan, and
    reports the failures of those again. Otherwise the photos are walked first, and new or changed
    ones extend the plan. ``stop`` ends the run after the partitions under way. Raises
    ``TagonautError`` for whatever stops the whole run.
    """
    cluster = cluster or ClusterOptions()
    check_stores(job.photos, job.out)
    summary = Summary()
    with ExitStack() as stack:
        if job.out.is_local:
            root = Path(job.out.root)
            make_folder(root)
            stack.enter_context(locked_folder(root))
        left = _planned(job, summary)
        if left:
            shares = stack.enter_context(connected(cluster.address, cluster.actors))
            mapped = stack.enter_context(closing(_mapped(job, load, left, shares, stop or Stop())))
            total = summary.seen + sum(part.photos for part in left)
            for one in _progress(mapped, summary, total):
                if one.get("superseded"):
                    raise TagonautError(f"another run has begun to write to {job.out}: ended here")
                if one.get("left"):
                    summary.stopped = True
                else:
                    add(summary, one)
    summary.scores = f"{job.out}/{job.ledger.results}"
    summary.journal = f"{job.out}/{PurePosixPath(job.ledger.journal(0)).parent}"
    return summary


def _planned(job: Job, summary: Summary) -> list[Part]:
    """The partitions to do; the summary gets what is done, and what cannot be."""
    try:
        job.ledger.take_over(job.session)
        plan = up_to_date(job, summary.passed)
        for name, reason in plan.faults:
            summary.fail(Path(name), reason)
        return _count_done(job, plan, summary)
    except OSError as error:
        raise TagonautError(f"{job.out}: cannot be used ({reason_of(error)})") from None


def check_stores(photos: Store, out: Store) -> None:
    """Raise ``TagonautError`` unless copies of the photos may be written to ``out``."""
    out.check_writable()
    if photos.shares_files_with(out):
        if photos.place == out.place:
            raise TagonautError(f"{out} is the folder of the photos: --to takes another")
        check_apart(photos.place, out.place)
    if out.is_local and Plan.read(out) is None:
        check_not_inside(Path(out.root))
    for name in ("archive", "journal.sqlite"):
        try:
            found = out.look(f"{OWN_FOLDER}/{name}")
        except OSError as error:
            raise TagonautError(f"{out}: cannot be used ({reason_of(error)})") from None
        if found is not None:
            raise TagonautError(f"{out} was tagged without --engine ray: continue without it")


def check_photos(photos: Store, out: Store) -> None:
    """Raise ``TagonautError`` for a store without photos, such as a network share gone offline."""
    reported: list[str] = []
    found = walk(photos, leave_out=out, report=lambda name, _: reported.append(name))
    if next(found, None) is None and not reported:
        raise TagonautError(f"{photos} has no photos in it: nothing done (is its disk connected?)")


def up_to_date(job: Job, passed: PassedOver | None = None) -> Plan:
    """The plan of the run; a new or extended one if the run has not begun, or is finished.

    What a walk passes over is counted in ``passed``.
    """
    plan = Plan.read(job.out)
    if plan is not None and plan.photos != str(job.photos):
        raise TagonautError(f"{job.out} holds copies of {plan.photos}, not of {job.photos}")
    if plan is not None and not plan.is_ours:
        say(
            f"the plan in {job.out} was not written by this user on this machine: it is compared"
            " with the photos that are there"
        )
    elif plan is not None and 0 < len(job.ledger.done(plan.parts())) < len(plan.sizes):
        return plan
    faults: list[tuple[str, str]] = []
    found = walk(
        job.photos,
        leave_out=job.out,
        fold=job.out.confuses_case(SESSION),
        report=lambda name, reason: faults.append((name, reason)),
        passed=passed,
    )
    extended = extend(job.out, plan or Plan(str(job.photos)), _counted(found))
    plan = replace(extended.plan, faults=tuple(faults))
    if extended.changed:
        # If a kill comes in between, the digests do not hold: the next run walks again.
        replace(plan, is_ours=False).write(job.out)
    for number, changed in extended.changed.items():
        # In this order, so that a partition is done again even if a kill comes in between.
        job.ledger.reopen(number)
        plan = amend(job.out, plan, number, changed)
    plan.write(job.out)
    return plan


def _counted(photos: Iterator[Any]) -> Iterator[Any]:
    """Report the progress of the walk now and then."""
    last = time.monotonic()
    for done, photo in enumerate(photos, 1):
        yield photo
        if time.monotonic() - last >= LOG_EVERY_SECONDS:
            last = time.monotonic()
            say(f"planning: {done:,} photos found")


def _count_done(job: Job, plan: Plan, summary: Summary) -> list[Part]:
    """Add the partitions that are done to the summary; return the others."""
    done = job.ledger.done(plan.parts())
    if unmarked := job.ledger.unmarked(done):
        say(
            f"{unmarked:,} partitions have results in {job.out} and no valid mark of this user on"
            " this machine that they are done: they are done again"
        )
    ended = {number: failures for number, failures in done.items() if not failures.again}
    for number, failures in ended.items():
        add(summary, done_before(plan.sizes[number], failures))
    return [part for part in plan.parts() if part.number not in ended]


def _mapped(
    job: Job, load: Load, parts: list[Part], shares: Shares, stop: Stop
) -> Generator[dict[str, Any], None, None]:
    """Yield the summary of each partition as it ends, and an empty one every half second."""
    import ray
    from ray.data import ActorPoolStrategy

    of_all: Any = ray.remote(StopSign)
    sign = of_all.options(num_cpus=0).remote()
    data = ray.data.from_items(
        [
            {"partition": part.number, "photos": part.photos, "digest": part.digest}
            for part in parts
        ],
        override_num_blocks=min(len(parts), MOST_BLOCKS),
    ).map_batches(
        PartitionTagger,
        batch_size=1,
        fn_constructor_args=(job, load, shares.cores, sign),
        num_cpus=shares.cores,
        num_gpus=shares.gpus,
        compute=ActorPoolStrategy(
            size=shares.actors,
            max_tasks_in_flight_per_actor=PARTITIONS_AT_ONCE,
            max_concurrent_calls_per_actor=PARTITIONS_AT_ONCE,
            enable_true_multi_threading=True,
        ),
    )
    put_up = False
    for row in _from_thread(lambda: data.iter_batches(batch_size=None, prefetch_batches=0)):
        if stop.asked and not put_up:
            ray.get(sign.put_up.remote())
            put_up = True
        if row is None:
            yield {}
        else:
            for summary in row["summary"]:
                yield json.loads(summary)


def _from_thread(rows: Any) -> Iterator[Any]:
    """Yield rows as they come, and None every half second, so that the main thread sees signals."""
    waiting: queue.Queue[Any] = queue.Queue()
    end = object()

    def work() -> None:
        try:
            for row in rows():
                waiting.put(row)
            waiting.put(end)
        except Exception as error:
            waiting.put(error)

    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            row = waiting.get(timeout=0.5)
        except queue.Empty:
            yield None
            continue
        if row is end:
            return
        if isinstance(row, Exception):
            raise TagonautError(f"the cluster failed: {_reason(row)}") from row
        yield row


def _reason(error: BaseException) -> str:
    """The error of an actor, without Ray's account of where it happened."""
    while cause := getattr(error, "cause", None) or error.__cause__:
        error = cause
    return " ".join(str(error).split()) or type(error).__name__


def _progress(
    told: Iterator[dict[str, Any]], summary: Summary, total: int
) -> Iterator[dict[str, Any]]:
    """Yield what is told of each partition, while ``Progress`` shows how far the run is."""
    with Progress("tagging", unit="photos", before=summary.seen) as progress:
        for one in told:
            if one:
                yield one
            progress.update(summary.seen, total, failed=summary.failed)

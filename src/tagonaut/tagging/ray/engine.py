"""The run from where it was started: what is planned, done, and told."""

import json
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import make_folder
from tagonaut.files.locks import locked_folder
from tagonaut.interrupts import Stop
from tagonaut.progress import LOG_EVERY_SECONDS, Progress
from tagonaut.tagging.journal.location import OWN_FOLDER
from tagonaut.tagging.ray.actors import (
    PARTITIONS_AT_ONCE,
    Load,
    PartitionTagger,
    StopSign,
)
from tagonaut.tagging.ray.cluster import Shares, connected
from tagonaut.tagging.ray.job import Job, add
from tagonaut.tagging.ray.partition import done_before
from tagonaut.tagging.ray.plan import Plan, amend, extend
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import walk
from tagonaut.tagging.summary import Summary

# Of Ray Data's blocks; where there are more partitions, several make a block.
MOST_BLOCKS = 10_000


def tag_distributed(
    job: Job,
    load: Load,
    *,
    address: str = "local",
    actors: int | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Tag copies of all photos of one store into another, a partition at a time.

    ``load`` gives an actor its tagger. Of partitions that were done before only their failures are
    told again. A run of which some partitions are done goes on with its plan; otherwise the photos
    are walked first, and those that came or changed since make the plan longer. ``stop`` ends the
    run after the partitions under way. Raises ``TagonautError`` for what stops the whole run.
    """
    check_stores(job.photos, job.out)
    summary = Summary()
    with ExitStack() as stack:
        if job.out.is_local:
            root = Path(job.out.root)
            make_folder(root)
            stack.enter_context(locked_folder(root))
        job.ledger.take_over(job.session)
        plan = up_to_date(job)
        for name, reason in plan.faults:
            summary.fail(Path(name), reason)
        left = _count_done(job, plan, summary)
        if left:
            cluster = stack.enter_context(connected(address, actors))
            told = stack.enter_context(closing(_mapped(job, load, left, cluster, stop or Stop())))
            total = summary.seen + sum(plan.sizes[number] for number in left)
            for one in _progress(told, summary, total):
                if one.get("superseded"):
                    raise TagonautError(f"another run has begun to write to {job.out}: ended here")
                if one.get("left"):
                    summary.stopped = True
                else:
                    add(summary, one)
    summary.scores = f"{job.out}/{job.ledger.results}"
    summary.journal = f"{job.out}/{PurePosixPath(job.ledger.journal(0)).parent}"
    return summary


def check_stores(photos: Store, out: Store) -> None:
    """Raise ``TagonautError`` unless the photos are there, and copies may be written."""
    out.check_writable()
    if type(photos.files) is type(out.files) and photos.root == out.root:
        raise TagonautError(f"{out} is the folder of the photos: --to takes another")
    for name in ("archive", "journal.sqlite"):
        if out.look(f"{OWN_FOLDER}/{name}") is not None:
            raise TagonautError(f"{out} was tagged without --engine ray: go on without it there")


def up_to_date(job: Job) -> Plan:
    """The plan of the run; a new or longer one if the run has not begun, or is through."""
    plan = Plan.read(job.out)
    if plan is not None and plan.photos != str(job.photos):
        raise TagonautError(f"{job.out} holds copies of {plan.photos}, not of {job.photos}")
    ended = job.ledger.ended()
    if plan is not None and 0 < len(ended) < len(plan.sizes):
        return plan
    faults: list[tuple[str, str]] = []
    found = walk(
        job.photos, leave_out=job.out, report=lambda name, reason: faults.append((name, reason))
    )
    extended = extend(job.out, plan or Plan(str(job.photos)), _counted(found))
    for number, changed in extended.changed.items():
        # In this order: if it ends in between, the partition is done again all the same.
        job.ledger.reopen(number)
        amend(job.out, number, changed)
    plan = replace(extended.plan, faults=tuple(faults))
    plan.write(job.out)
    return plan


def _counted(photos: Iterator[Any]) -> Iterator[Any]:
    """Tell now and then how far the walk is."""
    last = time.monotonic()
    for done, photo in enumerate(photos, 1):
        yield photo
        if time.monotonic() - last >= LOG_EVERY_SECONDS:
            last = time.monotonic()
            sys.stderr.write(f"planning: {done:,} photos found\n")


def _count_done(job: Job, plan: Plan, summary: Summary) -> list[int]:
    """The numbers of the partitions that are left."""
    failed = job.ledger.failed()
    ended = job.ledger.ended() - {number for number, told in failed.items() if told.again}
    for number in ended & failed.keys():
        add(summary, done_before(plan.sizes[number], failed[number]))
    fine = sum(plan.sizes[number] for number in ended - failed.keys())
    summary.seen += fine
    summary.nothing_to_do += fine
    return [number for number in range(len(plan.sizes)) if number not in ended]


def _mapped(
    job: Job, load: Load, numbers: list[int], cluster: Shares, stop: Stop
) -> Generator[dict[str, Any], None, None]:
    """What is told of each partition, as it ends; nothing, every half second, meanwhile."""
    import ray
    from ray.data import ActorPoolStrategy

    of_all: Any = ray.remote(StopSign)
    sign = of_all.options(num_cpus=0).remote()
    data = ray.data.from_items(
        [{"partition": number} for number in numbers],
        override_num_blocks=min(len(numbers), MOST_BLOCKS),
    ).map_batches(
        PartitionTagger,
        batch_size=1,
        fn_constructor_args=(job, load, cluster.cores, sign),
        num_cpus=cluster.cores,
        num_gpus=cluster.gpus,
        compute=ActorPoolStrategy(
            size=cluster.actors,
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
            for told in row["told"]:
                yield json.loads(told)


def _from_thread(rows: Any) -> Iterator[Any]:
    """Rows as they come, and None every half second: signals are met in the main thread alone."""
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
    """What an actor raised, without all that Ray says of where it did."""
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

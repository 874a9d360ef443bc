"""Jobs, and partitions done in this process, without a cluster."""

import secrets
from pathlib import Path
from threading import Lock
from typing import Any

from tagonaut.tagging.choice import Choice
from tagonaut.tagging.ray.engine import up_to_date
from tagonaut.tagging.ray.job import Job, add, run_of
from tagonaut.tagging.ray.partition import tag_staged, work
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.summary import Summary
from tests.tagging.scorer import ByColour


def job_of(
    photos: Store, out: Store, tagger: Any = None, choice: Choice | None = None, **named: Any
) -> Job:
    choice = choice or Choice()
    run = run_of(tagger or ByColour(), choice, write_scores=False)
    return Job(photos, out, run, secrets.token_hex(8), choice, **named)


def local(folder: Path) -> Store:
    return Store.of(str(folder))


def done_here(job: Job, scratch: Path, tagger: Any = None) -> Summary:
    """All that a cluster would do."""
    scratch.mkdir(exist_ok=True)
    tagger = tagger or ByColour()
    job.ledger.take_over(job.session)
    summary = Summary()

    def alone(photos: Path, out: Path, journal: Path) -> Summary:
        return tag_staged(job, tagger, photos, out, journal)

    for number in range(len(up_to_date(job).sizes)):
        add(summary, work(job, number, tagger, alone, Lock(), scratch))
    return summary

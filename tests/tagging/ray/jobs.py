"""Jobs, and partitions done in this process, without a cluster."""

import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.ray.engine import up_to_date
from tagonaut.tagging.ray.job import Job, add, run_of
from tagonaut.tagging.ray.partition import Resources, tag_staged, work
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.workers import Workers
from tests.tagging.scorer import ByColour


def job_of(photos: Store, out: Store, tagger: Any = None, **named: Any) -> Job:
    options = TagOptions(to=str(out), **named)
    run = run_of(tagger or ByColour(), options)
    return Job(photos, out, run, secrets.token_hex(8), options)


def local(folder: Path) -> Store:
    return Store.of(str(folder))


def done_here(job: Job, scratch: Path, tagger: Any = None) -> Summary:
    """All that a cluster would do."""
    scratch.mkdir(exist_ok=True)
    tagger = tagger or ByColour()
    job.ledger.take_over(job.session)
    summary = Summary()

    def alone(photos: Path, out: Path, journal: Path) -> Summary:
        return tag_staged(job, tagger, workers, photos, out, journal)

    with closing(Workers(1)) as workers:
        resources = Resources(tagger, workers, alone, scratch)
        for part in up_to_date(job).parts():
            add(summary, work(job, part, resources))
    return summary

"""An archive is tagged by a run on a Ray cluster."""

import secrets
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.summary import Summary

GOES_ON = "Finishing the partitions under way; the same command goes on from there"


def tag_on_ray(
    run: Path,
    photos: str,
    *,
    to: str,
    address: str = "local",
    actors: int | None = None,
    labels: Sequence[str] | None = None,
    min_score: float | None = None,
    top: int | None = None,
    mapping: Path | None = None,
    prefix: str = "",
    keep_time: bool = False,
    write_scores: bool = False,
) -> Summary:
    """Tag copies below ``to``; both that and ``photos`` are paths or fsspec URLs.

    ``mapping`` is a file as ``read_map`` takes it, ``labels`` to ``prefix`` are a ``Choice``.
    Ctrl-C ends it between partitions. Otherwise as ``tag_distributed``. Raises ``TagonautError``.
    """
    check_installed()
    from tagonaut.tagging.ray.engine import check_stores, tag_distributed
    from tagonaut.tagging.ray.job import Job, run_of
    from tagonaut.tagging.ray.shipped import Shipped
    from tagonaut.tagging.ray.store import Store

    choice = Choice.of(labels, min_score, top, mapping, prefix)
    source, out = Store.of(photos), Store.of(to)
    check_stores(source, out)
    if keep_time and not out.is_local:
        raise TagonautError(f"{to}: objects have no times of change to keep: leave --keep-time out")
    tagger = Tagger.load(run)
    choice.check(tagger.labels.names)
    job = Job(
        source,
        out,
        run_of(tagger, choice, write_scores=write_scores),
        secrets.token_hex(8),
        choice,
        keep_time=keep_time,
        write_scores=write_scores,
    )
    load = Shipped.ship(run, tagger.run_id, out)
    with stoppable(GOES_ON) as stop:
        return tag_distributed(job, load, address=address, actors=actors, stop=stop)


def check_installed() -> None:
    """Raise ``TagonautError`` unless the extra is there."""
    for name in ("ray", "fsspec", "pyarrow"):
        if find_spec(name) is None:
            raise TagonautError(f"--engine ray needs {name}: pip install 'tagonaut[ray]'")

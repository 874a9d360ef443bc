"""A folder of photos is tagged by a run, or gets back what it was."""

from collections.abc import Sequence
from pathlib import Path

from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger
from tagonaut.tagging.choice import Choice, read_map
from tagonaut.tagging.pipeline import tag_folder
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.undo import untag_folder

GOES_ON = "Finishing the photos under way; the same command goes on from there"


def tag(
    run: Path,
    photos: Path,
    *,
    to: Path | None = None,
    sidecar: bool = False,
    labels: Sequence[str] | None = None,
    min_score: float | None = None,
    top: int | None = None,
    mapping: Path | None = None,
    prefix: str = "",
    keep_time: bool = False,
    break_links: bool = False,
    write_scores: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
    scores: Path | None = None,
) -> Summary:
    """Tag copies below ``to``, or sidecars, or the photos themselves where neither is asked for.

    ``mapping`` is a file as ``read_map`` takes it, ``labels`` to ``prefix`` are a ``Choice``.
    Ctrl-C ends it between photos. Otherwise as ``tag_folder``.
    """
    choice = Choice(
        labels=None if labels is None else tuple(labels),
        min_score=min_score,
        top=top,
        mapping={} if mapping is None else read_map(mapping),
        prefix=prefix,
    )
    tagger = Tagger.load(run)
    with stoppable(GOES_ON) as stop:
        return tag_folder(
            tagger,
            photos,
            to=to,
            in_place=to is None and not sidecar,
            sidecar=sidecar,
            choice=choice,
            keep_time=keep_time,
            break_links=break_links,
            write_scores=write_scores,
            dry_run=dry_run,
            journal=journal,
            scores=scores,
            stop=stop,
        )


def untag(
    photos: Path,
    *,
    runs: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    keep_time: bool = False,
    break_links: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
) -> Summary:
    """Take back what was written to the photos below a folder. Ctrl-C ends it between photos.

    Otherwise as ``untag_folder``.
    """
    with stoppable(GOES_ON) as stop:
        return untag_folder(
            photos,
            runs=runs,
            labels=labels,
            since=since,
            until=until,
            keep_time=keep_time,
            break_links=break_links,
            dry_run=dry_run,
            journal=journal,
            stop=stop,
        )

"""``tagonaut untag``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json, names, period
from tagonaut.cli.output import wrong_usage
from tagonaut.cli.summaries import report
from tagonaut.cli.tag import (
    BreakLinks,
    DryRun,
    Exclude,
    From,
    Journal,
    KeepTime,
    Nice,
    Only,
)


def untag(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PHOTOS...",
            help="The folder that was tagged, or tagged into; or folders and photos of it.",
        ),
    ] = None,
    run: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN", help="Remove only tags that this run wrote: its folder, or its name."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="Remove only tags for this label; repeat it, or separate with commas.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Remove only tags written at or after this time: 2026-11-21T18:30."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Remove only tags written before this time; a day is included whole.",
        ),
    ] = None,
    exclude: Exclude = None,
    only: Only = None,
    source: From = None,
    keep_time: KeepTime = False,
    break_links: BreakLinks = False,
    nice: Nice = False,
    dry_run: DryRun = False,
    journal: Journal = None,
    json: Json = False,
) -> None:
    """Remove exactly the tags that were written; whatever anybody else wrote since stays."""
    after, before = period(since, until)
    labels = [name for text in label for name in names(text) or []] if label else None
    if labels == []:
        raise wrong_usage("--label is empty: give a label, or leave it out")
    from tagonaut.tagging.files import read_paths
    from tagonaut.tagging.options import UntagOptions
    from tagonaut.workflows.untag import untag as workflow

    options = UntagOptions(
        runs=tuple(run) if run else None,
        labels=None if labels is None else tuple(labels),
        since=after,
        until=before,
        keep_time=keep_time,
        break_links=break_links,
        dry_run=dry_run,
        journal=journal,
        exclude=tuple(exclude or ()),
        only=tuple(only or ()),
        nice=nice,
    )
    listed = None if source is None else read_paths(source)
    report(workflow(photos or [], options, listed=listed), "untagged", json=json)

"""``tagonaut tag``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json, Run, names
from tagonaut.cli.output import wrong_usage
from tagonaut.cli.summaries import report

Journal = Annotated[
    Path | None,
    typer.Option(help="The journal's file. [default: kept on this machine for each archive]"),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be written; write nothing.")
]
KeepTime = Annotated[bool, typer.Option("--keep-time", help="Photos keep their time of change.")]
BreakLinks = Annotated[
    bool,
    typer.Option(
        "--break-links",
        help="Write to photos of several hard links too; the name becomes a file of its own.",
    ),
]


def tag(
    run: Run,
    photos: Annotated[
        Path, typer.Argument(metavar="PHOTOS", help="A folder of photos, sub-folders too.")
    ],
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Tag copies below this folder.")
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Tag the photos themselves.")
    ] = False,
    sidecar: Annotated[
        bool,
        typer.Option("--sidecar", help="Leave the photos alone; write IMG.jpg.xmp beside them."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="Only tags for these labels, comma-separated.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Only tags of at least this score, of those decided."),
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="Only so many tags a photo, the highest scores.")
    ] = None,
    map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What labels are called: CSV of two columns, or TOML; Night,Time|Night puts"
            " Night below Time.",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Before every tag; AI| puts all below AI.")
    ] = "",
    keep_time: KeepTime = False,
    break_links: BreakLinks = False,
    write_scores: Annotated[
        bool, typer.Option("--write-scores", help="Write scores into the metadata too.")
    ] = False,
    dry_run: DryRun = False,
    journal: Journal = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The table of scores, .parquet or .csv."
            " [default: scores.parquet in the tagged folder]",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write each photo's tags into its metadata; the same command again goes on from there."""
    if (to is not None) + in_place + sidecar != 1:
        raise wrong_usage("tag takes either --to DIR or --in-place or --sidecar")
    from tagonaut.workflows.tag import tag as workflow

    summary = workflow(
        run,
        photos,
        to=to,
        sidecar=sidecar,
        labels=names(labels),
        min_score=min_score,
        top=top,
        mapping=map,
        prefix=prefix,
        keep_time=keep_time,
        break_links=break_links,
        write_scores=write_scores,
        dry_run=dry_run,
        journal=journal,
        scores=scores,
    )
    report(summary, "tagged", json=json)

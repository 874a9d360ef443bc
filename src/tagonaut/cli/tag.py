"""``tagonaut tag``."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tagonaut.cli.options import Json, Run, names
from tagonaut.cli.output import echo, wrong_usage
from tagonaut.cli.summaries import report

Journal = Annotated[
    Path | None,
    typer.Option(help="The journal's file. [default: this machine keeps one per archive]"),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
]
KeepTime = Annotated[
    bool, typer.Option("--keep-time", help="Keep the photos' time of modification.")
]
BreakLinks = Annotated[
    bool,
    typer.Option(
        "--break-links",
        help="Also write to photos with several hard links; each becomes a separate file.",
    ),
]


def tag(
    run: Run,
    photos: Annotated[
        str,
        typer.Argument(
            metavar="PHOTOS",
            help="A folder of photos and sub-folders; with --engine ray also a URL.",
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Write tagged copies below this folder; with --engine ray also a URL (s3://…).",
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Tag the photos themselves.")
    ] = False,
    sidecar: Annotated[
        bool,
        typer.Option("--sidecar", help="Leave the photos alone; write IMG.jpg.xmp beside them."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="Write tags for these labels only, comma-separated.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Write tags with at least this score only."),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            min=1, help="Write at most this many tags per photo, those with the highest scores."
        ),
    ] = None,
    map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tags by label: CSV of two columns, or TOML; Night,Time|Night puts Night below"
            " Time.",
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Put this before every tag; AI| puts all tags below AI."),
    ] = "",
    keep_time: KeepTime = False,
    break_links: BreakLinks = False,
    write_scores: Annotated[
        bool, typer.Option("--write-scores", help="Write the scores into the metadata too.")
    ] = False,
    add: Annotated[
        bool, typer.Option("--add", help="Only add tags; take none of an earlier run's away.")
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
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Tag on this machine, or on a Ray cluster (tagonaut[ray])."),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Ray cluster: auto, HOST:PORT, or local, which starts one on this machine."
            " [default: local]",
        ),
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes that tag on the cluster. [default: one per GPU, or per machine]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write each photo's tags into its metadata; run it again to continue after a stop."""
    if (to is not None) + in_place + sidecar != 1:
        raise wrong_usage("choose one of --to DIR, --in-place and --sidecar")
    if engine == "local" and (address is not None or actors is not None):
        raise wrong_usage("--address and --actors need --engine ray")
    from tagonaut.tagging.choice import Choice
    from tagonaut.tagging.options import ClusterOptions, TagOptions
    from tagonaut.workflows.tag import tag as workflow

    options = TagOptions(
        to=to,
        in_place=in_place,
        sidecar=sidecar,
        choice=Choice.of(names(labels), min_score, top, map, prefix),
        keep_time=keep_time,
        break_links=break_links,
        write_scores=write_scores,
        add=add,
        dry_run=dry_run,
        journal=journal,
        scores=scores,
    )
    cluster = ClusterOptions(address or "local", actors) if engine == "ray" else None
    summary = workflow(run, photos, options, cluster=cluster, agree=_agree)
    report(summary, "tagged", json=json)


def _agree(line: str) -> bool:
    """Tell what will be taken away; in a terminal, whether the person agrees."""
    echo(line, err=True)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return typer.confirm("Go on?", err=True)

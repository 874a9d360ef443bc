"""``tagonaut tag``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json, Run
from tagonaut.cli.output import wrong_usage
from tagonaut.cli.summaries import report

Journal = Annotated[
    Path | None,
    typer.Option(help="The journal's file. [default: .tagonaut in the tagged folder]"),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be written; write nothing.")
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
    dry_run: DryRun = False,
    journal: Journal = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="The table of scores. [default: scores.csv in the tagged folder]"),
    ] = None,
    json: Json = False,
) -> None:
    """Write each photo's tags into its metadata; the same command again goes on from there."""
    if (to is None) != in_place:
        raise wrong_usage("tag takes either --to DIR or --in-place")
    from tagonaut.workflows.tag import tag as workflow

    summary = workflow(run, photos, to=to, dry_run=dry_run, journal=journal, scores_csv=scores)
    report(summary, "tagged", json=json)

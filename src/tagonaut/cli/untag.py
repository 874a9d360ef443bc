"""``tagonaut untag``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.summaries import report
from tagonaut.cli.tag import DryRun, Journal


def untag(
    photos: Annotated[
        Path, typer.Argument(metavar="PHOTOS", help="The folder that was tagged, or tagged into.")
    ],
    dry_run: DryRun = False,
    journal: Journal = None,
    json: Json = False,
) -> None:
    """Take back exactly what was written; whatever anybody else wrote since stays."""
    from tagonaut.workflows.tag import untag as workflow

    report(workflow(photos, dry_run=dry_run, journal=journal), "untagged", json=json)

"""``tagonaut draw``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import print_json


class Kind(StrEnum):
    """The collections that can be drawn."""

    amazon = "amazon"
    orbit = "orbit"
    cartoon = "cartoon"
    chips = "chips"


def draw(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    kind: Annotated[
        Kind,
        typer.Option(
            help="amazon: satellite chips, 17 labels in a table; orbit: astronauts' photos,"
            " keywords in their metadata; cartoon: a film's frames, two characters, a column each;"
            " chips: satellite chips, 9 frequent labels."
        ),
    ] = Kind.amazon,
    pictures: Annotated[int, typer.Option(min=1, help="How many.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws another collection.")] = 0,
    start: Annotated[int, typer.Option(min=0, help="The first picture's number.")] = 0,
    size: Annotated[
        int | None, typer.Option(help="Pixels of the longer side. [default: the kind's own]")
    ] = None,
    tif: Annotated[
        bool, typer.Option("--tif", help="amazon: in four bands of 16 bits too.")
    ] = False,
    challenge: Annotated[
        int, typer.Option(min=0, help="cartoon: so many distorted frames beside.")
    ] = 0,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="orbit, chips: without any labels.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw a sample collection: the same seed draws the same pictures, everywhere."""
    from tagonaut.workflows.draw import draw as workflow

    drawn = workflow(
        folder,
        kind.value,
        pictures,
        seed=seed,
        size=size,
        start=start,
        tif=tif,
        challenge=challenge,
        labelled=not unlabelled,
    )
    if json:
        print_json({"data": str(drawn), "pictures": pictures, "seed": seed})
    else:
        typer.echo(f"{pictures:,} pictures drawn. See what is in them:")
        typer.echo(f"  tagonaut explore {drawn}")
        if challenge:
            hard = folder / "challenge.csv"
            typer.echo(f"{challenge:,} distorted ones beside. Judge a run by them:")
            typer.echo(f"  tagonaut evaluate RUN {hard} --only {hard}")

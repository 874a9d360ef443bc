"""``tagonaut explain``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.cli.options import Json, Run, names
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT
from tagonaut.reports.summary import percent

if TYPE_CHECKING:
    from tagonaut.workflows.explain import Explained


def explain(
    run: Run,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Picture files.")],
    labels: Annotated[
        str | None,
        typer.Option(
            help="The labels to show, comma-separated. [default: each picture's tags, and the"
            " label with the next highest score]"
        ),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER",
            help="A layer whose filters to show; repeat for more layers, or none to show no"
            " filters. [default: some convolutions spread over the depth]",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="The weights that training started from, to show the filters before training."
            " [default: from the hub]"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page. [default: the first free explain-RUN.html]")
    ] = None,
    json: Json = False,
) -> None:
    """Show where in pictures a run saw its labels, and what its filters look for, as one page."""
    from tagonaut.workflows.explain import explain as workflow

    layers = [] if filters == ["none"] else filters or None
    explained = workflow(
        run, pictures, labels=names(labels), filters=layers, weights=weights, out=out
    )
    print_notes(explained.unreadable)
    if json:
        print_json(explained.figures)
    else:
        _print(explained)
    raise typer.Exit(LEFT_OUT if explained.unreadable else DONE)


def _print(explained: "Explained") -> None:
    figures = explained.figures
    print_table(
        f"Where labels were seen: {figures['method'] or 'occlusion alone'}",
        ["picture", "label", "score", "lowest if hidden", "occlusion"],
        [
            [
                picture["picture"],
                label["label"],
                percent(picture["scores"][label["label"]], 1),
                percent(label["lowest_when_hidden"], 1),
                {True: "agrees", False: "points elsewhere", None: "hiding makes no difference"}[
                    label["agrees"]
                ],
            ]
            for picture in figures["pictures"]
            for label in picture["labels"]
        ],
        text=("label", "occlusion"),
    )
    echo(f"written: {explained.page}")

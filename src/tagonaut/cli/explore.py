"""``tagonaut explore``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import DataOptions, Json, takes_groups
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT
from tagonaut.reports.summary import percent

if TYPE_CHECKING:
    from tagonaut.workflows.explore import Explored


@takes_groups
def explore(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Labelled pictures as for train, or labels or pictures alone."
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="The report's folder. [default: the first free explore-NAME]"),
    ] = None,
    data_options: DataOptions,
    seed: Annotated[int, typer.Option(min=0, help="Another seed shows other samples.")] = 0,
    json: Json = False,
) -> None:
    """Report what is in a collection: labels, label sets, colours, samples, and problems."""
    from tagonaut.workflows.explore import explore as workflow

    explored = workflow(data, data_options.images, out=out, seed=seed, **data_options.reading())
    print_notes(explored.figures["notes"])
    print_notes(explored.unreadable)
    if json:
        print_json({"folder": str(explored.folder), **explored.figures})
    else:
        _print(explored)
    raise typer.Exit(LEFT_OUT if explored.unreadable else DONE)


def _print(explored: "Explored") -> None:
    figures: dict[str, Any] = explored.figures
    summary = figures["summary"]
    if figures["labels"]:
        print_table(
            f"{summary['pictures']:,} pictures, {summary['labels']:,} labels,"
            f" {summary['mean_labels'] or 0:.2f} per picture",
            ["label", "pictures", "share", "rare"],
            [
                [
                    row["label"],
                    f"{row['pictures']:,}",
                    percent(row["share"]),
                    "rare" if row["rare"] else "",
                ]
                for row in sorted(figures["labels"], key=lambda row: -row["pictures"])
            ],
        )
    else:
        echo(f"{summary['pictures']:,} pictures, no labels")
    print_notes(f"- {finding['text']}" for finding in figures["findings"])
    echo(f"written: {explored.folder / 'explore.html'}")

"""``tagonaut history``."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import Json, period
from tagonaut.cli.output import echo, print_json_rows, print_notes, print_table, wrong_usage
from tagonaut.cli.tag import Journal

if TYPE_CHECKING:
    from tagonaut.tagging.journal import Event

# Rows of a table that are laid out, and printed, at once.
AT_ONCE = 500


def history(
    photos: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTOS", help="The folder that was tagged, or tagged into, or a part of it."
        ),
    ],
    photo: Annotated[
        str | None, typer.Option(metavar="PHOTO", help="Show only this photo's record.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Show only what this run did: its folder, or its name."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Show only what is as old as this time or newer."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Show only what is older than this time; a day is included whole."
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the record to this new CSV table.")
    ] = None,
    journal: Journal = None,
    json: Json = False,
) -> None:
    """Show what was written to which photo, when and by which run, and every failure."""
    if csv is not None and json:
        raise wrong_usage("choose one of --csv FILE and --json")
    after, before = period(since, until)
    from tagonaut.workflows.history import HistoryOptions, row_of, write_csv
    from tagonaut.workflows.history import history as workflow

    options = HistoryOptions(photo, run, after, before, journal)
    with workflow(photos, options) as found:
        if csv is not None:
            rows, notes = write_csv(found.events, csv)
            print_notes(notes)
            echo(f"{rows:,} rows: {csv}")
        elif json:
            about = {"archive": str(found.archive), "journal": str(found.journal)}
            print_json_rows(about, "events", map(row_of, found.events))
        else:
            _print(found.events)


def _print(events: "Iterator[Event]") -> None:
    from tagonaut.workflows.history import row_of

    counts = {"added": 0, "taken": 0, "failed": 0, "noted": 0}
    rows = map(row_of, events)
    while some := list(islice(rows, AT_ONCE)):
        for row in some:
            counts[row["done"]] += 1
        print_table(
            "The record, the oldest first",
            ["photo", "done", "tag", "score", "state", "time", "run"],
            [_cells(row) for row in some],
            text=("done", "tag", "state", "time", "run"),
        )
    noted = f", {counts['noted']:,} notes" if counts["noted"] else ""
    echo(
        f"{counts['added']:,} tags added, {counts['taken']:,} taken away,"
        f" {counts['failed']:,} failures{noted} (--csv FILE writes all columns)"
    )


def _cells(row: dict[str, Any]) -> list[str]:
    score = "" if row["score"] is None else f"{row['score']:.3f}"
    cells = (row["photo"], row["done"], row["tag"] or row["why"], score, row["state"], row["time"])
    return [cell or "" for cell in (*cells, row["run"] or "untag")]

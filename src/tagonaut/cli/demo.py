"""``tagonaut demo``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import echo, print_json, print_table
from tagonaut.reports.summary import percent


def demo(
    out: Annotated[
        Path | None,
        typer.Option(help="A new folder for everything. [default: the first free tagonaut-demo]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws another collection.")] = 0,
    json: Json = False,
) -> None:
    """Go the whole way on a drawn sample in about three minutes: train, evaluate, tag."""
    from tagonaut.workflows.demo import demo as workflow

    shown = workflow(out, seed=seed)
    figures, folder = shown.figures(), shown.folder
    if json:
        print_json({"folder": str(folder), **shown.trained.metrics, "tagged": shown.tagged.written})
        return
    print_table(
        f"On {figures['pictures']} drawn test pictures that the tagger never saw, seed {seed}",
        ["", "Tagonaut", "majority baseline"],
        [
            ["macro-F1", percent(figures["macro_f1"]), percent(figures["baseline_macro_f1"])],
            ["mAP", percent(figures["map"]), ""],
            ["exact match", percent(figures["exact_match"]),
             percent(figures["baseline_exact_match"])],
            ["binary accuracy", percent(figures["binary_accuracy"]),
             percent(figures["baseline_binary_accuracy"])],
        ],
    )  # fmt: skip
    echo(f"{shown.tagged.written} fresh pictures were tagged. Open next:")
    echo(f"  {folder / 'run' / 'report.html'}    how good it is, label by label")
    echo(f"  {folder / 'tagged'}    the fresh pictures, with their tags in their metadata")
    echo(f"  {folder / 'tagged' / 'scores.csv'}    their scores for each label")
    example = next(iter(sorted((folder / "tagged").glob("*.jpg"))), folder)
    echo(f"  exiftool -Keywords {example}")

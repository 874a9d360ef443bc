"""``tagonaut train``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli.evaluations import print_figures
from tagonaut.cli.options import (
    Data,
    FitOptions,
    Json,
    RecipeOption,
    TrainingDataOptions,
    takes_groups,
)
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT


@takes_groups
def train(
    data: Data,
    *,
    recipe: RecipeOption = "fast",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder. An existing run there is replaced once the new one is complete;"
            " a message says so. [default: the next free runs/RECIPE-N]"
        ),
    ] = None,
    fitting: FitOptions,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Fit K models (3 or more) and average them, for little data: training and"
            " validation pictures are pooled and dealt into K folds, and each model leaves out one."
            " Decisions are tuned on all of these pictures, each scored by the model that left it"
            " out.",
        ),
    ] = None,
    data_options: TrainingDataOptions,
    json: Json = False,
) -> None:
    """Fit a network, tune the thresholds, evaluate, and leave a run folder."""
    from tagonaut.learning.recipes import load_recipe

    # Before the heavy imports: a mistyped recipe should not cost five seconds.
    loaded = load_recipe(recipe, fitting.settings or [])
    from tagonaut.workflows.train import train as workflow

    reported: list[str] = []
    dataset = data_options.read(data)
    print_notes(dataset.notes)
    trained = workflow(
        dataset,
        loaded,
        out=out,
        **fitting.preparing(data_options.missing, folds),
        on_split=lambda counts, notes: _print_split(
            counts, notes, reported, loaded.seed, json=json
        ),
    )
    print_notes(note for note in trained.notes if note not in reported)
    if json:
        print_json(
            {
                "run": str(trained.run),
                "split_counts": trained.counts,
                "notes": [*dataset.notes, *trained.notes],
                **trained.metrics,
            }
        )
    else:
        tuned_for = trained.metrics["tuned_for"]
        print_figures(trained.metrics["test"], f"test split, seed {loaded.seed}", tuned_for)
        echo(f"run: {trained.run}    report: {trained.run / 'report.html'}")
    left_out = trained.interrupted or trained.left_out
    raise typer.Exit(LEFT_OUT if left_out else DONE)


def _print_split(
    counts: dict[str, dict[str, int]],
    notes: tuple[str, ...],
    reported: list[str],
    seed: int,
    *,
    json: bool,
) -> None:
    """Print what is known before hours of fitting, and add its notes to those ``reported``."""
    print_notes(notes)
    reported += notes
    if not json:
        _print_counts(counts, seed)


def _print_counts(counts: dict[str, dict[str, int]], seed: int) -> None:
    parts = list(counts[""])
    print_table(
        "Pictures with each label, by split",
        ["label", *parts],
        [
            [label or "all pictures", *(f"{count:,}" for count in row.values())]
            for label, row in counts.items()
        ],
        caption=f"seed {seed}",
    )

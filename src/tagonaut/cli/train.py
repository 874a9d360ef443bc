"""``tagonaut train``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.evaluations import print_figures
from tagonaut.cli.options import (
    Backbone,
    Corrections,
    Data,
    Delimiter,
    FormatOption,
    GroupBy,
    Groups,
    Images,
    InOrder,
    Json,
    Labels,
    MinCount,
    Missing,
    MissingOption,
    Normalise,
    Parts,
    RecipeOption,
    Settings,
    Stratify,
    UnlabelledOption,
    Weights,
    reading,
)
from tagonaut.cli.output import print_json, print_table, tell


def train(
    data: Data,
    recipe: RecipeOption = "fast",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder; a run there is replaced. [default: the next runs/RECIPE-N]"
        ),
    ] = None,
    images: Images = None,
    weights: Weights = None,
    backbone: Backbone = None,
    split: Parts = "60/20/20",
    group_by: GroupBy = None,
    in_order: InOrder = False,
    stratify: Stratify = True,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Pool training and validation pictures, deal them into K folds (3 or more), fit a"
            " model for each, and average these: for little data. Decisions are then tuned on all"
            " of them, each scored by the model that never saw it.",
        ),
    ] = None,
    settings: Settings = None,
    format: FormatOption = None,
    labels: Labels = None,
    groups: Groups = None,
    normalise: Normalise = False,
    min_count: MinCount = 10,
    unlabelled: UnlabelledOption = None,
    missing: MissingOption = Missing.error,
    delimiter: Delimiter = None,
    corrections: Corrections = None,
    json: Json = False,
) -> None:
    """Fit a network, tune the thresholds, evaluate, and leave a run folder."""
    from tagonaut.learning.recipes.recipe import load_recipe

    # Before the heavy imports: a mistyped recipe should not cost five seconds.
    loaded = load_recipe(recipe, settings or [])
    from tagonaut.data.readers import read
    from tagonaut.workflows.train import train as workflow

    told: list[str] = []
    dataset = read(
        data,
        images,
        **reading(
            format,
            labels,
            groups,
            normalise,
            min_count,
            unlabelled,
            delimiter,
            missing,
            corrections=corrections,
        ),
    )
    tell(dataset.notes)
    trained = workflow(
        dataset,
        loaded,
        out=out,
        weights=weights,
        backbone=backbone,
        parts=split,
        by=group_by,
        stratify=stratify,
        in_order=in_order,
        folds=folds,
        missing=missing.value,
        on_split=lambda counts, notes: _print_split(counts, notes, told, loaded.seed, json=json),
    )
    tell(note for note in trained.notes if note not in told)
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
        typer.echo(f"run: {trained.run}    report: {trained.run / 'report.html'}")
    left_out = trained.interrupted or trained.left_out
    raise typer.Exit(LEFT_OUT if left_out else DONE)


def _print_split(
    counts: dict[str, dict[str, int]],
    notes: tuple[str, ...],
    told: list[str],
    seed: int,
    *,
    json: bool,
) -> None:
    """What is known before hours of fitting; the notes that were ``told`` are not told again."""
    tell(notes)
    told += notes
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

"""``tagonaut train``."""

from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.evaluations import print_figures
from tagonaut.cli.options import (
    Delimiter,
    FormatOption,
    Groups,
    Images,
    Json,
    Labels,
    MinCount,
    Missing,
    MissingOption,
    Normalise,
    UnlabelledOption,
    groups,
    names,
)
from tagonaut.cli.output import print_json, print_table, tell


def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A table of labels, COCO's JSON, a VOC folder, a folder a label, or a folder of"
            " tagged photos.",
        ),
    ],
    recipe: Annotated[
        str, typer.Option(help="fast, best, scratch, or a .toml file of your own.")
    ] = "fast",
    out: Annotated[
        Path | None, typer.Option(help="The run's folder. [default: the next runs/RECIPE-N]")
    ] = None,
    images: Images = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="The backbone's weights (safetensors). [default: from the hub]"),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help="Any timm model. [default: the recipe's, or the weights file's name]"),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Per cent (60/20/20), counts (20000/7000/5120), a table with a split column,"
            " or three files of names: train,validation,test."
        ),
    ] = "60/20/20",
    in_order: Annotated[
        bool, typer.Option("--in-order", help="Split the pictures as they stand, unshuffled.")
    ] = False,
    stratify: Annotated[
        bool, typer.Option(help="Keep each label's share alike in all splits.")
    ] = True,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a recipe's key, e.g. seed=1."),
    ] = None,
    format: FormatOption = None,
    labels: Labels = None,
    exclusive: Groups = None,
    normalise: Normalise = False,
    min_count: MinCount = 10,
    unlabelled: UnlabelledOption = None,
    missing: MissingOption = Missing.error,
    delimiter: Delimiter = None,
    json: Json = False,
) -> None:
    """Fit a network, tune the thresholds, evaluate, and leave a run folder."""
    from tagonaut.learning.recipes import load_recipe

    # Before the heavy imports: a mistyped recipe should not cost five seconds.
    loaded = load_recipe(recipe, settings or [])
    from tagonaut.data.read import read
    from tagonaut.workflows.train import train as workflow

    dataset = read(
        data,
        images,
        format=format.value if format else None,
        labels=names(labels),
        groups=groups(exclusive),
        normalise=normalise,
        min_count=min_count,
        unlabelled=unlabelled.value if unlabelled else None,
        missing=missing.value,
        delimiter=delimiter,
    )
    tell(dataset.notes)
    trained = workflow(
        dataset,
        loaded,
        out=out,
        weights=weights,
        backbone=backbone,
        parts=split,
        stratify=stratify,
        in_order=in_order,
        missing=missing.value,
        on_split=lambda counts: None if json else _print_counts(counts, loaded.seed),
    )
    tell(trained.notes)
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
        print_figures(trained.metrics["test"], f"test split, seed {loaded.seed}", loaded.metric)
        typer.echo(f"run: {trained.run}    report: {trained.run / 'report.html'}")
    left_out = trained.interrupted or trained.left_out
    raise typer.Exit(LEFT_OUT if left_out else DONE)


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

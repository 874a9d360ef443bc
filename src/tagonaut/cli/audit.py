"""``tagonaut audit``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.options import (
    Backbone,
    Corrections,
    Data,
    Delimiter,
    FormatOption,
    Groups,
    Images,
    Json,
    Labels,
    MinCount,
    Missing,
    Normalise,
    RecipeOption,
    Settings,
    UnlabelledOption,
    Weights,
    reading,
)
from tagonaut.cli.output import print_json, print_table, tell

if TYPE_CHECKING:
    from tagonaut.workflows.audit import Audited


def audit(
    data: Data,
    recipe: RecipeOption = "fast",
    out: Annotated[
        Path | None,
        typer.Option(help="The report's folder. [default: the first free audit-NAME]"),
    ] = None,
    images: Images = None,
    weights: Weights = None,
    backbone: Backbone = None,
    folds: Annotated[
        int,
        typer.Option(min=2, help="Each picture is scored by the model of the other folds."),
    ] = 5,
    settings: Settings = None,
    format: FormatOption = None,
    labels: Labels = None,
    groups: Groups = None,
    normalise: Normalise = False,
    min_count: MinCount = 10,
    unlabelled: UnlabelledOption = None,
    missing: Annotated[
        Missing, typer.Option(help="Rows without a readable picture: left out, or an error.")
    ] = Missing.skip,
    delimiter: Delimiter = None,
    corrections: Corrections = None,
    json: Json = False,
) -> None:
    """Find labels that are probably wrong, duplicates that disagree, and leaks between splits."""
    from tagonaut.learning.recipes.recipe import load_recipe

    # Before the heavy imports: a mistyped recipe should not cost five seconds.
    loaded = load_recipe(recipe, settings or [])
    from tagonaut.data.readers import read
    from tagonaut.workflows.audit import audit as workflow

    dataset = read(
        data,
        images,
        **reading(
            *(format, labels, groups, normalise, min_count, unlabelled, delimiter, missing),
            corrections=corrections,
        ),
    )
    tell(dataset.notes)
    audited = workflow(
        dataset,
        loaded,
        out=out,
        name=data.absolute().stem or "pictures",
        folds=folds,
        weights=weights,
        backbone=backbone,
        missing=missing.value,
    )
    tell(audited.figures["notes"])
    if json:
        print_json({"folder": str(audited.folder), **audited.figures})
    else:
        _print(audited)
    raise typer.Exit(LEFT_OUT if audited.left_out else DONE)


def _print(audited: "Audited") -> None:
    figures = audited.figures
    print_table(
        f"{figures['summary']['judged']:,} pictures, {figures['folds']} folds, seed"
        f" {figures['seed']}: probably wrong",
        ["label", "pictures", "wrong tags", "missing tags", "ROC AUC"],
        [
            [
                row["label"],
                f"{row['pictures']:,}",
                *(f"{row[kind]:,}" if row["judged"] else "–" for kind in ("wrong", "missing")),
                "–" if row["roc_auc"] is None else f"{row['roc_auc']:.3f}",
            ]
            for row in sorted(figures["labels"], key=lambda row: -row["wrong"] - row["missing"])
        ],
    )
    tell(f"- {finding['text']}" for finding in figures["findings"])
    typer.echo(f"written: {audited.folder / 'audit.html'}")

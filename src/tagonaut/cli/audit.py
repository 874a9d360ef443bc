"""``tagonaut audit``."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.cli.options import (
    Data,
    DataOptions,
    Json,
    Missing,
    ModelOptions,
    RecipeOption,
    takes_groups,
)
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT

if TYPE_CHECKING:
    from tagonaut.workflows.audit import Audited


@dataclass(frozen=True)
class AuditedData(DataOptions):
    """An audit leaves out pictures that it cannot read, unless they are to be an error."""

    missing: Annotated[
        Missing,
        typer.Option(help="A row without a readable picture is left out (skip), or is an error."),
    ] = "skip"


@takes_groups
def audit(
    data: Data,
    *,
    recipe: RecipeOption = "fast",
    out: Annotated[
        Path | None,
        typer.Option(help="The report's folder. [default: the first free audit-NAME]"),
    ] = None,
    model: ModelOptions,
    folds: Annotated[
        int,
        typer.Option(
            min=2,
            help="The number of folds. A model fitted on the other folds scores each picture.",
        ),
    ] = 5,
    data_options: AuditedData,
    json: Json = False,
) -> None:
    """Find labels that are probably wrong, duplicates that disagree, and leaks between splits."""
    from tagonaut.learning.recipes import load_recipe

    # Before the heavy imports: a mistyped recipe should not cost five seconds.
    loaded = load_recipe(recipe, model.settings or [])
    from tagonaut.workflows.audit import audit as workflow

    dataset = data_options.read(data)
    print_notes(dataset.notes)
    audited = workflow(
        dataset,
        loaded,
        out=out,
        name=data.absolute().stem or "pictures",
        folds=folds,
        weights=model.weights,
        backbone=model.backbone,
        missing=data_options.missing,
    )
    print_notes(audited.figures["notes"])
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
    print_notes(f"- {finding['text']}" for finding in figures["findings"])
    echo(f"written: {audited.folder / 'audit.html'}")

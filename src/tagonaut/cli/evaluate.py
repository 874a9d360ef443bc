"""``tagonaut evaluate``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.evaluations import print_figures, print_only
from tagonaut.cli.options import (
    Delimiter,
    FormatOption,
    Images,
    Json,
    Missing,
    MissingOption,
    Normalise,
    Run,
    UnlabelledOption,
    reading,
)
from tagonaut.cli.output import print_json, tell


class Part(StrEnum):
    """A split that the run kept scores of."""

    validation = "validation"
    test = "test"


def evaluate(
    run: Run,
    data: Annotated[
        Path | None,
        typer.Argument(metavar="[DATA]", help="Labelled pictures. [default: the run's own test]"),
    ] = None,
    images: Images = None,
    split: Annotated[Part, typer.Option(help="Without DATA: the split to judge.")] = Part.test,
    in_sample: Annotated[
        bool,
        typer.Option("--in-sample", help="Judge pictures too that the run learned from."),
    ] = False,
    only: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judge only the pictures that it names: a table, or a name a line. A column of"
            " text in it, such as distortion, is told value by value.",
        ),
    ] = None,
    format: FormatOption = None,
    normalise: Normalise = False,
    unlabelled: UnlabelledOption = None,
    missing: MissingOption = Missing.error,
    delimiter: Delimiter = None,
    json: Json = False,
) -> None:
    """Judge a run, at its tuned thresholds and at 0.5, beside the majority baseline."""
    from tagonaut.workflows.evaluate import evaluate_data, evaluate_run

    notes: tuple[str, ...] = ()
    if data is None:
        document = evaluate_run(run, split.value, only=only)
    else:
        from tagonaut.data.read import read
        from tagonaut.tagger import read_labels

        declared = read_labels(run)
        how = reading(format, None, None, normalise, 1, unlabelled, delimiter, missing)
        how["labels"], how["groups"] = declared.names, declared.groups
        dataset = read(data, images, **how)
        notes = dataset.notes
        document = evaluate_data(run, dataset, data.stem, in_sample=in_sample, only=only)
    left_out, unreadable = document.get("left_out", 0), document.get("unreadable", [])
    missing = document["only"]["missing"] if only else []
    tell([*notes, *missing, *unreadable])
    if left_out:
        tell([
            f"{left_out:,} pictures left out: the run learned from them or tuned its thresholds on"
            " them (--in-sample judges them too)"
        ])  # fmt: skip
    if json:
        print_json(document)
    else:
        where = f"{document['split']} split" if data is None else f"{data}"
        where += f", only {only.name}" if only else ""
        seen = ", of which the run has seen some or all" if document["in_sample"] else ""
        print_figures(document, f"{where}, seed {document['seed']}{seen}", document["tuned_for"])
        if only:
            print_only(document["only"])
        typer.echo("written: " + "  ".join(document["written"]))
    raise typer.Exit(LEFT_OUT if left_out or missing or unreadable else DONE)

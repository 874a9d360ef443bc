"""``tagonaut evaluate``."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.evaluations import print_by, print_figures, print_only
from tagonaut.cli.options import (
    Corrections,
    Delimiter,
    FormatOption,
    Groups,
    Images,
    Json,
    Labels,
    Missing,
    Normalise,
    UnlabelledOption,
    reading,
)
from tagonaut.cli.output import print_json, tell, wrong_usage

if TYPE_CHECKING:
    from tagonaut.data.readers.read import Reading


class Part(StrEnum):
    """A split that the run kept scores of."""

    validation = "validation"
    test = "test"


def evaluate(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            help="Run folders, of which several are averaged, and after them labelled pictures,"
            " DATA, if they are not to be the runs' own test split. With --predictions: the truth"
            " alone, a table or DATA.",
        ),
    ],
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judge this table instead of a run: tags, zeros and ones, or scores, of anybody's"
            " making, with names of pictures and labels, or in the order of the truth.",
        ),
    ] = None,
    images: Images = None,
    split: Annotated[
        Part | None, typer.Option(help="Without DATA: the split to judge. [default: test]")
    ] = None,
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
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Tell each value of a column of the data apart."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="Of predicted scores: what thresholds are tuned for. [default: f1]"),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Of predicted scores: one for all labels, none tuned."),
    ] = None,
    labels: Labels = None,
    groups: Groups = None,
    format: FormatOption = None,
    normalise: Normalise = False,
    unlabelled: UnlabelledOption = None,
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="Rows without a readable picture, or pictures without prediction: an error, or"
            " left out. [default: error]"
        ),
    ] = None,
    delimiter: Delimiter = None,
    corrections: Corrections = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the files. [default: the run; of several, or of predictions, here]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Judge runs, or anybody's predictions, beside the majority baseline."""
    of_data = {
        "--images": images,
        "--format": format,
        "--normalise": normalise,
        "--unlabelled": unlabelled,
        "--missing": missing,
        "--delimiter": delimiter,
        "--corrections": corrections,
    }
    of_scores = {"--objective": objective, "--threshold": threshold}
    how = reading(
        format,
        labels,
        groups,
        normalise,
        1,
        unlabelled,
        delimiter,
        missing,
        corrections=corrections,
    )
    common: _Common = {"only": only, "by": by or (), "out": out}
    if predictions is not None:
        _refuse(
            "--predictions judges a table, not a run", {"--split": split, "--in-sample": in_sample}
        )
        if len(given) > 1:
            raise wrong_usage(f"--predictions is judged by one truth, and {len(given)} are named")
        if threshold is not None:
            _refuse("--threshold leaves nothing to tune", {"--objective": objective})
        document = _tables(predictions, given[0], images, missing, how, common, of_scores)
        where, notes = f"{predictions.name} judged by {given[0].name}", document["notes"]
    else:
        _refuse(
            "only --predictions takes it", {**of_scores, "--labels": labels, "--groups": groups}
        )
        runs, data = _runs_and_data(given)
        if data is None:
            _refuse("only DATA takes it", of_data)
        else:
            _refuse("DATA is judged whole", {"--split": split})
        document, where, notes = _runs(runs, data, images, split, how, common, in_sample=in_sample)
    _report(document, where, notes, only, json=json)


class _Common(TypedDict):
    """What every evaluation takes."""

    only: Path | None
    by: Sequence[str]
    out: Path | None


def _refuse(why: str, options: Mapping[str, Any]) -> None:
    """Options that say nothing here are mistakes; those left out are None or False."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise wrong_usage(f"{name} has no meaning here: {why}")


def _tables(
    predictions: Path,
    truth: Path,
    images: Path | None,
    missing: Missing | None,
    how: "Reading",
    common: _Common,
    of_scores: Mapping[str, Any],
) -> dict[str, Any]:
    from tagonaut.workflows.evaluate_predictions import evaluate_predictions

    return evaluate_predictions(
        predictions,
        truth,
        images=images,
        missing="skip" if missing is Missing.skip else "error",
        objective=of_scores["--objective"] or "f1",
        threshold=of_scores["--threshold"],
        reading=how,
        **common,
    )


def _runs_and_data(given: Sequence[Path]) -> tuple[list[Path], Path | None]:
    """What leads are runs as long as they are, and at least the first; the rest is data."""
    from tagonaut.files.run_files import MODEL_FILE
    from tagonaut.runs.averaged import leading_runs

    runs, rest = leading_runs(given)
    if len(rest) > 1:
        raise wrong_usage(
            f"{rest[0]}: not a run folder: it holds no {MODEL_FILE}; one DATA may follow the runs"
        )
    return runs, rest[0] if rest else None


def _runs(
    runs: list[Path],
    data: Path | None,
    images: Path | None,
    split: Part | None,
    how: "Reading",
    common: _Common,
    *,
    in_sample: bool,
) -> tuple[dict[str, Any], str, list[str]]:
    """The document, what it is of, and what reading the data told."""
    from tagonaut.workflows.evaluate import evaluate_data, evaluate_run

    if data is None:
        document = evaluate_run(runs, (split or Part.test).value, in_sample=in_sample, **common)
        where, notes = f"{document['split']} split", []
    else:
        from tagonaut.data.readers.read import read
        from tagonaut.tagger import read_labels

        declared = read_labels(runs[0])
        how["labels"], how["groups"] = declared.names, declared.groups
        if how["missing"] == "keep":
            how["missing"] = "error"
        dataset = read(data, images, **how)
        document = evaluate_data(runs, dataset, data, in_sample=in_sample, **common)
        where, notes = str(data), list(dataset.notes)
    where += f", only {common['only'].name}" if common["only"] else ""
    where += f", {len(runs)} runs averaged" if len(runs) > 1 else f", seed {document['seed']}"
    where += ", of which the run has seen some or all" if document["in_sample"] else ""
    return document, where, [*notes, *document["notes"]]


def _report(
    document: dict[str, Any], where: str, notes: Sequence[str], only: Path | None, *, json: bool
) -> None:
    left_out, unreadable = document["left_out"], document["unreadable"]
    missing = document["only"]["missing"] if only else []
    tell([*notes, *missing, *unreadable])
    if left_out and "runs" in document:
        tell([
            f"{left_out:,} pictures left out: the run learned from them or tuned its thresholds on"
            " them (--in-sample judges them too)"
        ])  # fmt: skip
    if json:
        print_json(document)
    else:
        print_figures(document, where, document["tuned_for"] or "")
        if only:
            print_only(document["only"])
        print_by(document["by"], except_for=document["only"]["column"] if only else None)
        typer.echo("written: " + "  ".join(document["written"]))
    raise typer.Exit(LEFT_OUT if left_out or missing or unreadable else DONE)

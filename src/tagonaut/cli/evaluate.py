"""``tagonaut evaluate``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tagonaut.cli.evaluations import print_by, print_figures, print_only
from tagonaut.cli.options import DataOptions, Json, Missing, takes_groups
from tagonaut.cli.output import echo, print_json, print_notes, wrong_usage
from tagonaut.cli.status import DONE, LEFT_OUT

if TYPE_CHECKING:
    from tagonaut.workflows.evaluate import EvaluateOptions

Split = Literal["validation", "test"]


@dataclass(frozen=True)
class JudgedData(DataOptions):
    """Options for reading the truth. Every keyword counts, and so there is no ``--min-count``."""

    min_count: int = 1
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="A row without a readable picture, or a picture without a prediction, is an error,"
            " or is left out (skip). [default: error]"
        ),
    ] = None


@takes_groups
def evaluate(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            help="Run folders; the scores of several are averaged. One DATA (labelled pictures) may"
            " follow, to evaluate on instead of the runs' own test split. With --predictions: the"
            " truth alone, a table or DATA.",
        ),
    ],
    *,
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Evaluate this table instead of a run: anybody's tags, zeros and ones, or scores,"
            " with names of pictures and labels, or in the order of the truth.",
        ),
    ] = None,
    split: Annotated[
        Split | None, typer.Option(help="Without DATA: the split to evaluate on. [default: test]")
    ] = None,
    in_sample: Annotated[
        bool,
        typer.Option("--in-sample", help="Evaluate on pictures that the run learned from, too."),
    ] = False,
    only: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Evaluate only the pictures that this file names: a table, or one name per line."
            " The figures of each value of a text column in it, such as distortion, are shown.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Show the figures of each value of a column of the data."
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="For predicted scores: the metric to tune thresholds for. [default: f1]"),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="For predicted scores: one threshold for all labels."),
    ] = None,
    data_options: JudgedData,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the files. [default: that of the run; the current one for several"
            " runs and for predictions]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Evaluate runs, or anybody's predictions, beside the majority baseline."""
    from tagonaut.workflows.evaluate import EvaluateOptions

    of_data = {
        "--images": data_options.images,
        "--format": data_options.format,
        "--normalise": data_options.normalise,
        "--unlabelled": data_options.unlabelled,
        "--missing": data_options.missing,
        "--delimiter": data_options.delimiter,
        "--corrections": data_options.corrections,
        "--trust-own-tags": data_options.trust_own_tags,
    }
    of_scores = {"--objective": objective, "--threshold": threshold}
    options = EvaluateOptions(only, by or (), out)
    if predictions is not None:
        _refuse(
            "--predictions evaluates a table, not a run",
            {"--split": split, "--in-sample": in_sample},
        )
        if len(given) > 1:
            raise wrong_usage(f"--predictions takes one truth, but {len(given)} are given")
        if threshold is not None:
            _refuse("--threshold sets the thresholds, so none is tuned", {"--objective": objective})
        document = _table(predictions, given[0], data_options, options, of_scores)
        where, notes = f"{predictions.name} evaluated against {given[0].name}", document["notes"]
    else:
        _refuse(
            "it needs --predictions",
            {**of_scores, "--labels": data_options.labels, "--groups": data_options.groups},
        )
        runs, data = _runs_and_data(given)
        if data is None:
            _refuse("it needs DATA, labelled pictures after the runs", of_data)
        else:
            _refuse("all of DATA is evaluated", {"--split": split})
        document, where, notes = _runs(
            runs, data, split, data_options, options, in_sample=in_sample
        )
    _report(document, where, notes, only, json=json)


def _refuse(why: str, options: Mapping[str, Any]) -> None:
    """Raise for options that have no meaning here; those left out are None or False."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise wrong_usage(f"{name} cannot be used here: {why}")


def _table(
    predictions: Path,
    truth: Path,
    data_options: DataOptions,
    options: "EvaluateOptions",
    of_scores: Mapping[str, Any],
) -> dict[str, Any]:
    from tagonaut.workflows.evaluate import evaluate_predictions

    return evaluate_predictions(
        predictions,
        truth,
        images=data_options.images,
        objective=of_scores["--objective"] or "f1",
        threshold=of_scores["--threshold"],
        options=options,
        reading=data_options.reading(),
    )


def _runs_and_data(given: Sequence[Path]) -> tuple[list[Path], Path | None]:
    """The leading run folders, at least one, and the data that may follow."""
    from tagonaut.files.run_files import MODEL_FILE
    from tagonaut.runs.averaged import leading_runs

    runs, rest = leading_runs(given)
    if len(rest) > 1:
        raise wrong_usage(
            f"{rest[0]}: not a run folder: it holds no {MODEL_FILE} (one DATA may follow the runs)"
        )
    return runs, rest[0] if rest else None


def _runs(
    runs: list[Path],
    data: Path | None,
    split: Split | None,
    data_options: DataOptions,
    options: "EvaluateOptions",
    *,
    in_sample: bool,
) -> tuple[dict[str, Any], str, list[str]]:
    """The document, the name of what was evaluated, and the notes of reading the data."""
    from tagonaut.workflows.evaluate import evaluate_data, evaluate_run

    if data is None:
        document = evaluate_run(runs, split or "test", in_sample=in_sample, options=options)
        where, notes = f"{document['split']} split", []
    else:
        from tagonaut.data.readers import read
        from tagonaut.tagger import read_labels

        declared = read_labels(runs[0])
        how = data_options.reading()
        how["labels"], how["groups"] = declared.names, declared.groups
        how["missing"] = data_options.missing or "error"
        dataset = read(data, data_options.images, **how)
        document = evaluate_data(runs, dataset, data, in_sample=in_sample, options=options)
        where, notes = str(data), list(dataset.notes)
    where += f", only {options.only.name}" if options.only else ""
    where += f", {len(runs)} runs averaged" if len(runs) > 1 else f", seed {document['seed']}"
    where += ", some or all of which the run has seen" if document["in_sample"] else ""
    return document, where, [*notes, *document["notes"]]


def _report(
    document: dict[str, Any], where: str, notes: Sequence[str], only: Path | None, *, json: bool
) -> None:
    left_out, unreadable = document["left_out"], document["unreadable"]
    missing = document["only"]["missing"] if only else []
    print_notes([*notes, *missing, *unreadable])
    if left_out and "runs" in document:
        print_notes([
            f"{left_out:,} pictures left out: the run learned from them or tuned its thresholds on"
            " them (--in-sample evaluates on them too)"
        ])  # fmt: skip
    if json:
        print_json(document)
    else:
        print_figures(document, where, document["tuned_for"] or "")
        if only:
            print_only(document["only"])
        print_by(document["by"], except_for=document["only"]["column"] if only else None)
        echo("written: " + "  ".join(document["written"]))
    raise typer.Exit(LEFT_OUT if left_out or missing or unreadable else DONE)

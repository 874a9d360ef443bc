"""``tagonaut predict``."""

import math
import sys
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import echo, print_json, print_notes, print_table, wrong_usage
from tagonaut.cli.status import DONE, LEFT_OUT, NOTHING_DONE

if TYPE_CHECKING:
    from tagonaut.metadata.fields import Keywords
    from tagonaut.runs.averaged import AveragedRuns
    from tagonaut.workflows.predict import Predictions


def predict(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN... PICTURES...",
            help="Run folders, whose scores are averaged, and after them pictures or folders of"
            " pictures.",
        ),
    ],
    form: Annotated[
        Literal["tags", "onehot", "scores"] | None,
        typer.Option(
            "--as",
            help="Write a table: of tags (the format of a leaderboard), of zeros and ones (onehot),"
            " or of scores. [default: print each picture]",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The table's file. [default: standard output]")
    ] = None,
    json: Json = False,
) -> None:
    """Predict tags and scores of pictures: as a table, or printed beside their true tags."""
    from tagonaut.pixels.decoder import start

    # While PyTorch is imported, which takes longer.
    start()
    from tagonaut.files.out_file import file_written_whole, out_file
    from tagonaut.workflows.predict import predict as workflow
    from tagonaut.workflows.predict import read_fields, runs_and_pictures, true_tags

    if json and (out is not None or form is not None):
        raise wrong_usage("--json prints a document of its own: leave out --as and --out")
    if out is not None and form is None:
        raise wrong_usage("--out writes a table: choose its kind with --as tags, onehot or scores")
    with nullcontext() if out is None else out_file(out, "", ""):
        predictions = workflow(*runs_and_pictures(given))
        # A leaderboard's file has two columns, whatever the photos say.
        with_fields = json or form != "tags"
        fields, notes = read_fields(predictions) if with_fields else ([], [])
        if json:
            print_json(_document(predictions, fields, true_tags(predictions, fields)))
        elif form is None:
            _print(predictions, fields, true_tags(predictions, fields))
        elif out is None:
            shown = StringIO()
            # For other programs the bytes stay; in a terminal, names could steer it.
            predictions.write(shown if sys.stdout.isatty() else sys.stdout, form, fields)
            echo(shown.getvalue(), nl=False)
        else:
            with (
                file_written_whole(out) as new,
                new.open("w", newline="", encoding="utf-8") as file,
            ):
                predictions.write(file, form, fields)
            echo(f"{len(predictions.names):,} pictures: {out}", err=True)
    print_notes([*predictions.runs.notes, *predictions.notes, *notes, *predictions.failures])
    status = LEFT_OUT if predictions.names else NOTHING_DONE
    raise typer.Exit(status if predictions.failures else DONE)


def _document(
    predictions: "Predictions", fields: "list[Keywords | None]", truths: list[set[str] | None]
) -> dict[str, Any]:
    labels, runs = predictions.runs.labels, predictions.runs
    tags = labels.decode(predictions.tags)
    thresholds = runs.rule.thresholds
    return {
        **_about(runs),
        "thresholds": None
        if thresholds is None
        # No number is high enough for a label that is never tagged.
        else {
            label: threshold if math.isfinite(threshold) else None
            for label, threshold in zip(labels.names, thresholds, strict=True)
        },
        "pictures": [
            {
                "picture": name,
                "tags": tags[row],
                "true_tags": None if truths[row] is None else sorted(truths[row] or ()),
                "scores": dict(zip(labels.names, map(float, predictions.scores[row]), strict=True)),
                "keywords": None if found is None else [*found.tags()],
                "caption": None if found is None else found.caption,
            }
            for row, (name, found) in enumerate(zip(predictions.names, fields, strict=True))
        ],
        "unreadable": predictions.failures,
    }


def _about(runs: "AveragedRuns") -> dict[str, Any]:
    if len(runs.paths) == 1:
        return {"run": str(runs.paths[0])}
    tuning = runs.rule.tuning
    return {
        "runs": [str(path) for path in runs.paths],
        "rule": tuning
        and {
            "kind": tuning.kind,
            "tuned_for": tuning.objective,
            "split": tuning.split,
            "pictures": len(tuning.pictures),
        },
    }


def _print(
    predictions: "Predictions", fields: "list[Keywords | None]", truths: list[set[str] | None]
) -> None:
    from tagonaut.workflows.predict import in_one_line

    labels, thresholds = predictions.runs.labels, predictions.runs.rule.thresholds
    for row, (name, found) in enumerate(zip(predictions.names, fields, strict=True)):
        truth = truths[row]
        said = in_one_line((found and found.caption) or "")
        order = predictions.scores[row].argsort()[::-1]
        print_table(
            name,
            [
                "label",
                "score",
                *([] if thresholds is None else ["threshold"]),
                "tag",
                *([] if truth is None else ["true"]),
            ],
            [
                [
                    labels.names[k],
                    f"{predictions.scores[row, k]:.4f}",
                    *([] if thresholds is None else [_threshold(thresholds[k])]),
                    "✓" if predictions.tags[row, k] else "",
                    *([] if truth is None else ["✓" if labels.names[k] in truth else ""]),
                ]
                for k in order
            ],
            caption=f"caption: {said}" if said else "",
        )


def _threshold(threshold: float) -> str:
    return f"{threshold:.4f}" if math.isfinite(threshold) else "never"

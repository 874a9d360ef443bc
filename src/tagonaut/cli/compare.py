"""``tagonaut compare``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import print_json, print_table, tell
from tagonaut.reports.summary import percent


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of trainings.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The comparison's folder. [default: the first free compare]"),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Whose F1 is taken off each label's: a run, or majority. [default: the first run]",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Lay runs side by side: figures, labels, thresholds, learning curves."""
    from tagonaut.workflows.compare import compare as workflow

    compared = workflow(runs, out=out, reference=reference)
    figures = compared.figures
    tell(figures["notes"])
    if json:
        print_json({"folder": str(compared.folder), **figures})
        return
    print_table(
        f"{_count(len(figures['runs']), 'run')}, {_count(len(figures['labels']), 'label')},"
        f" {_judged(figures)}",
        ["run", "recipe", "mAP", "F1 macro", "micro", "samples", "F2 samples",
         "exact", "accuracy", "(train)", "correct", "seconds"],
        [_row(run) for run in figures["runs"]],
        caption="accuracy: right cells of all, beside it on train; correct: a point a picture",
    )  # fmt: skip
    typer.echo(f"written: {compared.folder / 'compare.html'}")


def _judged(figures: dict[str, Any]) -> str:
    pictures = figures["test"]["pictures"]
    if pictures is None:
        return "each judged on its own test pictures"
    common = "" if figures["test"]["same"] else "common "
    return f"judged on the same {_count(pictures, f'{common}test picture')}"


def _row(run: dict[str, Any]) -> list[str]:
    test, train, correct = run["test"]["tuned"], run["train"], run["correct"]["tuned"]
    overall = ("map", "macro_f1", "micro_f1", "samples_f1", "samples_f2", "exact_match")
    return [
        run["name"],
        run["recipe"] or "–",
        *(percent(test[key]) for key in (*overall, "binary_accuracy")),
        percent(train["binary_accuracy"]) if train else "–",
        f"{correct['points']:,.1f}/{correct['pictures']:,}",
        "–" if run["seconds"] is None else f"{run['seconds']:,.0f}",
    ]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"

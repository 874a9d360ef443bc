"""``tagonaut compare``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.reports.summary import percent, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tagonaut.deciding import Figure


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="The runs' folders.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The comparison's folder. [default: the first free compare]"),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="The run, or majority, whose F1 is subtracted from each label's. [default: the"
            " first run]",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show runs side by side: figures, labels, thresholds, learning curves."""
    from tagonaut.deciding import Detail, figures_up_to
    from tagonaut.workflows.compare import compare as workflow

    compared = workflow(runs, out=out, reference=reference)
    figures = compared.figures
    print_notes(figures["notes"])
    if json:
        print_json({"folder": str(compared.folder), **figures})
        return
    columns = figures_up_to(Detail.BRIEF)
    print_table(
        f"{_count(len(figures['runs']), 'run')}, {_count(len(figures['labels']), 'label')},"
        f" {_test_pictures(figures)}",
        ["run", "recipe", *(figure.column for figure in columns), "(train)", "correct", "seconds"],
        [_row(run, columns) for run in figures["runs"]],
        caption="accuracy: share of right cells, (train) on training pictures; correct: one "
        "point per picture",
        text=("recipe",),
        least=["seconds", "(train)", "recipe", "correct"],
    )
    echo(f"written: {compared.folder / 'compare.html'}")


def _test_pictures(figures: dict[str, Any]) -> str:
    pictures = figures["test"]["pictures"]
    if pictures is None:
        return "each evaluated on its own test pictures"
    common = "" if figures["test"]["same"] else "common "
    return f"evaluated on the same {_count(pictures, f'{common}test picture')}"


def _row(run: dict[str, Any], columns: "Sequence[Figure]") -> list[str]:
    test, train, correct = run["test"]["tuned"], run["train"], run["correct"]["tuned"]
    return [
        run["name"],
        run["recipe"] or "–",
        *(shown(figure, test[figure.key]) for figure in columns),
        percent(train["binary_accuracy"]) if train else "–",
        f"{correct['points']:,.1f}/{correct['pictures']:,}",
        "–" if run["seconds"] is None else f"{run['seconds']:,.0f}",
    ]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"

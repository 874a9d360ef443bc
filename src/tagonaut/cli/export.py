"""``tagonaut export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.cli.options import Json, Run
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT
from tagonaut.files.run_files import ExportFormat
from tagonaut.reports.summary import percent

if TYPE_CHECKING:
    from tagonaut.workflows.export import Exported


def export(
    run: Run,
    format: Annotated[
        ExportFormat,
        typer.Option(help="The format of the graph: OpenVINO, or ONNX for other programs."),
    ] = "openvino",
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Quantise to 8-bit integers, calibrated on training pictures."),
    ] = False,
    limit: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="With --int8: if mAP falls by more points than this, sensitive layers stay in"
            " float. [default: 0.5]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The export's folder. [default: RUN-FORMAT, beside RUN]"),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A folder of the run's pictures, if they were moved. [default: where they were]",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a run's network as a graph for OpenVINO or ONNX, in a folder that tag, predict and
    evaluate take in place of a run, and measure how the figures of the test pictures change.
    """
    from tagonaut.workflows.export import export as workflow

    exported = workflow(run, format, int8=int8, limit=limit, out=out, images=images)
    print_notes(exported.notes)
    if json:
        about = exported.about.model_dump(exclude={"preprocessing"})
        print_json(
            {"folder": str(exported.folder), **about, "held": exported.held,
             "notes": list(exported.notes)}
        )  # fmt: skip
    else:
        _print(exported)
    raise typer.Exit(DONE if exported.held else LEFT_OUT)


def _print(exported: "Exported") -> None:
    measured = exported.about.measured
    if measured:
        from tagonaut.deciding import FIGURES

        titles = {figure.key: figure.title for figure in FIGURES}
        # With a rule tuned anew, the figures under the run's own rule stand beside it.
        ways = {"run": "run", "run_rule": "export, the run's rule", "export": "export"}
        ways = {key: title for key, title in ways.items() if key in measured}
        print_table(
            f"What the export changes: test split, {measured['pictures']:,} pictures",
            ["", *ways.values(), "points"],
            [
                [
                    titles[key],
                    *(percent(measured[way][key]) for way in ways),
                    "–" if change is None else f"{100 * change:+.2f}",
                ]
                for key, change in measured["change"].items()
            ],
            caption=f"{measured['tags_changed']:,} tags added or removed, of {measured['tags']:,}",
        )
    if exported.about.kept:
        echo("layers kept in float, most sensitive first:")
        for layer in exported.about.kept:
            echo(f"  {layer}")
    echo(f"export: {exported.folder}")

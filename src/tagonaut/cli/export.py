"""``tagonaut export``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.cli import DONE, LEFT_OUT
from tagonaut.cli.options import Json, Run
from tagonaut.cli.output import print_json, print_table, tell
from tagonaut.reports.summary import percent

if TYPE_CHECKING:
    from tagonaut.workflows.export import Exported


class ExportKind(StrEnum):
    """What a network can be written as."""

    onnx = "onnx"
    openvino = "openvino"


def export(
    run: Run,
    format: Annotated[
        ExportKind, typer.Option(help="The graph: OpenVINO's own, or ONNX for other programs.")
    ] = ExportKind.openvino,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8", help="In 8-bit integers, by what the network makes of training pictures."
        ),
    ] = False,
    limit: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="Of --int8: where mAP falls by as much, sensitive layers stay in float."
            " [default: 0.5]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The export's folder. [default: RUN-FORMAT, beside RUN]"),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder of the run's pictures. [default: where they were]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a run's network as a graph for OpenVINO or ONNX: a folder that tag, predict and
    evaluate take for a run, and what it changes of the figures of the run's test pictures.
    """
    from tagonaut.workflows.export import export as workflow

    exported = workflow(run, format.value, int8=int8, limit=limit, out=out, images=images)
    tell(exported.notes)
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
        # Where the rule was tuned anew, what it was like without.
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
            caption=f"{measured['tags_changed']:,} tags come or go, of {measured['tags']:,}",
        )
    if exported.about.kept:
        typer.echo("kept in float, the most sensitive first:")
        for layer in exported.about.kept:
            typer.echo(f"  {layer}")
    typer.echo(f"export: {exported.folder}")

"""``tagonaut tag``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from tagonaut.cli.options import Json, Run, names
from tagonaut.cli.output import wrong_usage
from tagonaut.cli.summaries import report

if TYPE_CHECKING:
    from tagonaut.tagging.summary import Summary


class Choosing(TypedDict):
    """Options that both engines have."""

    labels: list[str] | None
    min_score: float | None
    top: int | None
    mapping: Path | None
    prefix: str
    keep_time: bool
    write_scores: bool


Journal = Annotated[
    Path | None,
    typer.Option(help="The journal's file. [default: kept on this machine for each archive]"),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be written; write nothing.")
]
KeepTime = Annotated[bool, typer.Option("--keep-time", help="Photos keep their time of change.")]
BreakLinks = Annotated[
    bool,
    typer.Option(
        "--break-links",
        help="Write to photos of several hard links too; the name becomes a file of its own.",
    ),
]


def tag(
    run: Run,
    photos: Annotated[
        str,
        typer.Argument(
            metavar="PHOTOS", help="A folder of photos, sub-folders too; with --engine ray, a URL."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Tag copies below this folder; with --engine ray, s3://… and such."
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Tag the photos themselves.")
    ] = False,
    sidecar: Annotated[
        bool,
        typer.Option("--sidecar", help="Leave the photos alone; write IMG.jpg.xmp beside them."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="Only tags for these labels, comma-separated.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Only tags of at least this score, of those decided."),
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="Only so many tags a photo, the highest scores.")
    ] = None,
    map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What labels are called: CSV of two columns, or TOML; Night,Time|Night puts"
            " Night below Time.",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Before every tag; AI| puts all below AI.")
    ] = "",
    keep_time: KeepTime = False,
    break_links: BreakLinks = False,
    write_scores: Annotated[
        bool, typer.Option("--write-scores", help="Write scores into the metadata too.")
    ] = False,
    dry_run: DryRun = False,
    journal: Journal = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The table of scores, .parquet or .csv."
            " [default: scores.parquet in the tagged folder]",
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="What does the work: this machine, or a Ray cluster (tagonaut[ray])."),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Ray cluster: auto, HOST:PORT, or local, which starts one on this machine."
            " [default: local]",
        ),
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes of the cluster that tag. [default: one a GPU, or a machine]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write each photo's tags into its metadata; the same command again goes on from there."""
    if (to is not None) + in_place + sidecar != 1:
        raise wrong_usage("tag takes either --to DIR or --in-place or --sidecar")
    chosen: Choosing = {
        "labels": names(labels),
        "min_score": min_score,
        "top": top,
        "mapping": map,
        "prefix": prefix,
        "keep_time": keep_time,
        "write_scores": write_scores,
    }
    if engine == "ray":
        others = {
            "--in-place": in_place,
            "--sidecar": sidecar,
            "--break-links": break_links,
            "--dry-run": dry_run,
            "--journal": journal,
            "--scores": scores,
        }
        summary = _on_ray(run, photos, to, others, chosen, address=address, actors=actors)
    else:
        if address is not None or actors is not None:
            raise wrong_usage("--address and --actors go with --engine ray")
        from tagonaut.workflows.tag import tag as workflow

        summary = workflow(
            run,
            Path(photos),
            to=None if to is None else Path(to),
            sidecar=sidecar,
            break_links=break_links,
            dry_run=dry_run,
            journal=journal,
            scores=scores,
            **chosen,
        )
    report(summary, "tagged", json=json)


def _on_ray(
    run: Path,
    photos: str,
    to: str | None,
    others: Mapping[str, object],
    chosen: Choosing,
    *,
    address: str | None,
    actors: int | None,
) -> "Summary":
    if given := [option for option, value in others.items() if value]:
        raise wrong_usage(f"--engine ray takes --to, and no {given[0]}")
    assert to is not None
    from tagonaut.workflows.tag_on_ray import tag_on_ray

    return tag_on_ray(run, photos, to=to, address=address or "local", actors=actors, **chosen)

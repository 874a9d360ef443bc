"""``tagonaut tag``."""

import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from tagonaut.cli.options import Json, Run, names
from tagonaut.cli.output import echo, wrong_usage
from tagonaut.cli.summaries import report

Journal = Annotated[
    Path | None,
    typer.Option(help="The journal's file. [default: this machine keeps one per archive]"),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
]
KeepTime = Annotated[
    bool, typer.Option("--keep-time", help="Keep the photos' time of modification.")
]
BreakLinks = Annotated[
    bool,
    typer.Option(
        "--break-links",
        help="Also write to photos with several hard links; each becomes a separate file.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Leave out what fits this pattern, written as in .gitignore; repeat it for more.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN", help="Take only photos that fit this pattern; repeat for more."
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Take only the photos and folders that this file lists, one path per line; - reads"
        " standard input.",
    ),
]
Nice = Annotated[
    bool, typer.Option("--nice", help="Work with the lowest priority for processor and disk.")
]


def tag(
    run: Run,
    photos: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PHOTOS...",
            help="A folder of photos and sub-folders, or folders and photos of a tagged one; with"
            " --engine ray also a URL.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Write tagged copies below this folder; with --engine ray also a URL (s3://…).",
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Tag the photos themselves.")
    ] = False,
    sidecar: Annotated[
        bool,
        typer.Option("--sidecar", help="Leave the photos alone; write IMG.jpg.xmp beside them."),
    ] = False,
    sidecar_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Leave the photos and their folder alone; write sidecars below this folder.",
        ),
    ] = None,
    sidecar_name: Annotated[
        Literal["darktable", "adobe"],
        typer.Option(help="Name new sidecars IMG.jpg.xmp, or IMG.xmp as Adobe's programs do."),
    ] = "darktable",
    or_sidecar: Annotated[
        bool,
        typer.Option(
            "--or-sidecar",
            help="With --in-place: write a sidecar for a photo that cannot be written.",
        ),
    ] = False,
    exclude: Exclude = None,
    only: Only = None,
    source: From = None,
    any_name: Annotated[
        bool,
        typer.Option("--any-name", help="Also take JPEG files whose names do not end in .jpg."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="Write tags for these labels only, comma-separated.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Write tags with at least this score only."),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            min=1, help="Write at most this many tags per photo, those with the highest scores."
        ),
    ] = None,
    map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tags by label: CSV of two columns, or TOML; Night,Time|Night puts Night below"
            " Time.",
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Put this before every tag; AI| puts all tags below AI."),
    ] = "",
    keep_time: KeepTime = False,
    break_links: BreakLinks = False,
    break_signatures: Annotated[
        bool,
        typer.Option(
            "--break-signatures",
            help="Also write into photos signed with Content Credentials, which makes their"
            " signatures invalid; otherwise these get sidecars.",
        ),
    ] = False,
    write_scores: Annotated[
        bool, typer.Option("--write-scores", help="Write the scores into the metadata too.")
    ] = False,
    nice: Nice = False,
    until: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Stop at this time, as Ctrl-C does; run it again."),
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Only add tags; take none of an earlier run's away.")
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
    iptc_charset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The character set of IPTC text that declares none: koi8-r, shift_jis, mac_roman…",
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Tag on this machine, or on a Ray cluster (tagonaut[ray])."),
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
            min=1, help="Processes that tag on the cluster. [default: one per GPU, or per machine]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write each photo's tags into its metadata; run it again to continue after a stop."""
    if (to is not None) + in_place + sidecar + (sidecar_dir is not None) != 1:
        raise wrong_usage("choose one of --to DIR, --in-place, --sidecar and --sidecar-dir DIR")
    if engine == "local" and (address is not None or actors is not None):
        raise wrong_usage("--address and --actors need --engine ray")
    if or_sidecar and not in_place:
        raise wrong_usage("--or-sidecar needs --in-place")
    stop_at = None if until is None else _stop_at(until)
    from tagonaut.tagging.choice import Choice
    from tagonaut.tagging.files import read_paths
    from tagonaut.tagging.options import ClusterOptions, TagOptions
    from tagonaut.workflows.tag import tag as workflow

    options = TagOptions(
        to=to,
        in_place=in_place,
        sidecar=sidecar,
        sidecar_dir=sidecar_dir,
        sidecar_name=sidecar_name,
        choice=Choice.of(names(labels), min_score, top, map, prefix),
        keep_time=keep_time,
        break_links=break_links,
        break_signatures=break_signatures,
        write_scores=write_scores,
        add=add,
        dry_run=dry_run,
        journal=journal,
        scores=scores,
        exclude=tuple(exclude or ()),
        only=tuple(only or ()),
        any_name=any_name,
        or_sidecar=or_sidecar,
        nice=nice,
        until=stop_at,
        iptc_charset=iptc_charset,
    )
    cluster = ClusterOptions(address or "local", actors) if engine == "ray" else None
    listed = None if source is None else read_paths(source)
    summary = workflow(run, photos or [], options, listed=listed, cluster=cluster, agree=_agree)
    report(summary, "tagged", json=json)


def _stop_at(text: str) -> float:
    """The time to stop at; a line says so if that is tomorrow."""
    now = datetime.now()
    moment = next_moment(text, now)
    if moment.date() != now.date():
        echo(f"it is past {text} today: the command stops at {text} tomorrow", err=True)
    return moment.timestamp()


def next_moment(text: str, now: datetime) -> datetime:
    """The next time that a clock shows this, after ``now``."""
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
        raise wrong_usage(f"--until {text!r}: not a time such as 07:00")
    hour, minute = map(int, text.split(":"))
    found = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return found if found > now else found + timedelta(days=1)


def _agree(line: str) -> bool:
    """Tell what will be taken away; in a terminal, whether the person agrees."""
    echo(line, err=True)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return typer.confirm("Go on?", err=True)

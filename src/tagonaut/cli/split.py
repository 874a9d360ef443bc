"""``tagonaut split``."""

from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import Data, DataOptions, Json, SplitOptions, takes_groups
from tagonaut.cli.output import echo, print_json, print_notes, print_table, wrong_usage

if TYPE_CHECKING:
    from tagonaut.workflows.split import Split


@dataclass(frozen=True)
class ListedData(DataOptions):
    """Options for data whose pictures are not opened: no ``--missing``, no row is left out."""

    missing: None = None


@dataclass(frozen=True)
class Dealing(SplitOptions):
    """The parts are an option of the command's own, since folds can take their place."""

    parts: str = "60/20/20"


@takes_groups
def split(
    data: Data,
    *,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The table (CSV) to write, for train --split.")
    ],
    parts: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Percentages, counts (20000/7000/5120), a table with a split column, column:NAME"
            " of the data, or three files of names: train,validation,test. [default: 60/20/20]",
        ),
    ] = None,
    folds: Annotated[
        str | None,
        typer.Option(
            help="Make folds for cross-validation instead: their number, a table with a fold"
            " column, or column:NAME of the data."
        ),
    ] = None,
    dealing: Dealing,
    seed: Annotated[int, typer.Option(help="Another seed gives another split.")] = 0,
    data_options: ListedData,
    json: Json = False,
) -> None:
    """Split labelled pictures once, into a table for every training that is to be compared."""
    if folds is not None and (parts is not None or dealing.in_order):
        raise wrong_usage("--folds cannot be combined with --split or --in-order")
    if out.resolve() == data.resolve():
        raise wrong_usage(f"--out {out} would overwrite the data: choose another file")
    from tagonaut.data.readers import look
    from tagonaut.workflows.split import check_out
    from tagonaut.workflows.split import split as workflow

    check_out(out)
    dataset = look(data, data_options.images, **data_options.reading())
    print_notes(dataset.notes)
    done = workflow(
        dataset,
        parts or dealing.parts,
        folds=folds,
        by=dealing.group_by,
        seed=seed,
        stratify=dealing.stratify,
        in_order=dealing.in_order,
    )
    print_notes(done.notes)
    if out.is_file():
        print_notes([f"{out}: a split exists already, and is replaced"])
    done.write(out)
    if json:
        print_json({"out": str(out), "seed": seed, **_document(done)})
    else:
        _print(done, seed)
        echo(f"written: {out}")


def _document(done: "Split") -> dict[str, Any]:
    alike = done.deviation
    return {
        "pictures": dict(zip(alike.parts, alike.pictures.tolist(), strict=True)),
        "unused": len(done.dataset) - int(alike.pictures.sum()),
        "labels": [
            {
                "label": label,
                "pictures": dict(zip(alike.parts, alike.positives[k].tolist(), strict=True)),
                "share": _figure(alike.whole[k]),
                "deviation": _figure(alike.absolute[k]),
                "relative_deviation": _figure(alike.relative[k]),
            }
            for k, label in _rarest_first(done)
        ],
        "groups": done.groups,
        "largest_group": list(done.largest),
        "notes": [*done.dataset.notes, *done.notes],
    }


def _print(done: "Split", seed: int) -> None:
    alike = done.deviation
    all_pictures = alike.pictures.sum()
    fold = "" if done.splits.dtype.kind == "U" else "fold "
    print_table(
        "Pictures with each label" + (", by fold" if fold else ", by split"),
        ["label", *(f"{fold}{part}" for part in alike.parts), "share %", "deviation", "relative %"],
        [
            ["all pictures", *(f"{count:,}" for count in alike.pictures), "", "", ""],
            *(
                [
                    label,
                    *(f"{count:,}" for count in alike.positives[k]),
                    f"{100 * alike.whole[k]:.3f}",
                    f"{100 * alike.absolute[k]:.4f}",
                    f"{100 * alike.relative[k]:.2f}",
                ]
                for k, label in _rarest_first(done)
            ),
        ],
        caption=f"seed {seed}; deviation: the largest difference between a part's share and the"
        " whole's share, in percentage points and relative to it",
    )
    unused = len(done.dataset) - all_pictures
    counts = [
        f"{all_pictures:,} pictures",
        f"{unused:,} unused" if unused else "",
        "" if done.groups is None else f"{done.groups:,} groups of two or more pictures",
        f"the largest has {len(done.largest):,}: {', '.join(done.largest[:3])}"
        + (", …" if len(done.largest) > 3 else "")
        if done.largest
        else "",
    ]
    echo(", ".join(filter(None, counts)))


def _rarest_first(done: "Split") -> list[tuple[int, str]]:
    totals = done.deviation.positives.sum(axis=1)
    return [(int(k), done.dataset.labels.names[k]) for k in totals.argsort(kind="stable")]


def _figure(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if isnan(value) else float(value)

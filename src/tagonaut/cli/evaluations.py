"""The tables of an evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any

from tagonaut.cli.output import SHOWN, print_table
from tagonaut.reports.summary import SUMMARY, percent


def print_figures(figures: Mapping[str, Any], where: str, metric: str) -> None:
    """A table of all labels together and one of each label; ``where`` stands on both.

    ``figures`` are a document of an evaluation, or ``tuned`` and ``at_0.5`` alone, tuned for
    ``metric``. The first way to decide is the main one: its intervals stand beside it, and the
    labels' figures are its own.
    """
    ways = figures.get("ways") or {
        "tuned": f"tuned ({metric})" if metric else "as it decides",
        "at_0.5": "at 0.5",
    }
    main, *others = ways
    first = figures[main]
    bounds = figures["intervals"][main] if "intervals" in figures else None
    where = f"{where}, {first['pictures']:,} pictures"
    naive = "majority baseline"
    if figures.get("baseline") == "truth":
        naive += " (of the truth)"
    header = ["", ways[main], *(ways[key] for key in others), naive]
    if bounds:
        header.insert(2, f"{100 * bounds['level']:g} % interval")
    rows = []
    for key, title, baseline in SUMMARY:
        if first[key] is None:
            continue
        row = [title, percent(first[key]), *(percent(figures[other][key]) for other in others)]
        row.append(percent(first[baseline]) if baseline else "")
        if bounds:
            row.insert(2, _interval(bounds["all"].get(key)))
        rows.append(row)
    absent = [row["label"] for row in first["labels"] if not row["support"]]
    told = f"no picture has {', '.join(absent)}: 0 in the macro figures but mAP" if absent else ""
    print_table(f"How good it is: {where}", header, rows, caption=told)
    _print_labels(first["labels"], figures[others[0]]["labels"] if others else None, where)


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}"


def _print_labels(
    labels: Sequence[Mapping[str, Any]], at_half: Sequence[Mapping[str, Any]] | None, where: str
) -> None:
    """A table of the labels; columns that say nothing of any label are left out."""
    columns = {"precision": "precision", "recall": "recall", "f1": "F1", "f2": "F2", "ap": "AP",
               "accuracy": "accuracy", "baseline_accuracy": "baseline"}  # fmt: skip
    told = [key for key in columns if any(row[key] is not None for row in labels)]
    cut = any(row["threshold"] is not None for row in labels)
    header = ["label", "support", *(columns[key] for key in told)]
    header += [*(["threshold"] if cut else []), *(["F1 at 0.5"] if at_half else [])]
    rows = []
    for k, row in enumerate(labels):
        cells = [row["label"], f"{row['support']:,}", *(percent(row[key]) for key in told)]
        if cut:
            # No threshold is infinite as JSON: such a label is never tagged.
            cells.append("never" if row["threshold"] is None else f"{row['threshold']:.4f}")
        if at_half:
            cells.append(percent(at_half[k]["f1"]))
        rows.append(cells)
    print_table(f"Each label: {where}", header, rows)


def print_only(chosen: Mapping[str, Any]) -> None:
    """A table of what a file chose, and of each value of its column, the hardest first."""
    column = chosen["column"]
    title = f"Each {column}, the hardest first" if column else "What was chosen"
    _print_values(title, column or "", chosen["values"], [("all", chosen["all"])])


def print_by(
    by: Mapping[str, Sequence[Mapping[str, Any]]], *, except_for: str | None = None
) -> None:
    """A table of each column's values, the hardest first; not of one that was told already."""
    for column, rows in by.items():
        if column != except_for:
            title = f"Each {column}, the hardest first"
            if len(rows) > SHOWN:
                title += f": {SHOWN} of {len(rows):,}"
            _print_values(title, column, rows[:SHOWN])


def _print_values(
    title: str,
    column: str,
    values: Sequence[Mapping[str, Any]],
    more: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> None:
    print_table(
        title,
        [column, "pictures", "exact match", "F1 macro", "correct", ""],
        [
            [
                name,
                f"{row['pictures']:,}",
                percent(row["exact_match"]),
                percent(row["macro_f1"]),
                f"{row['correct']:,.1f}",
                percent(row["share"]),
            ]
            for name, row in [*((row["value"] or "–", row) for row in values), *more]
        ],
        caption="F1 macro: over labels that these pictures have or are given; correct: a point a"
        " picture",
    )

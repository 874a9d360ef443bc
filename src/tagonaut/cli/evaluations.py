"""The tables of an evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any

from tagonaut.cli.output import SHOWN, print_table
from tagonaut.reports.summary import percent, shown


def print_figures(figures: Mapping[str, Any], where: str, metric: str) -> None:
    """Print a table of all labels together and one of each label, with ``where`` on both.

    ``figures`` are the document of an evaluation, or ``tuned`` and ``at_0.5`` alone, tuned for
    ``metric``. The first decision is the main one: its intervals are shown beside it, and the
    labels' figures are those of this decision.
    """
    titles = figures.get("ways") or {
        "tuned": f"tuned ({metric})" if metric else "as it decides",
        "at_0.5": "at 0.5",
    }
    main, *others = titles
    where = f"{where}, {figures[main]['pictures']:,} pictures"
    _print_overall(figures, titles, where)
    half = figures[others[0]]["labels"] if others else None
    _print_labels(figures[main]["labels"], half, where)


def _print_overall(figures: Mapping[str, Any], titles: Mapping[str, str], where: str) -> None:
    from tagonaut.deciding import Detail, figures_up_to

    main, *others = titles
    first = figures[main]
    bounds = figures["intervals"][main] if "intervals" in figures else None
    naive = "majority baseline"
    if figures.get("baseline") == "truth":
        naive += " (of the truth)"
    interval = f"{100 * bounds['level']:g} % interval" if bounds else ""
    header = ["", titles[main], *([interval] if bounds else [])]
    header += [*(titles[key] for key in others), naive]
    rows = []
    for figure in figures_up_to(Detail.SUMMARY):
        if first[figure.key] is None:
            continue
        row = [figure.title, shown(figure, first[figure.key])]
        if bounds:
            row.append(_interval(bounds["all"].get(figure.key)))
        row += [shown(figure, figures[other][figure.key]) for other in others]
        row.append(shown(figure, first[figure.baseline_key]) if figure.baseline_key else "")
        rows.append(row)
    absent = [row["label"] for row in first["labels"] if not row["support"]]
    note = (
        f"no picture has {', '.join(absent)}: 0 in macro figures, left out of mAP" if absent else ""
    )
    least = [*(titles[key] for key in others), interval, naive]
    print_table(f"How good it is: {where}", header, rows, caption=note, least=least)


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}"


def _print_labels(
    labels: Sequence[Mapping[str, Any]], at_half: Sequence[Mapping[str, Any]] | None, where: str
) -> None:
    """Print a table of the labels; columns that are empty for all labels are left out."""
    from tagonaut.deciding import LABEL_FIGURES, Detail, figures_up_to

    columns = {}
    for figure in figures_up_to(Detail.SUMMARY, LABEL_FIGURES):
        columns[figure.column] = (figure, figure.key)
        if figure.baseline_key:
            columns["baseline"] = (figure, figure.baseline_key)
    columns = {
        name: column
        for name, column in columns.items()
        if any(row[column[1]] is not None for row in labels)
    }
    cut = any(row["threshold"] is not None for row in labels)
    header = ["label", "support", *columns]
    header += [*(["threshold"] if cut else []), *(["F1 at 0.5"] if at_half else [])]
    rows = []
    for k, row in enumerate(labels):
        cells = [row["label"], f"{row['support']:,}"]
        cells += [shown(figure, row[key]) for figure, key in columns.values()]
        if cut:
            # No threshold is infinite as JSON: such a label is never tagged.
            cells.append("never" if row["threshold"] is None else f"{row['threshold']:.4f}")
        if at_half:
            cells.append(percent(at_half[k]["f1"]))
        rows.append(cells)
    # The most detailed figures go first, then what stands beside F1.
    detailed = sorted(columns, key=lambda name: columns[name][0].detail)[::-1]
    least = [name for name in detailed if columns[name][0].detail > Detail.HEADLINE]
    least += ["F1 at 0.5", "recall", "precision", "threshold", "support"]
    print_table(f"Each label: {where}", header, rows, least=least)


def print_only(chosen: Mapping[str, Any]) -> None:
    """Print figures of the pictures that a file names, for all of them and for each value."""
    column = chosen["column"]
    title = f"Each {column}, hardest first" if column else "The named pictures"
    _print_values(title, column or "", chosen["values"], [("all", chosen["all"])])


def print_by(
    by: Mapping[str, Sequence[Mapping[str, Any]]], *, except_for: str | None = None
) -> None:
    """Print a table of each column's values, hardest first; skip the column ``except_for``."""
    for column, rows in by.items():
        if column != except_for:
            title = f"Each {column}, hardest first"
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
        [column, "pictures", "exact match", "F1, macro", "correct", "% correct"],
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
        caption="F1, macro: over labels that these pictures have or are given; correct: one point"
        " per picture",
        least=["F1, macro", "correct", "exact match"],
    )

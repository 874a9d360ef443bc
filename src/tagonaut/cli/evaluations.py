"""The tables of an evaluation."""

from collections.abc import Mapping
from typing import Any

from tagonaut.cli.output import print_table
from tagonaut.reports.summary import SUMMARY, percent


def print_figures(figures: Mapping[str, Any], where: str, metric: str) -> None:
    """A table of all labels together and one of each label; ``where`` stands on both."""
    tuned, half = figures["tuned"], figures["at_0.5"]
    where = f"{where}, {tuned['pictures']:,} pictures"
    print_table(
        f"How good it is: {where}",
        ["", f"tuned ({metric})", "at 0.5", "majority baseline"],
        [
            [
                title,
                percent(tuned[key]),
                percent(half[key]),
                percent(tuned[baseline]) if baseline else "",
            ]
            for key, title, baseline in SUMMARY
        ],
    )
    columns = ("precision", "recall", "f1", "f2", "ap", "accuracy", "baseline_accuracy")
    print_table(
        f"Each label: {where}",
        ["label", "support", "precision", "recall", "F1", "F2", "AP", "accuracy", "baseline",
         "threshold", "F1 at 0.5"],
        [
            [
                row["label"],
                f"{row['support']:,}",
                *(percent(row[column]) for column in columns),
                f"{row['threshold']:.4f}",
                percent(other["f1"]),
            ]
            for row, other in zip(tuned["labels"], half["labels"], strict=True)
        ],
    )  # fmt: skip


def print_only(chosen: Mapping[str, Any]) -> None:
    """A table of what a file chose, and of each value of its column, the hardest first."""
    column = chosen["column"]
    rows = [(row["value"] or "–", row) for row in chosen["values"]]
    print_table(
        f"Each {column}, the hardest first" if column else "What was chosen",
        [column or "", "pictures", "exact match", "F1 macro", "correct", ""],
        [
            [
                name,
                f"{row['pictures']:,}",
                percent(row["exact_match"]),
                percent(row["macro_f1"]),
                f"{row['correct']:,.1f}",
                percent(row["share"]),
            ]
            for name, row in [*rows, ("all", chosen["all"])]
        ],
        caption="F1 macro: over labels that these pictures have or are given; correct: a point a"
        " picture",
    )

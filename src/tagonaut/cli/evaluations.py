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

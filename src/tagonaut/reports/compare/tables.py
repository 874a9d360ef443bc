"""The numbers of a comparison as files: ``compare.json``, and CSV tables beside it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagonaut.deciding import Detail, figures_up_to
from tagonaut.reports.csv_table import write_csv

COMPARED = figures_up_to(Detail.BRIEF)
OVERALL = tuple(figure.key for figure in COMPARED)
BASELINES = tuple(figure.baseline_key for figure in COMPARED if figure.baseline_key)


def write_tables(folder: Path, figures: dict[str, Any]) -> None:
    """Write ``compare.json``, ``compare.csv`` (per run) and ``labels.csv`` (per run and label)."""
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "compare.json").write_text(text + "\n", encoding="utf-8")
    write_csv(folder / "compare.csv", RUN_COLUMNS, run_rows(figures))
    write_csv(folder / "labels.csv", LABEL_COLUMNS, label_rows(figures))


ABOUT = ("recipe", "backbone", "parameters", "seed", "tuned_for", "epochs", "seconds")
RUN_COLUMNS = (
    *("run", *ABOUT, "learned_from", "judged_on", *OVERALL),
    *(f"{key}_at_0.5" for key in OVERALL),
    *("average_f1", "average_f1_at_0.5", "correct", "correct_at_0.5"),
    *("train_exact_match", "train_binary_accuracy"),
    *BASELINES,
)


def run_rows(figures: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One row of ``RUN_COLUMNS`` per run; a cell is empty where nothing is known."""
    for run in figures["runs"]:
        tuned, half = run["test"]["tuned"], run["test"]["at_0.5"]
        train = run["train"] or {}
        yield (
            run["name"],
            *(run[key] for key in ABOUT),
            run["pictures"]["train"],
            tuned["pictures"],
            *(tuned[key] for key in OVERALL),
            *(half[key] for key in OVERALL),
            run["average_f1"],
            run["average_f1_at_0.5"],
            run["correct"]["tuned"]["points"],
            run["correct"]["at_0.5"]["points"],
            *(train.get(key) for key in ("exact_match", "binary_accuracy")),
            *(tuned[key] for key in BASELINES),
        )


LABEL_COLUMNS = (
    *("run", "label", "share", "rare", "support", "threshold", "f1", "f1_at_0.5", "improvement"),
    *("accuracy", "accuracy_at_0.5", "baseline_accuracy", "baseline_f1"),
)


def label_rows(figures: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One row of ``LABEL_COLUMNS`` per run and label."""
    for run in figures["runs"]:
        for label, row in zip(figures["labels"], run["labels"], strict=True):
            found = {**label, **row, "run": run["name"], "rare": int(label["rare"])}
            yield tuple(found[column] for column in LABEL_COLUMNS)

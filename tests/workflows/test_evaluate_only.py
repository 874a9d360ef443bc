import json

import numpy as np
import polars as pl
import pytest

import tagonaut
from tagonaut.deciding import DecisionRule
from tagonaut.errors import DataError
from tagonaut.reports.evaluate.subgroups import (
    MOST,
    figures_by_columns,
    figures_by_value,
    value_figures,
)
from tagonaut.workflows.evaluate import EvaluateOptions, evaluate_data, evaluate_run


def test_figures_of_each_value_worked_by_hand():
    targets = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=np.uint8)
    tags = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)
    known = np.ones((4, 2), dtype=bool)
    tiny, noisy, plain = figures_by_value(["noisy", "noisy", "plain", "tiny"], targets, tags, known)
    assert [row["value"] for row in (tiny, noisy, plain)] == ["tiny", "noisy", "plain"]
    assert (tiny["exact_match"], tiny["macro_f1"], tiny["correct"]) == (0, 0, 0)
    # Neither noisy picture has the second label, but one is given it: an F1 of 0 beside one of 1.
    assert (noisy["pictures"], noisy["exact_match"], noisy["macro_f1"]) == (2, 0.5, 0.5)
    assert (noisy["correct"], noisy["share"]) == (1.5, 0.75)
    assert (plain["correct"], plain["share"]) == (1, 1)
    known[2] = False
    unknown = figures_by_value(["noisy", "noisy", "plain", "tiny"], targets, tags, known)[2]
    assert unknown == {"value": "plain", "pictures": 0, "exact_match": None, "macro_f1": None,
                       "correct": 0, "share": None}  # fmt: skip
    assert value_figures(targets, tags, known)["correct"] == 1.5


def test_of_very_many_values_the_hardest_and_the_largest_are_told():
    rng = np.random.default_rng(0)
    count = 20_000
    targets = rng.integers(0, 2, (count, 3)).astype(np.uint8)
    tags = rng.random((count, 3)) < np.where(targets == 1, 0.9, 0.1)
    known = rng.random((count, 3)) < 0.8
    # Ten large values among thousands of one picture or two.
    values = np.where(np.arange(count) % 4, np.arange(count) // 2 + 10, np.arange(count) % 10)
    names = [f"v{value}" for value in values]
    rows = figures_by_value(names, targets, tags, known)
    assert len(rows) == MOST == 200
    right = ((targets == tags) & known).sum(axis=1) / known.sum(axis=1).clip(1)
    every = pl.DataFrame({"name": names, "right": right}).filter(known.any(axis=1))
    hardest = every.group_by("name").agg(pl.col("right").mean())["right"].sort()[:100]
    shares = [1.0 if row["share"] is None else row["share"] for row in rows]
    assert shares == sorted(shares)
    assert shares[:100] == pytest.approx(hardest.to_list())
    sizes = pl.Series(names).value_counts(sort=True).rows()
    largest = {name for name, size in sizes if size > 100}
    assert len(largest) == 5
    assert largest <= {row["value"] for row in rows}
    for row in rows:
        here = np.array(names) == row["value"]
        assert row == {
            "value": row["value"],
            **value_figures(targets[here], tags[here], known[here]),
        }
    told, notes = figures_by_columns(["c"], {"c": names}, targets, tags, known)
    assert told == {"c": rows}
    assert notes[0].startswith(f"c has {len(sizes):,} values: 200 are shown")
    assert figures_by_columns(["c"], {"c": ["x"] * count}, targets, tags, known)[1] == []


def test_a_choice_of_a_runs_own_test_pictures(run, tmp_path):
    split = pl.read_parquet(run / "split.parquet")
    names = split.filter(pl.col("split") == "test")["id"].to_list()
    trained = split.filter(pl.col("split") == "train")["id"][0]
    chosen = names[:8]
    rows = [f"{name}.jpg,{'hard' if at % 4 else 'easy'}" for at, name in enumerate(chosen)]
    file = tmp_path / "challenges.csv"
    file.write_text("\n".join(["file,kind", *rows, f"{trained},easy", "q01,hard"]) + "\n")
    document = evaluate_run(run, options=EvaluateOptions(only=file))
    assert document["tuned"]["pictures"] == 8
    only = document["only"]
    assert (only["named"], only["column"]) == (10, "kind")
    assert only["missing"][0] == (
        f"challenges.csv:10, column file: '{trained}' is in the run's train split, not in test"
    )
    assert only["missing"][1].startswith("challenges.csv:11, column file: no picture 'q01'")
    assert {row["value"]: row["pictures"] for row in only["values"]} == {"easy": 2, "hard": 6}
    # The oracle: plain NumPy on what the run stored.
    kept = pl.read_parquet(run / "scores.parquet").join(split, on="id").sort("id")
    kept = kept.filter(pl.col("id").is_in(chosen))
    labels = json.loads((run / "labels.json").read_text())["labels"]
    scores = kept.select(f"score {label}" for label in labels).to_numpy()
    targets = kept.select(f"target {label}" for label in labels).to_numpy()
    rule = DecisionRule.from_json(json.loads((run / "decisions.json").read_text()))
    right = (scores >= np.array(rule.thresholds)) == targets
    assert only["all"]["correct"] == pytest.approx(right.mean(axis=1).sum())
    assert document["tuned"]["exact_match"] == pytest.approx(right.all(axis=1).mean())
    written = json.loads((run / "evaluation-test-only-challenges.json").read_text())
    assert written["only"] == only


def test_a_choice_of_other_pictures_keeps_its_values_beside_what_is_left_out(run, painted):
    split = pl.read_parquet(run / "split.parquet")
    parts = dict(split.select("id", "split").rows())
    names = sorted(parts)[:40]
    file = painted.with_name("challenge.csv")
    file.write_text("\n".join(["name,kind", *(f"{name},{parts[name]}" for name in names)]))
    dataset = tagonaut.read(painted)
    document = evaluate_data(
        run, dataset, "other", in_sample=False, options=EvaluateOptions(only=file)
    )
    tested = sum(parts[name] == "test" for name in names)
    assert document["left_out"] == 40 - tested
    assert [(row["value"], row["pictures"]) for row in document["only"]["values"]] == [
        ("test", tested)
    ]
    document = evaluate_data(
        run, dataset, "challenge", in_sample=True, options=EvaluateOptions(only=file)
    )
    assert {row["value"]: row["pictures"] for row in document["only"]["values"]} == {
        part: sum(parts[name] == part for name in names) for part in set(parts.values())
    }
    assert (run / "evaluation-data-challenge.json").is_file()
    file.write_text("nobody\n")
    with pytest.raises(DataError, match="none of its 1 names is the name of a picture here"):
        evaluate_data(run, dataset, "other", in_sample=False, options=EvaluateOptions(only=file))

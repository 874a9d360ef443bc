import json

import numpy as np
import polars as pl
import pytest

import tagonaut
from tagonaut.deciding import DecisionRule
from tagonaut.errors import DataError
from tagonaut.workflows.evaluate import EvaluateOptions, evaluate_data, evaluate_run


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

"""Files of a run that something spoiled: one line that names the file, whatever reads them."""

import json

import numpy as np
import polars as pl
import pytest


def table(name, change):
    """Damage: a Parquet file whose frame was changed, its metadata as they were."""

    def damage(run):
        told = pl.read_parquet_metadata(run / name)
        told.pop("ARROW:schema", None)
        change(pl.read_parquet(run / name)).write_parquet(run / name, metadata=told)

    return damage


def document(name, change):
    """Damage: a JSON file whose values were changed."""

    def damage(run):
        values = json.loads((run / name).read_text())
        change(values)
        (run / name).write_text(json.dumps(values))

    return damage


def lists(column):
    return pl.concat_list(column).alias(column)


SCORES, SPLIT = "scores.parquet", "split.parquet"
DAMAGES = {
    "decider of a list": (
        document("decisions.json", lambda rule: rule["decider"].update(kind=[])),
        *("decisions.json", "there is no decider"),
    ),
    "target of no number": (
        document("decisions.json", lambda rule: rule["tuning"].update(target=float("nan"))),
        *("decisions.json", "over 0 and finite"),
    ),
    "tuned on no picture": (
        document("decisions.json", lambda rule: rule["tuning"].update(pictures=[])),
        *("decisions.json", "lists the pictures that tuned it"),
    ),
    "no ids": (table(SCORES, lambda frame: frame.drop("id")), SCORES, "no column 'id'"),
    "ids of lists": (table(SCORES, lambda frame: frame.with_columns(lists("id"))), SCORES, "text"),
    "scores of text": (
        table(SCORES, lambda frame: frame.with_columns(pl.col("score red").cast(pl.String))),
        *(SCORES, "'score red' holds String, not numbers"),
    ),
    "scores of lists": (
        table(SCORES, lambda frame: frame.with_columns(lists("score red"))),
        *(SCORES, "'score red' holds List(Float32), not numbers"),
    ),
    "a score of no number": (
        table(SCORES, lambda frame: frame.with_columns(pl.lit(np.nan).alias("score red"))),
        *(SCORES, "nan, not from 0 to 1"),
    ),
    "a score of 2": (
        table(SCORES, lambda frame: frame.with_columns(pl.lit(2.0).alias("score red"))),
        *(SCORES, "2.0, not from 0 to 1"),
    ),
    "no mark of the run": (
        lambda run: pl.read_parquet(run / SCORES).write_parquet(run / SCORES),
        *(SCORES, "damaged, or of another run"),
    ),
    "the split of another seed": (
        table(SPLIT, lambda frame: frame.with_columns(pl.col("split").shuffle(seed=1))),
        *(SCORES, "damaged, or of another run"),
    ),
    "a picture twice": (
        table(SCORES, lambda frame: frame[[0, *range(len(frame))]]),
        *(SCORES, "an id is there twice"),
    ),
    "hashes of lists": (
        table(SPLIT, lambda frame: frame.with_columns(lists("hash"))),
        *(SPLIT, "'hash' holds List(String), not text"),
    ),
    "half a target": (
        table(SPLIT, lambda frame: frame.with_columns(pl.lit(0.5).alias("target red"))),
        *(SPLIT, "'target red' holds Float64, not whole numbers"),
    ),
    "a target of 2": (
        table(SPLIT, lambda frame: frame.with_columns(pl.lit(2).alias("target red"))),
        *(SPLIT, "a target is 2, not 0 or 1"),
    ),
    "a split that is none": (
        table(SPLIT, lambda frame: frame.with_columns(pl.lit("tset").alias("split"))),
        *(SPLIT, "'tset' is not a split"),
    ),
}


@pytest.mark.parametrize("command", ["evaluate", "decide", "compare"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_one_line_that_names_the_file(
    tagonaut, run, trained_run, tmp_path, damage, command
):
    spoil, file, words = DAMAGES[damage]
    spoil(run)
    arguments = {
        "evaluate": (run,),
        "decide": (run, "--set", "metric=f2"),
        "compare": (trained_run, run, "--out", tmp_path / "out"),
    }
    status, _, err = tagonaut(command, *arguments[command])
    assert status == 2
    assert f"{run / file}: " in err.splitlines()[-1]
    assert words in err.splitlines()[-1]


METRICS = {
    "deep": ("[" * 100_000, "nested too deeply"),
    "watched": ({"watched": []}, "watched is [], not text"),
    "another watched": ({"watched": "mpa"}, "watched is 'mpa', not one of map, f1, loss"),
    "seconds": ({"seconds": "x"}, "seconds is 'x', not a number"),
    "seed": ({"seed": True}, "seed is True, not a whole number"),
    "kept": ({"kept": {"stage": "head"}}, "kept.epoch is None, not a whole number"),
    "grid": ({"grid": {}}, "grid.max_depth is None, not a whole number"),
}


@pytest.mark.parametrize("command", ["decide", "compare"])
@pytest.mark.parametrize("damage", METRICS)
def test_damaged_metrics_are_one_line(tagonaut, run, trained_run, tmp_path, damage, command):
    change, words = METRICS[damage]
    file = run / "metrics.json"
    told = change if isinstance(change, str) else json.dumps(json.loads(file.read_text()) | change)
    file.write_text(told)
    arguments = (
        (run, "--set", "metric=f2")
        if command == "decide"
        else (trained_run, run, "--out", tmp_path / "out")
    )
    status, _, err = tagonaut(command, *arguments)
    assert status == 2
    assert f"{file}: " in err.splitlines()[-1]
    assert words in err.splitlines()[-1]


@pytest.mark.parametrize("text", [None, "", "stage,epoch,train_loss,validation_map\nhead,1,x,\n"])
def test_a_history_that_tells_nothing_leaves_the_curves_out(tagonaut, run, text):
    file = run / "history.csv"
    file.unlink() if text is None else file.write_text(text)
    status, _, _ = tagonaut("decide", run, "--set", "metric=f2")
    assert status == 0
    page = (run / "report.html").read_text()
    assert ("<svg" in page) == bool(text)
    assert "random forest" not in page
    assert "nan" not in page

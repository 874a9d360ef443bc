"""``tagonaut evaluate``, run as a person runs it."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, f1_score, fbeta_score


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run_of_places(tagonaut, painted, weights, tmp_path):
    """A run on pictures of two places."""
    lines = painted.read_text().splitlines()
    places = [f"{line},{'north' if row % 3 else 'south'}" for row, line in enumerate(lines[1:])]
    painted.write_text("\n".join([f"{lines[0]},place", *places]) + "\n")
    small = ("--set", "size=32", "--out", tmp_path / "run")
    assert tagonaut("train", painted, "--weights", weights, *small)[0] == 0
    return tmp_path / "run"


def read(name):
    """The rows of a table by their pictures' names."""
    with Path(name).open() as file:
        return {row.pop("filename")[:-4]: row for row in csv.DictReader(file)}


def test_predictions_of_a_run_are_judged_as_scikit_learn_judges_them(tagonaut, run, painted):
    photos = painted.parent / "images"
    for form in ("tags", "onehot", "scores"):
        assert tagonaut("predict", run, photos, "--as", form, "--out", f"{form}.csv")[0] == 0
    rows = read("scores.csv")
    truth = {row["image_name"]: row["tags"].split() for row in csv.DictReader(painted.open())}
    labels = ["blue", "green", "red"]
    targets = np.array([[int(name in tags) for name in labels] for tags in truth.values()])
    scores = np.array([[float(rows[name][label]) for label in labels] for name in truth])
    onehot = read("onehot.csv")
    given = np.array([[int(onehot[name][label]) for label in labels] for name in truth])
    documents = {}
    for form in ("tags", "onehot", "scores"):
        file = f"{form}.csv"
        status, out, err = tagonaut("evaluate", "--predictions", file, painted, "--json")
        assert status == 0
        assert "it has seen the answers" in err
        documents[form] = json.loads(out)
    assert documents["tags"]["given"] == documents["onehot"]["given"]
    figures = documents["tags"]["given"]
    assert [row["label"] for row in figures["labels"]] == labels
    for average in ("micro", "macro", "samples"):
        expected = f1_score(targets, given, average=average, zero_division=0)
        assert figures[f"{average}_f1"] == pytest.approx(expected)
    figures = documents["scores"]["at_0.5"]
    assert figures["map"] == pytest.approx(average_precision_score(targets, scores))
    expected = fbeta_score(targets, scores >= 0.5, beta=2, average="samples", zero_division=0)
    assert figures["samples_f2"] == pytest.approx(expected)


def test_tables_without_names_print_what_they_are(tagonaut, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (40, 3))
    np.savetxt("truth.txt", targets, fmt="%d")
    np.savetxt("p.csv", rng.random((40, 3)), delimiter=",")
    status, out, err = tagonaut("evaluate", "--predictions", "p.csv", "truth.txt", "--out", "made")
    assert status == 0
    assert "one table does not name its pictures: 40 rows matched by position" in err
    for words in ("p.csv evaluated against truth.txt, 40 pictures", "tuned (f1) on other folds",
                  "95 %", "at 0.5", "majority baseline (of the truth)", "label 3", "F1 at 0.5",
                  "written: made/evaluation-p.json  made/evaluation-p.csv"):  # fmt: skip
        assert words in out
    status, out, _ = tagonaut("evaluate", "--predictions", "truth.txt", "truth.txt", "--out", "b")
    assert status == 0
    assert "as given" in out
    assert "AP" not in out
    assert "threshold" not in out


def test_intervals_and_subgroups_of_a_run(tagonaut, run_of_places, painted):
    run = run_of_places
    status, out, err = tagonaut("evaluate", run, "--by", "place")
    assert (status, err) == (0, "")
    for words in ("95 % interval", "Each place, hardest first", "north", "south"):
        assert words in out
    document = json.loads(tagonaut("evaluate", run, "--by", "place", "--json")[1])
    split = pl.read_parquet(run / "split.parquet").filter(pl.col("split") == "test")
    counts = dict(split["column place"].value_counts().rows())
    assert {row["value"]: row["pictures"] for row in document["by"]["place"]} == counts
    assert "north" in (run / "evaluation-test.html").read_text()
    # The same of data that is given, and nothing of a column that is not there.
    status, out, _ = tagonaut("evaluate", run, painted, "--by", "place", "--json")
    assert json.loads(out)["by"] == document["by"]
    status, out, err = tagonaut("evaluate", run, "--by", "plaice")
    assert (status, out) == (2, "")
    assert "there is no column 'plaice' (did you mean 'place'?)" in err


@pytest.mark.parametrize("rule", ["calibration=platt", "kind=expected_f"])
def test_what_training_reported_is_what_is_evaluated(tagonaut, painted, weights, tmp_path, rule):
    small = ("--set", "size=32", "--set", f"rule.{rule}", "--out", tmp_path / "run")
    assert tagonaut("train", painted, "--weights", weights, *small)[0] == 0
    reported = json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]
    status, out, _ = tagonaut("evaluate", tmp_path / "run", "--json")
    document = json.loads(out)
    assert status == 0
    assert {kind: document[kind] for kind in ("tuned", "at_0.5")} == reported
    # Scored anew from the files, and left out all that is not new.
    anew = json.loads(tagonaut("evaluate", tmp_path / "run", painted, "--json")[1])
    assert anew["tuned"]["macro_f1"] == pytest.approx(reported["tuned"]["macro_f1"])
    out = tagonaut("evaluate", tmp_path / "run")[1]
    assert ("threshold" in out) == (rule != "kind=expected_f")


def test_several_runs_are_averaged(tagonaut, run, painted, weights):
    small = ("--set", "size=32", "--set", "seed=1", "--out", "second")
    split = ("--split", run / "split.parquet")
    assert tagonaut("train", painted, "--weights", weights, *small, *split)[0] == 0
    status, out, _ = tagonaut("evaluate", run, "second", "--json")
    document = json.loads(out)
    assert status == 0
    assert [one["seed"] for one in document["runs"]] == [0, 1]
    # The oracle: the mean of the stored scores.
    stored = [pl.read_parquet(one / "scores.parquet") for one in (run, run.with_name("second"))]
    test = pl.read_parquet(run / "split.parquet").filter(pl.col("split") == "test")
    labels = json.loads((run / "labels.json").read_text())["labels"]
    scores = np.mean(
        [
            test.join(one, on="id", maintain_order="left").select(f"score {x}" for x in labels)
            for one in stored
        ],
        axis=0,
    )
    targets = test.select(f"target {x}" for x in labels).to_numpy()
    assert document["at_0.5"]["map"] == pytest.approx(average_precision_score(targets, scores))
    expected = f1_score(targets, scores >= 0.5, average="macro", zero_division=0)
    assert document["at_0.5"]["macro_f1"] == pytest.approx(expected)
    assert document["written"][0] == "evaluation-test-of-2-runs.json"
    status, out, _ = tagonaut("evaluate", run, "second", painted, "--json")
    assert (status, json.loads(out)["left_out"]) == (1, 72)
    assert json.loads(out)["tuned"] == document["tuned"]
    status, out, _ = tagonaut("evaluate", run, "second")
    assert "test split, 2 runs averaged, 18 pictures" in out


WRONG = [
    (("none",), "none: not a run folder"),
    (("RUN", "none.csv"), "none.csv: file or folder not found"),
    (("RUN", "TABLE", "TABLE"), "not a run folder: it holds no model.safetensors"),
    (("RUN", "TABLE", "--split", "test"), "--split cannot be used here"),
    (("RUN", "--split", "validation"), "--in-sample"),
    (("RUN", "--images", "."), "--images cannot be used here: it needs DATA"),
    (("RUN", "--threshold", "0.4"), "--threshold cannot be used here: it needs --predictions"),
    (("RUN", "--labels", "red"), "--labels cannot be used here"),
    (("RUN", "RUN2"), "only runs of the same labels can be averaged"),
    (("TABLE", "--predictions", "none.csv"), "none.csv: file not found"),
    (("none.csv", "--predictions", "TABLE"), "none.csv: file or folder not found"),
    (("RUN", "TABLE", "--predictions", "TABLE"), "one truth, but 2 are given"),
    (("TABLE", "--predictions", "TABLE", "--in-sample"), "--in-sample cannot be used here"),
    (
        ("TABLE", "--predictions", "TABLE", "--threshold", ".4"),
        "has tags, not scores: leave out --threshold",
    ),
    (
        ("TABLE", "--predictions", "TABLE", "--threshold", ".4", "--objective", "f2"),
        "--objective cannot be used here: --threshold sets the thresholds, so none is tuned",
    ),
    (("TABLE", "--predictions", "SCORES", "--objective", "f3x"), "f3x"),
]


def test_wrong_combinations_are_one_line(tagonaut, run, painted):
    other = run.with_name("other")
    shutil.copytree(run, other)
    for name in ("labels.json", "decisions.json"):
        text = (other / name).read_text().replace('"red"', '"pink"')
        (other / name).write_text(text)
    frame = pl.read_parquet(other / "split.parquet").rename({"target red": "target pink"})
    frame.write_parquet(other / "split.parquet")
    names = [line.split(",")[0] for line in painted.read_text().splitlines()[1:]]
    lines = [f"{name},0.{at:02},0.5,0.7" for at, name in enumerate(names)]
    run.with_name("scores.csv").write_text("\n".join(["id,red,green,blue", *lines]))
    named = {"RUN": run, "RUN2": other, "TABLE": painted, "SCORES": "scores.csv"}
    for arguments, message in WRONG:
        status, out, err = tagonaut("evaluate", *(named.get(word, word) for word in arguments))
        assert (status, out, len(err.splitlines())) == (2, "", 1), err
        assert message in err

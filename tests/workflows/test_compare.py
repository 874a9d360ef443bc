import csv
import json
import re
import shutil
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

import tagonaut
from tagonaut.data.splitting import SplitTable, write_kept_scores
from tagonaut.deciding import DecisionRule, DecisionSettings
from tagonaut.errors import TagonautError
from tagonaut.labels import LabelSet
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.compare import compare, run_names
from tests.workflows.marked_scores import rewrite_scores

OLD = ("stage", "epoch", "train_loss", "validation_loss", "validation_map", "seconds")


@dataclass
class Stored:
    """A run folder made of arrays: 300 pictures, of which every fifth is in the test split."""

    labels: tuple[str, ...] = ("sky", "sea", "ship")
    seed: int = 0
    shift: int = 0  # of the pictures' contents
    turn: int = 4  # the test split's place among five
    metric: str = "f1"
    about: dict = field(default_factory=dict)
    trained: bool = True
    columns: tuple[str, ...] = OLD

    def write(self, folder):
        n, k = 300, len(self.labels)
        rng = np.random.default_rng(self.seed)
        number = np.arange(n) + self.shift
        targets = np.stack(
            [number % (3 + len(name) * 2) == 0 for name in self.labels], axis=1
        ).astype(np.uint8)
        places = np.full(5, "train", dtype="<U10")
        places[self.turn], places[self.turn - 1] = "test", "validation"
        splits = places[number % 5]
        scores = (1 / (1 + np.exp(-(targets * 2.0 - 1 + rng.normal(0, 1, (n, k)))))).astype("f4")
        ids = tuple(f"p{i:03}" for i in number)
        table = SplitTable(ids, tuple(f"{i:064x}" for i in number), splits, targets,
                           np.ones((n, k), dtype=bool), LabelSet(self.labels))  # fmt: skip
        rows = table.rows("validation")
        how = DecisionSettings(self.metric)
        rule = DecisionRule.tune(self.labels, targets[rows], scores[rows], how,
                                 ids=[ids[row] for row in rows], split="validation")  # fmt: skip
        folder.mkdir(parents=True)
        table.write(folder / "split.parquet")
        scores[(splits == "train") & (not self.trained)] = np.nan
        write_kept_scores(folder / "scores.parquet", table, scores)
        (folder / "decisions.json").write_text(json.dumps(rule.to_json()))
        about = {"recipe": "r", "backbone": "b", "seed": self.seed, "interrupted": False}
        (folder / "metrics.json").write_text(json.dumps({**about, **self.about}))
        with (folder / "history.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows([["head", e, *[0.5] * (len(self.columns) - 2)] for e in (1, 2, 3)])
        return folder


def test_trained_runs_give_the_figures_that_they_keep(painted, tmp_path):
    dataset = tagonaut.read(painted)
    small = ("size=32", "network.batch_size=16")
    runs = [
        tagonaut.train(
            dataset,
            load_recipe("scratch", [*small, f"network.epochs={epochs}"]),
            out=tmp_path / f"run-{epochs}",
        ).run
        for epochs in (1, 3)
    ]
    compared = compare(runs, out=tmp_path / "out")
    figures = compared.figures
    assert {path.name for path in compared.folder.iterdir()} == {
        "compare.html", "compare.json", "compare.csv", "labels.csv",
    }  # fmt: skip
    assert json.loads((compared.folder / "compare.json").read_text()) == figures
    assert figures["test"] == {"same": True, "pictures": 18}
    assert (figures["notes"], figures["reference"]) == ([], "run-1")
    for run, row in zip(runs, figures["runs"], strict=True):
        kept = json.loads((run / "metrics.json").read_text())
        for kind in ("tuned", "at_0.5"):
            for key, value in row["test"][kind].items():
                assert kept["test"][kind][key] == pytest.approx(value), key
        assert row["epochs"] == len(pl.read_csv(run / "history.csv"))
        assert row["train"]["exact_match"] == kept["train"]["tuned"]["exact_match"]
    page = (compared.folder / "compare.html").read_text()
    assert "run-1" in page
    assert all(address.startswith("#") for address in re.findall(r'(?:src|href)="([^"]+)', page))
    # Again into the same folder, and not into another.
    compare(runs[:1], out=tmp_path / "out")
    with pytest.raises(TagonautError, match="exists already and is not a comparison"):
        compare(runs, out=runs[0])


def test_best_thresholds_are_of_validation_and_their_f1_of_test(tmp_path):
    run = Stored(metric="f2").write(tmp_path / "a")
    row = compare([run], out=tmp_path / "out").figures["runs"][0]
    split, stored = pl.read_parquet(run / "split.parquet"), pl.read_parquet(run / "scores.parquet")
    joined = split.join(stored, on="id")
    parts = {name: joined.filter(pl.col("split") == name) for name in ("validation", "test")}
    for label in row["labels"]:
        truth, scores = (
            {part: frame[f"{what} {label['label']}"].to_numpy() for part, frame in parts.items()}
            for what in ("target", "score")
        )
        best = max(
            f1_score(truth["validation"], scores["validation"] >= cut)
            for cut in scores["validation"]
        )
        cut = label["threshold"]
        assert f1_score(truth["validation"], scores["validation"] >= cut) == pytest.approx(best)
        assert label["f1"] == pytest.approx(f1_score(truth["test"], scores["test"] >= cut))
        half = scores["test"] >= 0.5
        assert label["f1_at_0.5"] == pytest.approx(f1_score(truth["test"], half))
        assert label["accuracy_at_0.5"] == pytest.approx(accuracy_score(truth["test"], half))
        # No label is in more than half of the pictures.
        assert label["baseline_accuracy"] == pytest.approx(1 - truth["test"].mean())
        assert label["improvement"] == label["f1"]
    assert row["average_f1"] == pytest.approx(np.mean([label["f1"] for label in row["labels"]]))
    assert row["tuned_for"] == "f2"


def test_improvement_is_over_the_reference(tmp_path):
    runs = [Stored(seed=seed).write(tmp_path / name) for seed, name in enumerate("abc")]

    def improvements(**how):
        found = compare(runs, out=tmp_path / "out", **how).figures
        f1 = np.array([[row["f1"] for row in run["labels"]] for run in found["runs"]])
        changes = [[row["improvement"] for row in run["labels"]] for run in found["runs"]]
        return f1, np.array(changes), found

    f1, changes, _ = improvements()
    assert np.allclose(changes, f1 - f1[0])
    for reference in ("b", runs[1], str(runs[1]) + "/"):
        f1, changes, found = improvements(reference=reference)
        assert found["reference"] == "b"
        assert np.allclose(changes, f1 - f1[1])
    f1, changes, _ = improvements(reference="majority")
    assert np.allclose(changes, f1)
    with pytest.raises(TagonautError, match="no run 'd' among those compared"):
        improvements(reference="d")


def test_what_runs_keep_of_old_and_new(tmp_path):
    old = Stored(trained=False, columns=("stage", "epoch", "validation_map", "seconds"))
    new = Stored(
        about={"parameters": 995_761, "seconds": 12.5},
        columns=(
            *OLD[:-1],
            "validation_precision",
            "validation_recall",
            "validation_f1",
            "seconds",
        ),
    )
    bare = Stored().write(tmp_path / "bare")
    (bare / "history.csv").unlink()
    runs = [old.write(tmp_path / "old"), new.write(tmp_path / "new"), bare]
    compared = compare(runs, out=tmp_path / "out")
    rows = compared.figures["runs"]
    assert [row["train"] is None for row in rows] == [True, False, False]
    assert [row["parameters"] for row in rows] == [None, 995_761, None]
    assert [row["seconds"] for row in rows] == [1.5, 12.5, None]
    page = (compared.folder / "compare.html").read_text()
    assert page.count("<svg") == 6
    with (compared.folder / "compare.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["parameters"] for row in table] == ["", "995761", ""]
    with (compared.folder / "labels.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 9


def test_other_labels_are_compared_over_those_shared(tmp_path):
    one = Stored(labels=("sky", "sea", "ship")).write(tmp_path / "one")
    two = Stored(labels=("ship", "moon", "sky")).write(tmp_path / "two")
    figures = compare([one, two], out=tmp_path / "out").figures
    assert [row["label"] for row in figures["labels"]] == ["sky", "ship"]
    assert figures["notes"] == [
        "the labels differ: all figures are over the 2 that all runs share"
        " (one also has sea; two also has moon)"
    ]
    frame = pl.read_parquet(two / "split.parquet").join(
        pl.read_parquet(two / "scores.parquet"), on="id"
    )
    test = frame.filter(pl.col("split") == "test")
    wanted = np.mean([
        average_precision_score(test[f"target {name}"], test[f"score {name}"])
        for name in ("sky", "ship")
    ])  # fmt: skip
    assert figures["runs"][1]["test"]["tuned"]["map"] == pytest.approx(wanted)
    other = Stored(labels=("cat",)).write(tmp_path / "other")
    with pytest.raises(TagonautError, match="no label is common"):
        compare([one, other], out=tmp_path / "out")


def test_other_test_pictures_are_told_and_common_ones_judged_if_enough(tmp_path):
    first = Stored().write(tmp_path / "first")
    # 60 test pictures each: of the second, the last 40 of the first and 20 new ones.
    second = Stored(shift=100, seed=1).write(tmp_path / "second")
    figures = compare([first, second], out=tmp_path / "out").figures
    assert figures["test"] == {"same": False, "pictures": 40}
    assert (
        "different test pictures (by content): first 60, second 60; 40 are in all"
        in (figures["notes"][0])
    )
    assert [run["test"]["tuned"]["pictures"] for run in figures["runs"]] == [40, 40]
    joined = pl.read_parquet(second / "split.parquet").join(
        pl.read_parquet(second / "scores.parquet"), on="id"
    )
    both = joined.filter((pl.col("split") == "test") & (pl.col("id") < "p300"))
    half = [
        f1_score(both[f"target {name}"], both[f"score {name}"].to_numpy() >= 0.5)
        for name in ("sky", "sea", "ship")
    ]
    found = [row["f1_at_0.5"] for row in figures["runs"][1]["labels"]]
    assert found == pytest.approx(half)

    third = Stored(turn=2).write(tmp_path / "third")
    figures = compare([first, third], out=tmp_path / "out").figures
    assert figures["test"] == {"same": False, "pictures": None}
    assert "0 are in all, too few to compare on" in figures["notes"][0]
    assert [run["test"]["tuned"]["pictures"] for run in figures["runs"]] == [60, 60]


def test_other_truth_for_the_same_pictures_is_told(tmp_path):
    runs = [Stored().write(tmp_path / name) for name in "ab"]
    frame = pl.read_parquet(runs[1] / "split.parquet")
    ids = frame.filter(pl.col("split") == "test")["id"][:3]
    other = pl.when(pl.col("id").is_in(ids.to_list())).then(None).otherwise(pl.col("target sea"))
    frame.with_columns(other.alias("target sea")).write_parquet(runs[1] / "split.parquet")
    notes = compare(runs, out=tmp_path / "out").figures["notes"]
    assert notes == [
        "b has other true labels than a for 3 of the pictures: each run is evaluated against its"
        " own"
    ]


def spoil(run, name, text):
    (run / name).write_text(text)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "bad: not a run folder: it holds no metrics.json"),
        (lambda run: spoil(run, "metrics.json", "{"), "metrics.json: cannot be read"),
        (lambda run: spoil(run, "metrics.json", "[]"), "metrics.json: damaged"),
        (lambda run: spoil(run, "decisions.json", "{}"), "decisions.json: "),
        (lambda run: (run / "decisions.json").unlink(), "decisions.json: cannot be read"),
        (lambda run: spoil(run, "split.parquet", "no"), "split.parquet: cannot be read"),
        (lambda run: (run / "scores.parquet").unlink(), "scores.parquet: cannot be read"),
        (
            lambda run: rewrite_scores(run, lambda frame: frame[:-9]),
            "have no scores",
        ),
        (
            lambda run: (
                pl.read_parquet(run / "split.parquet")
                .drop("target sea")
                .write_parquet(run / "split.parquet")
            ),
            "split.parquet: damaged",
        ),
        (lambda run: (run / "history.csv").write_bytes(b"\xff\xfe\x00"), "history.csv: "),
    ],
)
def test_a_damaged_run_is_one_line(tmp_path, damage, message):
    good, bad = (Stored().write(tmp_path / name) for name in ("good", "bad"))
    damage(bad)
    with pytest.raises(TagonautError) as told:
        compare([good, bad], out=tmp_path / "out")
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out").exists()


def test_names_tell_runs_apart(tmp_path):
    paths = [tmp_path / "x" / "run", tmp_path / "y" / "run", tmp_path / "z"]
    assert run_names(paths[1:]) == ["run", "z"]
    names = run_names(paths)
    assert names[:2] == ["x/run", "y/run"]
    assert len(set(names)) == 3
    run = Stored().write(paths[0])
    assert len(compare([run, f"{run}/"], out=tmp_path / "out").figures["runs"]) == 1
    with pytest.raises(TagonautError, match="no runs are given to compare"):
        compare([], out=tmp_path / "out")

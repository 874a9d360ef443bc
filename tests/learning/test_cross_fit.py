"""Folds: what a picture's out-of-fold score comes from, and what is kept of it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

import tagonaut
from tagonaut.errors import DataError, Interrupted, TagonautError
from tagonaut.learning import cross_fit as module
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger
from tagonaut.workflows.compare import compare
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.explain import explain
from tagonaut.workflows.train import train
from tests.conftest import COLOURS, paint

SMALL = ("size=32", "frozen.epochs=3")
FOREST = ("forest.max_depth=[12]", "forest.n_estimators=[20]", "forest.folds=2")


def fast(*changes):
    return load_recipe("fast", [*SMALL, *changes])


def table_of(run):
    return RunFolder(run).table(Tagger.load(run))


def stored_scores(run, table):
    frame = pl.read_parquet(run / "scores.parquet")
    at = {name: row for row, name in enumerate(frame["id"])}
    scores = frame.drop("id").to_numpy()
    none = np.full(scores.shape[1], np.nan)
    return np.array([scores[at[name]] if name in at else none for name in table.ids])


def alone(tagger, number, paths):
    """The scores of one member."""
    member = tagger.network.models[number]
    one = Tagger(member, tagger.preprocessing, tagger.labels, tagger.rule)
    return one.scores([Path(path) for path in paths])[0]


@pytest.fixture
def fits(monkeypatch):
    """The ids of the pictures that each fit learned from, and that ended it."""
    told = []

    def spy(prepared, recipe, **how):
        examples, ids = prepared.examples, np.array(prepared.dataset.ids)
        told.append((set(ids[examples.train]), set(ids[examples.validation])))
        return fit(prepared, recipe, **how)

    fit = module.fit
    monkeypatch.setattr(module, "fit", spy)
    return told


def test_every_picture_is_scored_by_the_model_that_had_no_part_of_it(
    painted, weights, tmp_path, fits
):
    dataset = tagonaut.read(painted)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights, folds=4).run
    table, tagger = table_of(run), Tagger.load(run)
    assert isinstance(tagger.network, Ensemble)
    assert tagger.network.shared
    assert len(tagger.network.models) == len(fits) == 4
    ids, pool = np.array(table.ids), table.folds >= 0
    assert set(table.splits[pool]) == {"train", "validation"}
    assert set(table.splits[~pool]) == {"test"}
    scores = stored_scores(run, table)
    for fold, (learned, ended_by) in enumerate(fits):
        held = set(ids[table.folds == fold])
        assert ended_by == set(ids[table.folds == (fold + 1) % 4])
        assert not held & (learned | ended_by)
        assert held | learned | ended_by == set(ids[pool])
        rows = np.flatnonzero(table.folds == fold)
        expected = alone(tagger, fold, [table.paths[row] for row in rows])
        assert np.allclose(scores[rows], expected, atol=1e-4)
    rows = table.rows("test")
    paths = [table.paths[row] for row in rows]
    members = np.mean([alone(tagger, number, paths) for number in range(4)], axis=0)
    assert np.allclose(scores[rows], members, atol=1e-4)
    assert np.allclose(tagger.scores([Path(path) for path in paths])[0], members, atol=1e-4)
    tuning = tagger.rule.tuning
    assert (tuning.split, set(tuning.pictures)) == ("out-of-fold", set(ids[pool]))


def test_a_model_that_learns_by_heart_knows_nothing_out_of_fold(tmp_path, painter):
    rng = np.random.default_rng(3)
    lines = ["image_name,tags"]
    for number in range(200):
        painter(tmp_path / "images" / f"p{number:03}.png", rng.choice([*COLOURS], 2), rng)
        lines.append(f"p{number:03},{' '.join(c for c in 'abc' if rng.random() < 0.5) or 'a'}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    dataset = tagonaut.read(tmp_path / "labels.csv")
    recipe = load_recipe("amazon-forest", FOREST)
    trained = train(dataset, recipe, out=tmp_path / "run", folds=3, parts="90/5/5")
    table, tagger = table_of(trained.run), Tagger.load(trained.run)
    assert all(isinstance(model, MeanColourForest) for model in tagger.network.models)
    # What chance gives: the share of the label.
    for part in ("train", "validation"):
        rows = table.rows(part)
        chance = table.targets[rows].mean()
        assert trained.metrics[part]["tuned"]["map"] < chance + 0.2
    learned = np.flatnonzero((table.folds >= 0) & (table.folds != 0) & (table.folds != 1))
    by_heart = alone(tagger, 0, [table.paths[row] for row in learned])
    found = average_precision_score(table.targets[learned], by_heart, average="macro")
    assert found > 0.95
    everything = np.flatnonzero(table.folds >= 0)
    scores = stored_scores(trained.run, table)[everything]
    targets = table.targets[everything]
    assert average_precision_score(targets, scores, average="macro") < targets.mean() + 0.1
    assert {path.name for path in trained.run.glob("grid*")} == {
        f"grid-fold-{fold}.csv" for fold in (1, 2, 3)
    }


def test_groups_and_copies_stay_in_one_fold(tmp_path, painter, weights):
    rng = np.random.default_rng(0)
    lines = ["image_name,tags,site"]
    for number in range(80):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        picture = tmp_path / "images" / f"p{number:02}.jpg"
        painter(picture, tags, rng)
        if number >= 60:
            picture.write_bytes(picture.with_name(f"p{number - 60:02}.jpg").read_bytes())
            tags = [name for bit, name in enumerate(COLOURS) if number - 60 >> bit & 1]
        lines.append(f"p{number:02},{' '.join(tags)},s{number % 20}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    dataset = tagonaut.read(tmp_path / "labels.csv")
    copies = table_of(train(dataset, fast(), out=tmp_path / "a", weights=weights, folds=3).run)
    places = {}
    for content, split, fold in zip(copies.hashes, copies.splits, copies.folds, strict=True):
        places.setdefault(content, set()).add("test" if split == "test" else int(fold))
    assert len(places) < 80 and {len(found) for found in places.values()} == {1}
    kept = train(dataset, fast(), out=tmp_path / "b", weights=weights, folds=3, by="site")
    assert not any("byte-identical" in note for note in kept.notes)
    table = table_of(kept.run)
    where = {}
    for site, split, fold in zip(table.columns["site"], table.splits, table.folds, strict=True):
        where.setdefault(site, set()).add("test" if split == "test" else int(fold))
    assert {len(places) for places in where.values()} == {1}
    assert len({next(iter(places)) for places in where.values()}) == 4


def test_a_fine_tuned_run_keeps_its_members_apart(painted, weights, tmp_path):
    changes = ["size=32", "frozen.epochs=2", "network.epochs=1", "network.frozen_stages=0",
               "network.batch_size=16"]  # fmt: skip
    recipe = load_recipe("best", changes)
    run = train(tagonaut.read(painted), recipe, out=tmp_path / "run", weights=weights, folds=3).run
    table, tagger = table_of(run), Tagger.load(run)
    assert not tagger.network.shared
    rows = np.concatenate([np.flatnonzero(table.folds == 1)[:5], table.rows("test")[:5]])
    paths = [table.paths[row] for row in rows]
    stored = stored_scores(run, table)[rows]
    assert np.allclose(stored[:5], alone(tagger, 1, paths[:5]), atol=1e-4)
    found = tagger.scores([Path(path) for path in paths[5:]])[0]
    assert np.allclose(stored[5:], found, atol=1e-4)
    with (run / "history.csv").open() as file:
        stages = list(dict.fromkeys(row["stage"] for row in csv.DictReader(file)))
    assert stages == [f"fold {k}: {stage}" for k in (1, 2, 3) for stage in ("head", "network")]


def test_later_commands_take_a_folded_run(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    folded = train(dataset, fast(), out=tmp_path / "folded", weights=weights, folds=3)
    plain = train(dataset, fast(), out=tmp_path / "plain", weights=weights)
    assert (folded.metrics["folds"], plain.metrics["folds"]) == (3, None)
    assert json.loads((folded.run / "metrics.json").read_text()) == folded.metrics
    assert evaluate_run(folded.run)["tuned"]["map"] == folded.metrics["test"]["tuned"]["map"]
    compared = compare([folded.run, plain.run], out=tmp_path / "compare").figures
    first, second = compared["runs"]
    assert first["pictures"] == {"train": 72, "validation": 72, "test": 18}
    assert second["pictures"] == {"train": 54, "validation": 18, "test": 18}
    assert first["train"] is None
    assert first["test"]["tuned"]["map"] == pytest.approx(folded.metrics["test"]["tuned"]["map"])
    report = (folded.run / "report.html").read_text()
    assert "the mean of 3 models" in report
    overfitting = "better there than on the test split shows overfitting"
    assert overfitting not in " ".join(report.split())
    assert overfitting in " ".join((plain.run / "report.html").read_text().split())
    explained = explain(folded.run, dataset.paths[:1], filters=[], out=tmp_path / "page.html")
    assert "averages 3 models; only the first is shown" in explained.page.read_text()
    first_alone = alone(Tagger.load(folded.run), 0, dataset.paths[:1])[0]
    shown = list(explained.figures["pictures"][0]["scores"].values())
    assert shown == pytest.approx(first_alone.tolist(), abs=1e-5)
    card = (folded.run / "README.md").read_text()
    assert "never saw" in card
    assert "on the validation split" not in card


def stopping_in(monkeypatch, turn):
    """Ask to stop in this fold, counted from 1."""
    calls = []

    def stopped(prepared, recipe, *, stop, **how):
        calls.append(1)
        stop.asked = len(calls) == turn
        return fit(prepared, recipe, stop=stop, **how)

    fit = module.fit
    monkeypatch.setattr(module, "fit", stopped)


def test_of_an_interrupted_run_the_complete_folds_are_kept(painted, weights, tmp_path, monkeypatch):
    stopping_in(monkeypatch, 3)
    trained = train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=weights, folds=4)
    assert trained.interrupted
    assert any("2 of 4 folds are complete" in note for note in trained.notes)
    table, tagger = table_of(trained.run), Tagger.load(trained.run)
    assert len(tagger.network.models) == trained.metrics["folds"] == 2
    scored = np.isfinite(stored_scores(trained.run, table)[:, 0])
    # The others taught the two models, and none of them was held out.
    left = (table.splits != "test") & (table.folds < 0)
    assert set(table.folds) == {-1, 0, 1}
    assert set(table.splits[left]) == {"train"}
    assert np.array_equal(scored, ~left)
    assert set(tagger.rule.pictures) == {table.ids[row] for row in np.flatnonzero(table.folds >= 0)}
    assert compare([trained.run], out=tmp_path / "compare").figures


def test_stopped_in_the_first_fold_nothing_is_written(painted, weights, tmp_path, monkeypatch):
    stopping_in(monkeypatch, 1)
    with pytest.raises(Interrupted, match=r"first of 3 folds.*nothing was written"):
        train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=weights, folds=3)
    assert not [path for path in tmp_path.iterdir() if "run" in path.name]


@pytest.mark.parametrize(
    ("folds", "parts", "message"),
    [
        (2, "60/20/20", "--folds 2.* 3 or more"),
        (73, "60/20/20", "72 pictures cannot be split into 73 folds"),
        (3, "1/1/1", "cannot be split into 3 folds"),
        (3, "2/1/1", "leaves 1 picture to learn from"),
    ],
)
def test_folds_that_cannot_be_are_told(painted, weights, tmp_path, folds, parts, message):
    with pytest.raises(TagonautError, match=message):
        train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=weights, folds=folds,
              parts=parts)  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_unreadable_pictures_may_empty_a_fold(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    recipe, how = fast(), {"weights": weights, "folds": 8, "parts": "6/2/2"}
    run = train(dataset, recipe, out=tmp_path / "run", **how).run
    table = table_of(run)
    for row in np.flatnonzero(table.folds == 5):
        Path(table.paths[row]).write_bytes(b"")
    with pytest.raises(DataError, match="fold 6 of 8 has no readable picture"):
        train(dataset, recipe, out=tmp_path / "again", missing="skip", **how)


def test_a_rule_that_does_not_fit_the_labels_is_told_before_fitting(
    painted, weights, tmp_path, monkeypatch
):
    monkeypatch.setattr("tagonaut.workflows.train.fit", lambda *_, **__: pytest.fail("fitted"))
    recipe = load_recipe("fast", [*SMALL, 'rule.implications=[["red", "purple"]]'])
    with pytest.raises(TagonautError, match="purple"):
        train(tagonaut.read(painted), recipe, out=tmp_path / "run", weights=weights)


def test_the_columns_of_the_data_survive_whatever_they_are_called(tmp_path, weights):
    names = ['"; DROP TABLE', "id", "target red", "column id", "fold", "a\nb", "é\u202e☃", ""]
    values = ["", "x\ty", "\u202e", "=1+1", "'", "null", "ü" * 300, "\\"]
    rng = np.random.default_rng(0)
    rows = {"image_name": [], "tags": []} | {name: [] for name in names}
    for number in range(40):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        paint(tmp_path / "images" / f"p{number:02}.jpg", tags, rng)
        rows["image_name"].append(f"p{number:02}")
        rows["tags"].append(" ".join(tags))
        for at, name in enumerate(names):
            rows[name].append(values[(number + at) % len(values)])
    columns = pl.DataFrame({name: rows[name] for name in names})
    dataset = replace(tagonaut.read(_table(tmp_path, rows)), columns=columns)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    table = table_of(run)
    assert list(table.columns) == names
    at = {name: row for row, name in enumerate(rows["image_name"])}
    for name in names:
        assert table.columns[name] == tuple(rows[name][at[picture]] for picture in table.ids)
    assert table.paths == tuple(str(path.absolute()) for path in dataset.paths)
    assert set(table.folds) == {-1}


def _table(folder, rows):
    lines = ["image_name,tags", *map(",".join, zip(rows["image_name"], rows["tags"], strict=True))]
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder / "labels.csv"


def test_the_command_takes_folds(painted, weights, tmp_path, capsys, monkeypatch):
    from tagonaut.cli import main

    common = ["train", painted, "--weights", weights, "--out", tmp_path / "run", "--json"]
    settings = [word for change in SMALL for word in ("--set", change)]
    for folds, status in ((2, 2), (3, 0)):
        given = ["tagonaut", *common, *settings, "--folds", folds]
        monkeypatch.setattr("sys.argv", list(map(str, given)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status
        assert ("fold 3 of 3: learning from 24 pictures" in err) == (folds == 3)
    assert json.loads(out)["folds"] == 3

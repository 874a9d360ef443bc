"""Several runs decide together, and what any of them learned from judges none of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import tagonaut
from tagonaut.cache import FOLDER_VARIABLE
from tagonaut.deciding import DecisionRule, DecisionSettings
from tagonaut.deciding.rules.expected_f import ExpectedF
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.runs.averaged import AveragedRuns
from tagonaut.tagger import Tagger
from tagonaut.workflows.predict import predict
from tagonaut.workflows.train import train
from tests.conftest import COLOURS, paint
from tests.models.test_ensemble import network
from tests.workflows.marked_scores import rewrite_scores

LABELS = sorted(COLOURS)
# What is trained, and how: all from the same 120 pictures.
RUNS = {
    "one": (["size=32"], {}),
    "larger": (["size=48", "frozen.epochs=9"], {}),
    "other seed": (["size=32", "seed=5"], {"parts": "20/60/20"}),
    "folded": (["size=32"], {"folds": 3}),
    "reordered": (["size=32", 'labels=["blue", "red", "green"]', "frozen.epochs=9"], {}),
    "fewer": (["size=32", 'labels=["red", "blue"]'], {}),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs, and of their pictures."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    lines = ["image_name,tags,site"]
    for number in range(120):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        paint(folder / "images" / f"p{number:03}.jpg", tags, rng)
        lines.append(f"p{number:03},{' '.join(tags)},s{number % 7}")
    (folder / "labels.csv").write_text("\n".join(lines))
    from safetensors.torch import save_file

    weights = folder / "test_resnet.safetensors"
    save_file(network(0)[0].backbone.state_dict(), weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "cache"))
        dataset = tagonaut.read(folder / "labels.csv")
        for name, (changes, how) in RUNS.items():
            recipe = load_recipe("fast", ["frozen.epochs=3", *changes])
            train(dataset, recipe, out=folder / name, weights=weights, **how)
    return folder


def frames(run):
    """The split and the scores of a run, one row a picture, by picture."""
    split, scores = (pl.read_parquet(run / f"{name}.parquet") for name in ("split", "scores"))
    return split.join(scores, on="id", how="left").sort("id")


def ids(frame, *splits):
    return set(frame.filter(pl.col("split").is_in(splits))["id"])


def stored(run, names):
    frame = frames(run).filter(pl.col("id").is_in(names)).sort("id")
    return frame.select(f"score {label}" for label in LABELS).to_numpy()


def by_id(part, rows):
    return rows[np.argsort(part.ids)]


def test_the_scores_of_two_are_the_mean_of_their_own(runs):
    paths = [runs / "one", runs / "larger"]
    averaged = AveragedRuns.load(paths)
    assert averaged.paths == tuple(paths)
    pictures = sorted((runs / "images").iterdir())[:40]
    own = [Tagger.load(path).scores(pictures)[0] for path in paths]
    assert np.abs(own[0] - own[1]).max() > 0.05
    scores, failures = averaged.scores(pictures)
    assert not failures
    assert np.allclose(scores, (own[0] + own[1]) / 2, atol=1e-6)
    part = averaged.split("test")
    test = ids(frames(paths[0]), "test")
    assert set(part.ids) == test
    expected = (stored(paths[0], test) + stored(paths[1], test)) / 2
    assert np.allclose(by_id(part, part.scores), expected, atol=1e-6)


def test_the_rule_is_that_of_the_averaged_validation_scores(runs):
    paths = [runs / "one", runs / "larger"]
    averaged = AveragedRuns.load(paths)
    tuning = averaged.rule.tuning
    validation = ids(frames(paths[0]), "validation")
    assert (tuning.kind, tuning.objective, tuning.split) == ("shrunk", "f1", "validation")
    assert set(tuning.pictures) == validation
    frame = frames(paths[0]).filter(pl.col("id").is_in(validation))
    targets = frame.select(f"target {label}" for label in averaged.labels.names).to_numpy()
    mean = (stored(paths[0], validation) + stored(paths[1], validation)) / 2
    expected = DecisionRule.tune(
        averaged.labels.names, targets, mean.astype(np.float32), load_recipe("fast").tuning(),
        ids=frame["id"].to_list(), split="validation",
    )  # fmt: skip
    assert averaged.rule.thresholds == pytest.approx(expected.thresholds)


def test_one_run_alone_is_what_it_is(runs):
    run, tagger = runs / "one", Tagger.load(runs / "one")
    averaged = AveragedRuns.load([run])
    assert averaged.rule == tagger.rule
    pictures = sorted((runs / "images").iterdir())[:10]
    assert np.array_equal(averaged.scores(pictures)[0], tagger.scores(pictures)[0])
    for name in ("validation", "test"):
        part = averaged.split(name)
        assert set(part.ids) == ids(frames(run), name)
        assert np.array_equal(by_id(part, part.scores), stored(run, part.ids))
    part = averaged.split("test")
    sites = {f"p{number:03}": f"s{number % 7}" for number in range(120)}
    assert part.columns["site"] == tuple(sites[name] for name in part.ids)
    assert [Path(path).stem for path in part.paths] == list(part.ids)


def test_labels_in_another_order_are_put_in_the_first_runs(runs):
    paths = [runs / "one", runs / "reordered"]
    averaged = AveragedRuns.load(paths)
    assert averaged.labels.names != averaged.taggers[1].labels.names
    part = averaged.split("test")
    expected = (stored(paths[0], part.ids) + stored(paths[1], part.ids)) / 2
    order = [LABELS.index(label) for label in averaged.labels.names]
    assert np.allclose(by_id(part, part.scores), expected[:, order], atol=1e-6)
    pictures = sorted((runs / "images").iterdir())[:5]
    own = [tagonaut.Tagger.load(path).scores(pictures)[0] for path in paths]
    columns = [averaged.taggers[1].labels.index(label) for label in averaged.labels.names]
    mean = (own[0] + own[1][:, columns]) / 2
    assert np.allclose(averaged.scores(pictures)[0], mean, atol=1e-6)


@pytest.mark.parametrize("others", [["other seed"], ["folded", "other seed"]])
def test_what_one_run_learned_from_neither_tunes_nor_judges(runs, others):
    paths = [runs / name for name in ("one", *others)]
    averaged = AveragedRuns.load(paths)
    tables = [frames(path) for path in paths]
    assert ids(tables[0], "test") != ids(tables[1], "test") or "folded" in others
    learned = set.union(*(ids(table.filter(pl.col("fold").is_null()), "train") for table in tables))
    out_of_sample = set.intersection(
        *(
            set(
                table.filter((pl.col("split") == "validation") | pl.col("fold").is_not_null())["id"]
            )
            for table in tables
        )
    )
    assert set(averaged.rule.pictures) == out_of_sample == set(averaged.split("validation").ids)
    test = set(averaged.split("test").ids)
    assert test == set.intersection(*(ids(table, "test") for table in tables))
    assert not learned & (test | out_of_sample)
    seen = set.union(*(ids(table, "train", "validation") for table in tables))
    hashes = dict(zip(tables[0]["id"], tables[0]["hash"], strict=True))
    assert averaged.seen_hashes() == {hashes[name] for name in seen}
    assert averaged.rule.tuning.split == "validation"


def test_two_folded_runs_are_averaged_on_all_that_they_learned_from(runs, tmp_path):
    _copy(runs / "folded", tmp_path / "again")
    averaged = AveragedRuns.load([runs / "folded", tmp_path / "again"])
    assert averaged.rule.tuning.split == "out-of-fold"
    assert set(averaged.rule.pictures) == ids(frames(runs / "folded"), "train", "validation")
    assert averaged.rule.thresholds == Tagger.load(runs / "folded").rule.thresholds


def test_copies_that_another_run_learned_from_do_not_count(runs, tmp_path):
    """By content: in the second run, a copy of a validation picture is a training picture."""
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        _copy(runs / "one", path)
    frame = pl.read_parquet(paths[1] / "split.parquet")
    learned = frame.filter(pl.col("split") == "train")["id"][0]
    for part in ("validation", "test"):
        copied = frame.filter(pl.col("split") == part)
        content = copied["hash"][0]
        changed = frame.with_columns(
            hash=pl.when(pl.col("id") == learned).then(pl.lit(content)).otherwise(pl.col("hash"))
        )
        changed.write_parquet(paths[1] / "split.parquet")
        rewrite_scores(paths[1])
        averaged = AveragedRuns.load(paths)
        assert set(averaged.split(part).ids) == set(copied["id"]) - {copied["id"][0]}
        if part == "validation":
            assert copied["id"][0] not in averaged.rule.pictures


def _copy(run, to):
    to.mkdir()
    for file in run.iterdir():
        (to / file.name).write_bytes(file.read_bytes())


def test_a_calibrated_run_is_averaged_as_calibrated(runs, tmp_path):
    run = tmp_path / "calibrated"
    _copy(runs / "larger", run)
    tagger = Tagger.load(run)
    part = AveragedRuns.load([run]).split("validation")
    rule = DecisionRule.tune(
        tagger.labels.names, part.targets, part.scores, DecisionSettings(calibration="platt"),
        ids=part.ids, split="validation",
    )  # fmt: skip
    replace(tagger, rule=rule).save(run)
    pictures = sorted((runs / "images").iterdir())[:20]
    raw, other = (Tagger.load(runs / name).scores(pictures)[0] for name in ("larger", "one"))
    calibrated = rule.calibration.apply(raw)
    assert np.abs(calibrated - raw).max() > 0.01
    assert np.allclose(Tagger.load(run).scores(pictures)[0], calibrated, atol=1e-6)
    averaged = AveragedRuns.load([runs / "one", run])
    assert np.allclose(averaged.scores(pictures)[0], (other + calibrated) / 2, atol=1e-6)
    test = AveragedRuns.load([run]).split("test")
    expected = rule.calibration.apply(stored(run, test.ids))
    assert np.allclose(by_id(test, test.scores), expected, atol=1e-6)


def test_a_picture_is_decoded_once_for_runs_that_are_fed_alike(runs, monkeypatch):
    decoded = []

    def counted(paths, preprocessing):
        decoded.append(preprocessing.size)
        return prepared(paths, preprocessing)

    from tagonaut import tagger

    prepared = tagger.prepared
    monkeypatch.setattr(tagger, "prepared", counted)
    averaged = AveragedRuns.load([runs / name for name in ("one", "folded", "larger")])
    pictures = sorted((runs / "images").iterdir())[:3]
    averaged.scores(pictures)
    assert sorted(decoded) == [32, 48]


def test_an_unreadable_picture_fails_for_all(runs, tmp_path):
    (tmp_path / "bad.jpg").write_text("text")
    averaged = AveragedRuns.load([runs / "one", runs / "larger"])
    good = next((runs / "images").iterdir())
    scores, failures = averaged.scores([tmp_path / "bad.jpg", good])
    assert list(failures) == [0]
    assert np.isnan(scores[0]).all()
    assert np.isfinite(scores[1]).all()
    found = predict([runs / "one", runs / "larger"], [tmp_path])
    assert (found.names, found.tags.shape, len(found.failures)) == ([], (0, 3), 1)


def test_runs_that_do_not_go_together_are_told(runs, tmp_path):
    with pytest.raises(TagonautError, match=r"same labels.*one alone has green$") as raised:
        AveragedRuns.load([runs / "one", runs / "fewer"])
    assert "fewer alone" not in str(raised.value)
    other = tmp_path / "elsewhere"
    _copy(runs / "one", other)
    frame = pl.read_parquet(other / "split.parquet")
    frame.with_columns(hash=pl.col("hash").str.reverse()).write_parquet(other / "split.parquet")
    rewrite_scores(other)
    with pytest.raises(TagonautError, match=r"only 0 are in the validation split.*--split"):
        AveragedRuns.load([runs / "one", other])


def test_the_command_averages_the_runs_that_lead(runs, tagonaut):
    picture = runs / "images" / "p003.jpg"
    status, out, _ = tagonaut("predict", runs / "one", runs / "larger", picture, "--json")
    document = json.loads(out)
    averaged = AveragedRuns.load([runs / "one", runs / "larger"])
    scores = dict(zip(averaged.labels.names, averaged.scores([picture])[0][0], strict=True))
    assert status == 0
    assert document["pictures"][0]["scores"] == pytest.approx(scores)
    assert document["runs"] == [str(runs / "one"), str(runs / "larger")]
    assert document["rule"] == {
        "kind": "shrunk", "tuned_for": "f1", "split": "validation", "pictures": 24,
    }  # fmt: skip
    assert document["pictures"][0]["true_tags"] == ["green", "red"]
    status, out, _ = tagonaut("predict", runs / "one", picture, "--json")
    assert (status, json.loads(out)["run"]) == (0, str(runs / "one"))
    assert "rule" not in json.loads(out)
    for given, message in [
        ((runs / "one", runs / "larger"), "list pictures, or folders of them, after the runs"),
        ((picture, runs / "one"), "not a run folder"),
        ((runs / "one", picture, runs / "none"), "none: file or folder not found"),
    ]:
        status, out, err = tagonaut("predict", *given)
        assert (status, out) == (2, "")
        assert message in err


@pytest.mark.parametrize(
    ("decider", "header", "thresholds"),
    [
        (Thresholds((float("inf"), 0.25, 0.5)), ["label", "score", "threshold", "tag", "true"],
         {"blue": None, "green": 0.25, "red": 0.5}),
        (ExpectedF(1.0), ["label", "score", "tag", "true"], None),
    ],
    ids=["never", "none"],
)  # fmt: skip
def test_labels_that_are_never_tagged_and_rules_without_thresholds(
    runs, tmp_path, tagonaut, decider, header, thresholds
):
    run, picture = tmp_path / "run", runs / "images" / "p007.jpg"
    _copy(runs / "one", run)
    tagger = Tagger.load(run)
    replace(tagger, rule=DecisionRule(tagger.labels.names, decider)).save(run)
    document = json.loads(tagonaut("predict", run, picture, "--json")[1])
    assert document["thresholds"] == thresholds
    status, out, _ = tagonaut("predict", run, picture)
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.split()}
    assert (status, lines["label"]) == (0, header)
    assert ("never" in lines["blue"]) == (thresholds is not None)

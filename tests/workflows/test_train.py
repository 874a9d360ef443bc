import csv
import json
import signal
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.torch import save_file
from sklearn.metrics import average_precision_score, f1_score, fbeta_score

import tagonaut
from tagonaut.data.dataset import hash_picture
from tagonaut.errors import DataError, TagonautError
from tagonaut.learning.fitting.fit_network import ValidationCallback
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.workflows.evaluate import evaluate_data, evaluate_run
from tagonaut.workflows.train import train

SMALL = ("size=32",)
"""What makes the shipped recipes quick enough for a test."""


def fast(**changes):
    return load_recipe("fast", [*SMALL, *(f"{key}={value}" for key, value in changes.items())])


def scratch(*changes):
    small = ("network.epochs=2", "network.batch_size=16")
    return load_recipe("scratch", [*SMALL, *small, *changes])


def test_a_run_holds_all_that_later_commands_take(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    trained = train(dataset, fast(), out=tmp_path / "run", weights=weights)
    run = trained.run
    names = {path.name for path in run.iterdir()}
    assert names >= {
        "recipe.toml", "labels.json", "model.safetensors", "decisions.json", "split.parquet",
        "scores.parquet", "history.csv", "metrics.json", "report.html", "README.md", "curves.svg",
    }  # fmt: skip
    recipe = tomllib.loads((run / "recipe.toml").read_text())
    assert (recipe["name"], recipe["backbone"]) == ("fast", "test_resnet")
    with (run / "history.csv").open() as file:
        assert len(list(csv.DictReader(file))) == recipe["frozen"]["epochs"]
    split = pl.read_parquet(run / "split.parquet")
    sizes = dict(split["split"].value_counts().rows())
    assert sizes == {"train": 54, "validation": 18, "test": 18}
    assert split["hash"].to_list() == [hash_picture(path) for path in dataset.paths]
    targets = split.select(f"target {label}" for label in dataset.labels.names).to_numpy()
    assert np.array_equal(targets, dataset.targets)
    rule = json.loads((run / "decisions.json").read_text())
    assert (
        rule["tuning"]["pictures"] == split.filter(pl.col("split") == "validation")["id"].to_list()
    )
    assert trained.counts[""] == {"train": 54, "validation": 18, "test": 18}


def test_figures_agree_with_scikit_learn_on_the_stored_scores(painted, weights, tmp_path):
    run = train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=weights).run
    figures = evaluate_run(run)
    split = pl.read_parquet(run / "split.parquet").filter(pl.col("split") == "test")
    stored = pl.read_parquet(run / "scores.parquet")
    scores = split.select("id").join(stored, on="id", how="left", maintain_order="left")
    labels = json.loads((run / "labels.json").read_text())["labels"]
    scores = scores.select(f"score {label}" for label in labels).to_numpy()
    targets = split.select(f"target {label}" for label in labels).to_numpy()
    thresholds = Tagger.load(run).rule.thresholds
    for kind, tags in (("tuned", scores >= np.array(thresholds)), ("at_0.5", scores >= 0.5)):
        found = figures[kind]
        assert found["map"] == pytest.approx(average_precision_score(targets, scores))
        assert found["macro_f1"] == pytest.approx(f1_score(targets, tags, average="macro"))
        expected = fbeta_score(targets, tags, beta=2, average="samples", zero_division=0)
        assert found["samples_f2"] == pytest.approx(expected)
        assert found["exact_match"] == pytest.approx((targets == tags).all(axis=1).mean())
        assert [row["support"] for row in found["labels"]] == targets.sum(axis=0).tolist()
    assert json.loads((run / "evaluation-test.json").read_text())["tuned"] == figures["tuned"]


def test_a_warm_up_of_exactly_one_step(painted, tmp_path):
    # 64 pictures in batches of 13: five steps, of which a fifth warms up.
    recipe = load_recipe("scratch", ["size=32", "network.epochs=1", "network.batch_size=13"])
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run", parts="64/13/13")
    assert 0 < trained.metrics["test"]["tuned"]["map"] <= 1


@pytest.fixture
def copied(painted):
    """The painted pictures, every third of them twice."""
    images = painted.parent / "images"
    for number in range(0, 90, 3):
        copy = images / f"copy{number:02}.jpg"
        copy.write_bytes((images / f"p{number:02}.jpg").read_bytes())
    rows = painted.read_text().splitlines()
    rows += [f"copy{row[1:]}" for row in rows[1::3]]
    painted.write_text("\n".join(rows) + "\n")
    return tagonaut.read(painted)


@pytest.mark.parametrize("folds", [None, 3])
def test_copies_stay_together(copied, weights, tmp_path, folds):
    trained = train(copied, fast(), out=tmp_path / "run", weights=weights, folds=folds)
    assert not any("byte-identical" in note for note in trained.notes)
    assert trained.metrics["left_out"] == 0
    table = pl.read_parquet(trained.run / "split.parquet").group_by("hash")
    for column in ("split", "fold") if folds is None else ("fold",):
        assert table.agg(pl.col(column).n_unique())[column].max() == 1
    test = table.agg((pl.col("split") == "test").mean())["split"]
    assert set(test.unique()) == {0.0, 1.0}


def test_copies_that_a_given_split_takes_apart_are_judged_by_nobody(copied, weights, tmp_path):
    given = tmp_path / "given.csv"
    parts = [
        "test" if name.startswith("copy") or row % 5 == 0 else ("train", "validation")[row % 2]
        for row, name in enumerate(copied.ids)
    ]
    rows = [f"{name},{part}" for name, part in zip(copied.ids, parts, strict=True)]
    given.write_text("\n".join(["id,split", *rows]) + "\n")
    trained = train(copied, fast(), out=tmp_path / "run", weights=weights, parts=str(given))
    frame = pl.read_parquet(trained.run / "split.parquet")
    elsewhere = set(frame.filter(pl.col("split") != "test")["hash"])
    tests = frame.filter(pl.col("split") == "test")["hash"].to_list()
    leaked = sum(content in elsewhere for content in tests)
    assert leaked and any(
        f"{leaked} test pictures are byte-identical copies" in n for n in trained.notes
    )
    assert trained.metrics["left_out"] == leaked
    figures = trained.metrics["test"]["tuned"]
    assert (figures["pictures"], figures["in_sample"]) == (len(tests) - leaked, 0)
    assert trained.metrics["train"]["tuned"]["in_sample"] == parts.count("train")
    assert trained.metrics["validation"]["tuned"]["in_sample"] == parts.count("validation")
    card = " ".join((trained.run / "README.md").read_text().split())
    assert f"{len(tests) - leaked} pictures that neither the network" in card
    assert f"{leaked} more are copies of training or validation pictures" in card
    only = [row for row in rows if not row.endswith(",test")]
    only += [row for row in rows if row.startswith("copy") and f"p{row[4:6]}" in " ".join(only)]
    given.write_text("\n".join(["id,split", *only]) + "\n")
    with pytest.raises(DataError, match="every test picture is a byte-identical copy"):
        train(copied, fast(), out=tmp_path / "none", weights=weights, parts=str(given))


def test_of_declared_groups_exactly_one_label_is_tagged(painted, weights, tmp_path):
    dataset = tagonaut.read(painted, groups=[("red", "green")])
    assert any("do not have exactly one of red, green" in note for note in dataset.notes)
    tagger = Tagger.load(train(dataset, fast(), out=tmp_path / "run", weights=weights).run)
    assert tagger.labels.groups == tagger.rule.groups == (("red", "green"),)
    for tags in tagger.tag(dataset.paths[:30]):
        assert len({"red", "green"} & set(tags)) == 1


def test_a_loaded_tagger_scores_as_the_run_did(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    stored = pl.read_parquet(run / "scores.parquet")
    path = dict(zip(dataset.ids, dataset.paths, strict=True))
    tagger = Tagger.load(run)
    scores, failures = tagger.scores([path[name] for name in stored["id"]])
    assert not failures
    assert np.allclose(scores, stored.drop("id").to_numpy(), atol=1e-4)
    one = dataset.paths[0]
    assert tagger.tag([one]) == tagger.labels.decode(tagger.decide(tagger.scores([one])[0]))


@pytest.mark.parametrize("ema_decay", [0.0, 0.5])
def test_batch_norms_learn_the_statistics_of_the_pictures(painted, tmp_path, ema_decay):
    recipe = load_recipe(
        "scratch", ["size=32", "network.epochs=3", "network.batch_size=16",
                    f"network.ema_decay={ema_decay}"],
    )  # fmt: skip
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run")
    norm = Tagger.load(trained.run).network.backbone.bn1
    assert norm.running_mean.abs().max() > 0.01
    with (trained.run / "history.csv").open() as file:
        best = max(csv.DictReader(file), key=lambda row: float(row["validation_map"]))
    # 54 pictures in four batches an epoch; an average of weights copies the count.
    assert norm.num_batches_tracked == 4 * int(best["epoch"])


def timeless(metrics):
    return {key: value for key, value in metrics.items() if key != "seconds"}


def test_the_same_seed_gives_the_same_run(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    one, two = (
        train(dataset, fast(), out=tmp_path / name, weights=weights).metrics for name in "ab"
    )
    assert timeless(one) == timeless(two)


def test_features_are_computed_once(painted, weights, tmp_path, monkeypatch):
    dataset = tagonaut.read(painted)
    train(dataset, fast(), out=tmp_path / "a", weights=weights)
    monkeypatch.setattr(
        "tagonaut.models.features.forward", lambda *_: pytest.fail("computed again")
    )
    train(dataset, fast(), out=tmp_path / "b", weights=weights)
    dataset.paths[0].write_bytes(dataset.paths[1].read_bytes())
    train(dataset, fast(), out=tmp_path / "c", weights=weights)
    (tmp_path / "labels.csv").touch()
    other = load_recipe("fast", ["size=48"])
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        train(dataset, other, out=tmp_path / "d", weights=weights)


def test_a_head_on_random_features_learns_colours(painted, weights, tmp_path):
    figures = train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=weights).metrics[
        "test"
    ]["tuned"]
    assert figures["macro_f1"] > figures["baseline_macro_f1"] + 0.2


def test_a_random_start_is_seeded_too(painted, tmp_path):
    dataset = tagonaut.read(painted)
    one, two = (train(dataset, scratch(), out=tmp_path / name).metrics for name in "ab")
    assert timeless(one) == timeless(two)


@pytest.mark.parametrize("recipe", ["scratch", "best"])
def test_networks_are_fitted_and_come_back(painted, weights, tmp_path, recipe):
    if recipe == "scratch":
        trained = train(tagonaut.read(painted), scratch(), out=tmp_path / "run")
    else:
        changes = [*SMALL, "network.epochs=2", "frozen.epochs=3", "network.frozen_stages=1"]
        loaded = load_recipe("best", changes)
        trained = train(tagonaut.read(painted), loaded, out=tmp_path / "run", weights=weights)
    with (trained.run / "history.csv").open() as file:
        stages = [(row["stage"], int(row["epoch"])) for row in csv.DictReader(file)]
    network = [("network", 1), ("network", 2)]
    head = [("head", 1), ("head", 2), ("head", 3), ("network", 0)]
    assert stages == (network if recipe == "scratch" else head + network)
    stored = pl.read_parquet(trained.run / "scores.parquet")
    tagger = Tagger.load(trained.run)
    path = painted.parent / "images" / f"{stored['id'][0]}.jpg"
    scores, _ = tagger.scores([path])
    assert np.allclose(scores[0], stored.drop("id").row(0), atol=1e-4)


def test_the_stem_that_is_frozen_stays_as_it_was(painted, weights, tmp_path):
    from safetensors.torch import load_file

    recipe = scratch("start=pretrained", "network.frozen_stages=1")
    run = train(tagonaut.read(painted), recipe, out=tmp_path / "run", weights=weights).run
    before, after = load_file(weights), load_file(run / "model.safetensors")
    changed = {key for key in before if not before[key].equal(after[f"backbone.{key}"])}
    assert not {key for key in changed if key.startswith(("conv1", "bn1"))}
    assert {key for key in changed if key.startswith("layer4")}


def test_what_is_unknown_is_neither_learned_nor_judged(painted, weights, tmp_path):
    lines = painted.read_text().splitlines()
    columns = ["filename,red,green,blue"]
    for number, line in enumerate(lines[1:]):
        name, _, tags = line.partition(",")
        cells = [str(int(colour in tags.split())) for colour in ("red", "green", "blue")]
        if number % 3 == 0:
            cells[2] = ""  # nobody looked for blue
        columns.append(f"{name}.jpg,{','.join(cells)}")
    painted.write_text("\n".join(columns))
    dataset = tagonaut.read(painted)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    blue = evaluate_run(run)["tuned"]["labels"][2]
    split = pl.read_parquet(run / "split.parquet").filter(pl.col("split") == "test")
    assert blue["support"] == split["target blue"].sum()
    assert split["target blue"].null_count() > 0


def test_pictures_that_are_not_used_are_not_even_read(painted, weights, tmp_path):
    (painted.parent / "images" / "p05.jpg").write_bytes(b"")
    lines = painted.read_text().splitlines()
    lines[6] = "p05,"
    painted.write_text("\n".join(lines))
    dataset = tagonaut.read(painted, unlabelled="skip")
    trained = train(dataset, fast(), out=tmp_path / "run", weights=weights)
    assert not trained.left_out
    empty = sum(line.endswith(",") for line in lines)
    assert sum(trained.counts[""].values()) == 90 - empty


def test_judged_on_other_pictures_and_never_on_those_it_saw(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    document = evaluate_data(run, dataset, "all", in_sample=False)
    assert (document["left_out"], document["tuned"]["pictures"]) == (72, 18)
    assert document["tuned"] == evaluate_run(run)["tuned"]
    everything = evaluate_data(run, dataset, "all", in_sample=True)
    assert everything["in_sample"]
    assert everything["tuned"]["pictures"] == 90
    split = pl.read_parquet(run / "split.parquet")["split"].to_numpy()
    with pytest.raises(DataError, match="nothing is left to evaluate it on"):
        evaluate_data(run, dataset.subset(split != "test"), "seen", in_sample=False)


def test_unreadable_pictures_are_an_error_or_left_out(painted, weights, tmp_path):
    (painted.parent / "images" / "p05.jpg").write_bytes(b"")
    dataset = tagonaut.read(painted)
    with pytest.raises(DataError, match=r"1 of 90 pictures.*\n.*p05.jpg: the file is empty"):
        train(dataset, fast(), out=tmp_path / "run", weights=weights)
    assert not (tmp_path / "run").exists()
    trained = train(dataset, fast(), out=tmp_path / "run", weights=weights, missing="skip")
    assert trained.left_out
    assert sum(trained.counts[""].values()) == 89


def test_interrupted_training_leaves_the_best_epoch_so_far(painted, tmp_path, monkeypatch):
    recipe = scratch("network.epochs=500")
    end_epoch, epochs = ValidationCallback.on_train_epoch_end, []

    def interrupted(self, *values):
        epochs.append(values)
        if len(epochs) == 3:
            signal.raise_signal(signal.SIGINT)
        return end_epoch(self, *values)

    monkeypatch.setattr(ValidationCallback, "on_train_epoch_end", interrupted)
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run")
    assert trained.interrupted
    assert len(epochs) <= 4
    assert trained.metrics["interrupted"]
    assert Tagger.load(trained.run).labels.names == ("blue", "green", "red")


def test_a_run_is_replaced_whole_and_nothing_else_is(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    (run / "grid.csv").write_text("old")
    train(dataset, fast(), out=tmp_path / "run", weights=weights)
    assert not (run / "grid.csv").exists()
    (run / "note.txt").write_text("mine")
    with pytest.raises(TagonautError, match=r"is a run that also holds 'note\.txt'"):
        train(dataset, fast(), out=tmp_path / "run", weights=weights)
    assert Tagger.load(run)
    of_another = tmp_path / "model"
    of_another.mkdir()
    for name in ("model.safetensors", "export.json"):
        (of_another / name).write_bytes(weights.read_bytes())
    with pytest.raises(TagonautError, match="is not a run"):
        train(dataset, fast(), out=of_another, weights=weights)
    with pytest.raises(TagonautError, match=r"recipe '\.\./\.\./x' cannot be the name"):
        train(dataset, fast().model_copy(update={"name": "../../x"}), weights=weights)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with pytest.raises(TagonautError, match="is not a run"):
        train(dataset, fast(), out=tmp_path / "images", weights=weights)
    with pytest.raises(TagonautError, match="is not a run"):
        train(dataset, fast(), out=painted, weights=weights)


@pytest.mark.parametrize(
    ("recipe", "options", "message"),
    [
        ("fast", {}, "the hub is switched off.*--weights mobilenetv4_conv_small.safetensors"),
        ("fast", {"backbone": "resnet81"}, "no backbone 'resnet81' .*'resnet"),
        ("fast", {"backbone": "resnet18.nonsense"}, "no weights 'resnet18.nonsense'"),
        (
            "fast",
            {"weights": Path("none.safetensors"), "backbone": "test_resnet"},
            "none.safetensors: weights file not found",
        ),
        ("scratch", {"weights": Path("test_resnet.safetensors")}, "takes no --weights"),
        ("quick", {}, "there is no recipe 'quick'.*best, .*fast, .*scratch"),
    ],
)
def test_there_is_never_a_silent_random_start(painted, tmp_path, recipe, options, message):
    with pytest.raises(TagonautError, match=message):
        train(tagonaut.read(painted), recipe, out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_weights_that_do_not_fit_are_counted_and_named(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    with pytest.raises(TagonautError, match=r"of its \d+ keys, \d+ missing \(.*unexpected \("):
        train(dataset, fast(), out=tmp_path / "run", weights=weights, backbone="test_convnext")
    (tmp_path / "test_resnet.pth").write_bytes(b"\x80\x04pickled")
    with pytest.raises(TagonautError, match="not a safetensors file"):
        train(dataset, fast(), out=tmp_path / "run", weights=tmp_path / "test_resnet.pth")


def test_a_complete_checkpoint_loses_only_its_classifier(painted, tmp_path):
    import timm

    file = tmp_path / "test_resnet.whole.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), file)
    train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights=file)


def test_a_frozen_network_is_judged_by_the_views_that_it_will_tag_by(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    recipe = load_recipe("fast", [*SMALL, "views=dihedral", "frozen.epochs=5"])
    run = train(dataset, recipe, out=tmp_path / "run", weights=weights).run
    stored = pl.read_parquet(run / "scores.parquet")
    path = dict(zip(dataset.ids, dataset.paths, strict=True))
    scores, _ = Tagger.load(run).scores([path[name] for name in stored["id"]])
    assert np.allclose(scores, stored.drop("id").to_numpy(), atol=1e-5)


def test_networks_of_one_weights_file_have_features_of_their_own(painted, tmp_path):
    from tagonaut.models.backbones import create_backbone

    # The same tensors; but one of the two pads its pictures on all sides, the other on two.
    names = ("mobilenetv3_small_100", "tf_mobilenetv3_small_100")
    save_file(create_backbone(names[0], "random")[0].state_dict(), tmp_path / "w.safetensors")
    recipe = load_recipe("fast", ["size=32", "normalise=unit", "frozen.epochs=1"])
    for name in names:
        dataset = tagonaut.read(painted)
        out, given = tmp_path / name, {"weights": tmp_path / "w.safetensors", "backbone": name}
        run = train(dataset, recipe, out=out, **given).run
        stored = pl.read_parquet(run / "scores.parquet")
        path = dict(zip(dataset.ids, dataset.paths, strict=True))
        scores, _ = Tagger.load(run).scores([path[name] for name in stored["id"]])
        assert np.allclose(scores, stored.drop("id").to_numpy(), atol=1e-5)


def test_the_history_tells_the_rate_that_an_epoch_learned_with(painted, tmp_path):
    changes = ("network.epochs=3", "network.schedule=step", "network.learning_rate=0.001")
    recipe = scratch(*changes, "network.warmup=0")
    run = train(tagonaut.read(painted), recipe, out=tmp_path / "run").run
    with (run / "history.csv").open() as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates == pytest.approx([1e-3, 1e-4, 1e-5])


def test_more_frozen_stages_than_there_are_is_told(painted, tmp_path):
    with pytest.raises(TagonautError, match=r"network\.frozen_stages is 99: .* 5 stages"):
        train(tagonaut.read(painted), scratch("network.frozen_stages=99"), out=tmp_path / "run")


def test_a_forest_of_grey_means_comes_back(painted, tmp_path):
    changes = ["bands=grey", "forest.max_depth=[2]", "forest.n_estimators=[3]"]
    dataset = tagonaut.read(painted)
    run = train(dataset, load_recipe("amazon-forest", changes), out=tmp_path / "run").run
    stored = pl.read_parquet(run / "scores.parquet")
    path = dict(zip(dataset.ids, dataset.paths, strict=True))
    scores, _ = Tagger.load(run).scores([path[name] for name in stored["id"]])
    assert np.allclose(scores, stored.drop("id").to_numpy(), atol=1e-5)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_split_that_unreadable_pictures_leave_empty_is_told(painted, weights, tmp_path, part):
    dataset = tagonaut.read(painted).subset(np.arange(90) < 8)
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    split = pl.read_parquet(run / "split.parquet").filter(pl.col("split") == part)
    for name in split["id"]:
        (painted.parent / "images" / f"{name}.jpg").write_bytes(b"broken")
    with pytest.raises(DataError, match=f"no readable {part} picture is left"):
        train(dataset, fast(), out=tmp_path / "other", weights=weights, missing="skip")


def test_a_network_asks_for_two_training_pictures(painted, tmp_path):
    with pytest.raises(DataError, match="a network needs at least two training pictures"):
        train(tagonaut.read(painted), scratch(), out=tmp_path / "run", parts="1/40/40")


def test_a_run_that_is_replaced_is_told_before_anything_is_fitted(painted, tmp_path):
    dataset, told = tagonaut.read(painted), []
    train(dataset, scratch(), out=tmp_path / "run")
    again = train(
        dataset, scratch(), out=tmp_path / "run", on_split=lambda counts, notes: told.extend(notes)
    )
    assert any("a run of recipe scratch exists already" in note for note in told)
    assert set(told) <= set(again.notes)


def test_a_label_that_is_said_of_everything_is_told(painted, tmp_path):
    recipe = load_recipe("scratch", ["size=32", "network.epochs=1", "network.learning_rate=1e-9"])
    dataset = tagonaut.read(painted)
    # Noise alone: nothing can be learned.
    noise = np.random.default_rng(0).integers(0, 2, dataset.targets.shape, dtype=np.uint8)
    trained = train(replace(dataset, targets=noise), recipe, out=tmp_path / "run")
    tags = {row["label"]: row for row in trained.metrics["validation"]["tuned"]["labels"]}
    everywhere = [label for label, row in tags.items() if row["recall"] == 1
                  and round(row["precision"] * 18) == row["support"]]  # fmt: skip
    assert everywhere
    assert any(f"{', '.join(everywhere)}: predicted for every" in note for note in trained.notes)


def test_pictures_in_no_split_are_told(painted, tmp_path):
    trained = train(tagonaut.read(painted), scratch(), out=tmp_path / "run", parts="40/20/20")
    assert any("10 of 90 pictures are in no split" in note for note in trained.notes)


def test_a_weights_file_that_is_not_there(painted, tmp_path):
    with pytest.raises(TagonautError, match=r"nothere\.safetensors: weights file not found"):
        train(tagonaut.read(painted), fast(), out=tmp_path / "run", weights="nothere.safetensors")


@pytest.mark.parametrize(
    ("flip", "views"), [("horizontal", "flip"), ("dihedral", "dihedral"), ("none", "none")]
)
def test_views_are_those_that_were_learned_from(painted, tmp_path, flip, views):
    recipe = load_recipe(
        "scratch", ["size=32", "network.epochs=1", f"augment.flip={flip}", "views=auto"]
    )
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run")
    tagger = Tagger.load(trained.run)
    assert tagger.network.views == views
    assert load_recipe(str(trained.run / "recipe.toml")).views == views
    stored = pl.read_parquet(trained.run / "scores.parquet")
    paths = [painted.parent / "images" / f"{name}.jpg" for name in stored["id"]]
    columns = [f"score {label}" for label in tagger.labels.names]
    assert np.allclose(tagger.scores(paths)[0], stored.select(columns).to_numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (["rule.kind=expected_f"], []),
        (["rule.kind=precision", "rule.target=1.0"], ["threshold"]),
        (["rule.kind=global", "metric=samples_f2", "rule.calibration=platt"], ["threshold"]),
    ],
)
def test_the_recipe_says_how_decisions_are_made(painted, weights, tmp_path, rule, told):
    recipe = load_recipe("fast", [*SMALL, "frozen.epochs=3", *rule])
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run", weights=weights)
    tagger = Tagger.load(trained.run)
    tuning = tagger.rule.tuning
    assert (tuning.kind, tuning.objective) == (recipe.rule.kind, recipe.metric)
    metrics = trained.metrics
    assert (metrics["decided_by"], metrics["tuned_for"]) == (tuning.kind, tuning.aim)
    report = (trained.run / "report.html").read_text()
    assert ("<th>threshold</th>" in report) == bool(told)
    # Stored scores are the network's own; what a tagger gives, and what is judged, is calibrated.
    split = pl.read_parquet(trained.run / "split.parquet").filter(pl.col("split") == "test")
    stored = split.join(pl.read_parquet(trained.run / "scores.parquet"), on="id")
    raw = stored.select(pl.col("^score .*$")).to_numpy()
    scores, _ = tagger.scores([Path(path) for path in stored["path"]])
    assert np.allclose(scores, tagger.rule.calibrate(raw), atol=1e-4)
    tags = tagger.decide(tagger.rule.calibrate(raw))
    targets = stored.select(pl.col("^target .*$")).to_numpy()
    expected = f1_score(targets, tags, average="macro", zero_division=0)
    assert metrics["test"]["tuned"]["macro_f1"] == pytest.approx(expected)

"""Run folders that something went wrong with are told in a line, before any picture is tagged."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import tagonaut
from tagonaut.cache import FOLDER_VARIABLE
from tagonaut.deciding import DecisionRule
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes.recipe import load_recipe
from tagonaut.models.backbones import fingerprint
from tagonaut.tagger import Tagger
from tagonaut.tagging.options import TagOptions
from tagonaut.workflows.tag import tag
from tagonaut.workflows.train import train
from tests.conftest import draw_weights, paint_all

FAST = "fast", ["size=32", "frozen.epochs=1"]
FOREST = "amazon-forest", ["forest.max_depth=[2]", "forest.n_estimators=[3]", "forest.folds=2"]
RECIPES = {
    "forest": (*FOREST, None),
    "folded": (*FAST, 3),
    "folded-forest": (*FOREST, 3),
}


@pytest.fixture(scope="module")
def runs(trained_run, tmp_path_factory):
    """Runs of a network, of a forest, and of several of each, to be copied and spoilt."""
    folder = tmp_path_factory.mktemp("runs")
    table, weights = paint_all(folder, 40), draw_weights(folder)
    dataset = tagonaut.read(table)
    shutil.copytree(trained_run, folder / "network")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "cache"))
        for name, (recipe, changes, folds) in RECIPES.items():
            given = {"weights": weights} if recipe == "fast" else {}
            loaded = load_recipe(recipe, changes)
            train(dataset, loaded, out=folder / name, folds=folds, **given)
    return folder


def described(run, key, change):
    """Change what ``model.safetensors`` says of itself."""
    file = run / "model.safetensors"
    with safe_open(file, "np") as opened:
        about = dict(opened.metadata())
    if key == "preprocessing":
        about[key] = json.dumps({**json.loads(about[key]), **change})
    else:
        about[key] = change
    save_file(load_file(file), file, metadata=about)


def of_labels(run, names):
    """Let both label files name these."""
    labels = json.loads((run / "labels.json").read_text())
    (run / "labels.json").write_text(json.dumps({**labels, "labels": names}))
    rule = DecisionRule.at([str(name) for name in names]).to_json()
    (run / "decisions.json").write_text(json.dumps(rule))


def spoilt(run, key, change):
    """Change a tensor."""
    file = run / "model.safetensors"
    with safe_open(file, "np") as opened:
        about = opened.metadata()
    tensors = load_file(file)
    save_file({**tensors, key: change(tensors[key])}, file, metadata=about)


def members(run, change):
    """Change what an ensemble says of its members."""
    with safe_open(run / "model.safetensors", "np") as opened:
        about = json.loads(opened.metadata()["ensemble"])
    change(about)
    described(run, "ensemble", json.dumps(about))


def backbone(about, name):
    """Let the second member have another."""
    about["members"][1]["architecture"]["backbone"] = name


def viewed(about, views):
    """Let every member have these views."""
    for member in about["members"]:
        member["views"] = views


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("network", lambda run: described(run, "views", "garbage"), "damaged.*dihedral"),
        ("network", lambda run: described(run, "preprocessing", {"mean": [0.1, 0.2]}), "damaged"),
        ("network", lambda run: described(run, "preprocessing", {"mean": list("abc")}), "damaged"),
        ("network", lambda run: described(run, "preprocessing", {"std": [0, 1, 1]}), "damaged"),
        ("network", lambda run: described(run, "preprocessing", {"size": -5}), "damaged"),
        ("network", lambda run: described(run, "preprocessing", {"size": 10**9}), "damaged"),
        ("network", lambda run: of_labels(run, ["red", "green"]), "scores 3 labels.* names 2"),
        ("forest", lambda run: of_labels(run, ["red", "green"]), "scores 3 labels.* names 2"),
        ("network", lambda run: of_labels(run, [1, 2, 3]), "labels.json: damaged"),
        ("network", lambda run: spoilt(run, "head.outputs.bias", lambda b: b[:2]), "does not fit"),
        ("forest", lambda run: spoilt(run, "forest.feature", lambda some: some + 3), "damaged"),
        ("folded", lambda run: described(run, "ensemble", "{"), "damaged"),
        ("folded", lambda run: described(run, "ensemble", "[1, 2]"), "damaged"),
        ("folded", lambda run: members(run, lambda about: about["members"].clear()), "damaged"),
        ("folded", lambda run: members(run, lambda about: about.update(more=1)), "damaged"),
        (
            "folded",
            lambda run: members(run, lambda about: about.update(shared=False)),
            "none of its 3 members",
        ),
        ("folded", lambda run: members(run, lambda about: about["members"].pop()), "does not fit"),
        ("folded", lambda run: members(run, lambda about: backbone(about, "resnet18")), "damaged"),
        (
            "folded",
            lambda run: members(run, lambda about: about["members"].extend(about["members"] * 999)),
            "damaged.*at most 1000",
        ),
        ("folded", lambda run: spoilt(run, "heads.2.outputs.bias", lambda b: b[:2]), "not fit"),
        ("folded", lambda run: of_labels(run, ["red", "green"]), "scores 3 labels.* names 2"),
        (
            "folded-forest",
            lambda run: spoilt(run, "members.1.forest.child", lambda some: some * 0),
            "damaged",
        ),
        (
            "folded-forest",
            lambda run: members(run, lambda about: about.update(shared=True)),
            "share no backbone",
        ),
    ],
)
def test_a_damaged_run_is_refused_in_a_line(runs, tmp_path, name, damage, message):
    run = tmp_path / "run"
    shutil.copytree(runs / name, run)
    Tagger.load(run)
    damage(run)
    with pytest.raises(TagonautError, match=message) as raised:
        Tagger.load(run)
    assert "\n" not in str(raised.value)
    assert str(run) in str(raised.value)


def copied(runs, tmp_path, name, place):
    """A run of the same name elsewhere."""
    return Path(shutil.copytree(runs / name, tmp_path / place / "run"))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("network", lambda run: described(run, "views", "dihedral")),
        ("network", lambda run: described(run, "preprocessing", {"size": 48})),
        ("network", lambda run: described(run, "preprocessing", {"mean": [0.5, 0.4, 0.4]})),
        ("forest", lambda run: described(run, "preprocessing", {"size": 48})),
        ("folded", lambda run: members(run, lambda about: viewed(about, "flip"))),
    ],
)
def test_a_run_that_scores_otherwise_is_another_run(runs, tmp_path, name, change):
    run, same = (copied(runs, tmp_path, name, place) for place in ("a", "b"))
    before = Tagger.load(run).run_id
    assert Tagger.load(same).run_id == before
    change(run)
    assert Tagger.load(run).run_id != before


def by_earlier_version(run):
    """As earlier versions wrote the file."""
    file = run / "model.safetensors"
    with safe_open(file, "np") as opened:
        about = opened.metadata()
    assert about.pop("identity") == "2"
    save_file(load_file(file), file, metadata=about)


def earlier_id(run):
    """The id that earlier versions gave a run: of its tensors and its rule."""
    tagger = Tagger.load(run)
    told = hashlib.sha256(json.dumps([fingerprint(tagger.network), tagger.rule.to_json()]).encode())
    return f"{run.name}-{told.hexdigest()[:12]}"


@pytest.mark.parametrize("name", ["network", "forest", "folded"])
def test_a_run_of_an_earlier_version_keeps_the_id_that_journals_know(runs, tmp_path, name):
    run = copied(runs, tmp_path, name, "a")
    assert Tagger.load(run).run_id != earlier_id(run)
    by_earlier_version(run)
    assert Tagger.load(run).run_id == earlier_id(run)


def test_an_archive_is_tagged_anew_by_a_changed_run_and_not_twice_by_one(runs, tmp_path):
    photos = tmp_path / "photos"
    shutil.copytree(runs / "images", photos)
    old, new = (copied(runs, tmp_path, "network", place) for place in ("a", "b"))
    by_earlier_version(old)
    described(new, "views", "dihedral")

    def undone(run):
        return tag(run, photos, TagOptions(to=tmp_path / "out")).nothing_to_do

    first, again, changed, changed_again = (undone(run) for run in (old, old, new, new))
    assert (first, again, changed_again) == (0, 40, 40)
    # Of those that were scored anew many have the same tags.
    assert changed < 40


@pytest.mark.parametrize("name", ["network", *RECIPES])
def test_a_loaded_run_scores_as_it_did(runs, name):
    stored = pl.read_parquet(runs / name / "scores.parquet")
    split = pl.read_parquet(runs / name / "split.parquet")
    test = split.filter(pl.col("split") == "test").join(stored, on="id")
    tagger = Tagger.load(runs / name)
    scores, failures = tagger.scores([Path(path) for path in test["path"]])
    assert not failures
    assert np.allclose(scores, test.select(pl.col("^score .*$")).to_numpy(), atol=1e-4)


def test_a_folded_run_is_hardly_larger_than_one_network(runs):
    sizes = [(runs / name / "model.safetensors").stat().st_size for name in ("folded", "network")]
    tensors = load_file(runs / "network" / "model.safetensors")
    head = sum(some.nbytes for key, some in tensors.items() if key.startswith("head."))
    # Two heads more, and a few words on each member.
    assert sizes[0] < sizes[1] + 2 * head + 4000

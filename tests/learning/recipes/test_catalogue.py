"""Every shipped recipe, from drawn pictures to the scores of a loaded run."""

import json

import numpy as np
import polars as pl
import pytest

import tagonaut
from tagonaut.learning.recipes import Recipe, load_recipe, recipe_names
from tagonaut.learning.recipes.catalogue import catalogue, network_size
from tagonaut.learning.recipes.keys import recipe_keys
from tagonaut.learning.recipes.measured import Measurements
from tagonaut.tagger import Tagger

PICTURES = 16
ONE_EPOCH = {"frozen": ["frozen.epochs=1"], "network": ["network.epochs=1"]}
# No weights are at hand, so pretrained recipes start at random. Sizes: as small as the recipe's
# own shapes allow; those that are not named here keep theirs.
SIZES = {
    "amazon-hourglass": 64,
    "amazon-mobilenetv2": 64,
    "amazon-resnet50": 64,
    "best": 64,
    "fast": 64,
    "iss-resnet50": 64,
    "scratch": 32,
}
# Frozen at random, without statistics for its batch norms, its features are beyond any head.
OVERFLOWING = "cartoon-inception"


def shortened(name):
    """The recipe for a step or two from a random start."""
    recipe = load_recipe(name)
    changes = [change for table, changes in ONE_EPOCH.items() if getattr(recipe, table)
               for change in changes]  # fmt: skip
    if recipe.forest:
        return load_recipe(name, ["forest.max_depth=[3]", "forest.n_estimators=[5]"])
    size = [f"size={SIZES[name]}"] if name in SIZES else []
    return load_recipe(name, [*changes, *size, "start=random"])


def few(table):
    dataset = tagonaut.read(table)
    return dataset.subset(np.arange(len(dataset)) < PICTURES)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_trains_and_its_loaded_run_scores_the_same(painted, tmp_path, name):
    recipe, dataset = shortened(name), few(painted)
    trained = tagonaut.train(dataset, recipe, out=tmp_path / "run")
    stored = pl.read_parquet(trained.run / "scores.parquet")
    # Validation and test pictures, and those learned from, which are few here.
    assert sorted(stored["id"]) == sorted(dataset.ids)
    path = dict(zip(dataset.ids, dataset.paths, strict=True))
    tagger = Tagger.load(trained.run)
    scores, failures = tagger.scores([path[picture] for picture in stored["id"]])
    assert not failures
    assert np.isfinite(scores).all()
    columns = [f"score {label}" for label in tagger.labels.names]
    assert np.allclose(scores, stored.select(columns).to_numpy(), atol=1e-4)
    # Some of the scores differ: the network looks at its pictures.
    assert np.ptp(scores, axis=0).max() > 1e-6 or name == OVERFLOWING
    assert load_recipe(str(trained.run / "recipe.toml")).name == name
    if not recipe.forest:
        parameters, size = network_size(recipe, len(tagger.labels))
        assert (trained.metrics["parameters"], tagger.preprocessing.size) == (parameters, size)


def test_the_clouds_alone_are_learned_and_exactly_one_of_them_is_tagged(painter, tmp_path):
    rng = np.random.default_rng(0)
    colours = {"clear": ["red"], "partly_cloudy": ["green"], "cloudy": ["blue"], "haze": []}
    rows = ["image_name,tags"]
    for number in range(PICTURES):
        sky = list(colours)[number % 4]
        painter(tmp_path / "images" / f"c{number}.jpg", colours[sky], rng)
        rows.append(f"c{number},{sky} {'road' if number % 3 else 'water'}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    dataset = tagonaut.read(tmp_path / "labels.csv")
    run = tagonaut.train(dataset, shortened("amazon-cnn-softmax-clouds"), out=tmp_path / "run").run
    tagger = Tagger.load(run)
    assert sorted(tagger.labels.names) == sorted(colours)
    scores, _ = tagger.scores(dataset.paths)
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-3)
    assert {len(tags) for tags in tagger.tag(dataset.paths)} == {1}


def test_the_catalogue_has_every_recipe_and_what_was_measured_of_it():
    measured = {
        "map": 0.9,
        "macro_f1": 0.8,
        "samples_f2": 0.7,
        "seconds": 60,
        "changes": ["size=9"],
    }
    entries = catalogue(
        Measurements.model_validate(
            {"collection": {"name": "x", "title": "y"}, "recipes": {"fast": measured}}
        )
    )
    by_name = {entry.name: entry for entry in entries}
    assert sorted(by_name) == recipe_names()
    assert by_name["fast"].document()["measured"] == measured
    assert by_name["best"].measured is None
    facts = {name: (entry.start, entry.fits, entry.size) for name, entry in by_name.items()}
    assert facts["amazon-forest"] == (None, "forest", None)
    assert facts["iss-resnet50"] == ("pretrained", "head", 224)
    assert facts["cartoon-inception"] == ("pretrained", "head", 224)
    assert facts["best"] == ("pretrained", "head, then network", 224)
    assert facts["amazon-cnn"] == ("random", "network", 64)
    assert by_name["iss-resnet50"].labels == 12
    figures = by_name["amazon-forest"].figures
    assert (figures["best max_depth"], figures["best n_estimators"]) == (10, 200)


def test_every_recipe_measured_is_a_shipped_one():
    from tagonaut.learning.recipes.measured import shipped_measurements

    assert set(shipped_measurements().recipes) <= set(recipe_names())


def test_the_command_lists_the_recipes(tagonaut):
    rows = json.loads(tagonaut("recipes", "--json")[1])
    assert {row["name"]: row["parameters"] for row in rows}["amazon-cnn"] == 995_761
    assert len(rows) == len(recipe_names())
    listed = tagonaut("recipes")[1]
    assert "995,761 parameters with 17 labels" in listed
    assert "validation F1, learning rate 0.01: 0.980" in " ".join(listed.split())
    assert "aerial: " in listed


def test_the_command_prints_a_recipe_as_it_stands(tagonaut, tmp_path):
    printed = tagonaut("recipes", "amazon-cnn")[1]
    own = tmp_path / "own.toml"
    own.write_text(printed)
    changed = load_recipe(str(own)).model_copy(update={"name": "amazon-cnn"})
    assert changed == load_recipe("amazon-cnn")
    document = tagonaut("recipes", "amazon-cnn", "--json")[1]
    assert Recipe.model_validate_json(document) == changed
    status, _, err = tagonaut("recipes", "amazon-cn")
    assert status == 2
    assert "did you mean 'amazon-cnn'" in err
    assert tagonaut("recipes", "amazon-cnn", "--keys")[0] == 2


def test_the_keys_are_those_that_recipes_may_have(tagonaut):
    keys = {(key.name, key.of): key for key in recipe_keys()}
    assert all(key.description and key.takes for key in keys.values())
    names = {name for name, _ in keys}
    for name in recipe_names():
        recipe = load_recipe(name).model_dump(exclude={"source": {"figures"}, "tune": {"space"}})
        assert set(_paths(recipe)) <= names
    assert keys["network.learning_rate", ()].takes == "number above 0 to 10"
    assert keys["network.learning_rate", ()].default == "required"
    assert keys["network.epochs", ()].takes == "whole number from 1 to 10,000"
    assert keys["network.frozen_stages", ()].takes == "whole number from 0 or all"
    assert keys["metric", ()].takes == "text"
    assert keys["rule.kind", ()].default == '"shrunk"'
    assert keys["head.dropout", ("mlp",)].default == "0.5"
    assert keys["head.dropout", ("linear",)].takes == "number from 0 to below 1"
    assert keys["loss.label_smoothing", ()].of == ()
    assert keys["forest.n_estimators", ()].default == "[100, 200, 300, 400]"
    assert "kind" not in {name.rpartition(".")[2] for name, of in keys if of}
    assert (
        "frozen.epochs: whole number from 1 to 10,000; required" in tagonaut("recipes", "--keys")[1]
    )
    listed = json.loads(tagonaut("recipes", "--keys", "--json")[1])
    assert [row["name"] for row in listed] == [key.name for key in recipe_keys()]


def _paths(values, before=""):
    for key, value in values.items():
        yield f"{before}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{before}{key}.")

"""Training on pictures of four bands, from files to tags."""

import csv

import numpy as np
import pytest
import tifffile

import tagonaut
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.workflows.train import train


@pytest.fixture
def infrared(tmp_path):
    """120 pictures whose label shows in the infrared band alone."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(120):
        wet = number % 3 == 0
        pixels = rng.normal(3_000, 300, (32, 32, 4))
        pixels[..., 3] += -1_200 if wet else 1_200
        path = tmp_path / f"t{number}.tif"
        tifffile.imwrite(
            path, pixels.clip(0, 65_535).astype(np.uint16), photometric="rgb",
            extrasamples=["assocalpha"],
        )  # fmt: skip
        rows.append([path.name, int(wet), int(number % 2)])
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["filename", "wet", "even"], *rows])
    return tagonaut.read(tmp_path / "labels.csv")


def test_what_only_infrared_shows_is_learned(infrared, weights, tmp_path):
    changes = ["size=32", "frozen.epochs=100", "frozen.learning_rate=0.05"]
    found = {}
    for bands in ("auto", "rgb"):
        recipe = load_recipe("fast", [*changes, f"bands={bands}"])
        trained = train(infrared, recipe, out=tmp_path / bands, weights=weights)
        rows = {row["label"]: row["ap"] for row in trained.metrics["test"]["tuned"]["labels"]}
        found[bands] = rows["wet"]
        assert any("infrared" in note for note in trained.notes) == (bands == "auto")
    # Random frozen features, and another label that is noise: it is 0.89 to 0.98 by the seed.
    assert found["auto"] > 0.9
    assert found["rgb"] < 0.8
    tagger = Tagger.load(tmp_path / "auto")
    assert tagger.preprocessing.bands == ("blue", "green", "red", "infrared")
    scores, failures = tagger.scores(infrared.paths[:6])
    assert not failures
    assert (scores[[0, 3], 0] > scores[[1, 2, 4, 5], 0].max()).all()
    recipe = (tmp_path / "auto" / "recipe.toml").read_text()
    assert load_recipe(str(tmp_path / "auto" / "recipe.toml")).bands == tagger.preprocessing.bands
    assert "infrared" in recipe


def test_a_whole_network_learns_what_only_infrared_shows(infrared, tmp_path):
    found = {}
    for bands in ("auto", "rgb"):
        recipe = load_recipe(
            "scratch", ["size=32", "network.epochs=8", "network.batch_size=16", f"bands={bands}"]
        )
        trained = train(infrared, recipe, out=tmp_path / bands)
        rows = {row["label"]: row["ap"] for row in trained.metrics["test"]["tuned"]["labels"]}
        found[bands] = rows["wet"]
    assert found["auto"] > 0.99
    assert found["rgb"] < 0.8
    tagger = Tagger.load(tmp_path / "auto")
    assert tagger.network.backbone.conv1[0].in_channels == 4
    assert len(tagger.tag(infrared.paths[:2])) == 2


@pytest.mark.parametrize("form", ["tif", "jpg"])
def test_the_real_bands_and_their_chips_are_learned_by_one_recipe(shared, tmp_path, weights, form):
    folder = shared("data/amazon")
    dataset = tagonaut.read(folder / "train_v2.csv", folder / f"train-{form}", missing="skip")
    recipe = load_recipe("fast", ["size=64", "frozen.epochs=2"])
    trained = train(dataset, recipe, out=tmp_path / "run", weights=weights)
    tagger = Tagger.load(trained.run)
    assert len(tagger.preprocessing.channels) == {"tif": 4, "jpg": 3}[form]
    scores, failures = tagger.scores(dataset.paths)
    assert not failures
    assert ((scores > 0) & (scores < 1)).all()

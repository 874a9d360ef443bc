"""Run folders that something went wrong with are told in a line, before any picture is tagged."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import tagonaut
from tagonaut.cache import FOLDER_VARIABLE
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.backbones import create_backbone
from tagonaut.tagger import Tagger
from tagonaut.workflows.train import train

from .conftest import COLOURS, paint

RECIPES = {
    "network": ("fast", ["size=32", "frozen.epochs=1"]),
    "forest": ("amazon-forest", ["forest.max_depth=[2]", "forest.n_estimators=[3]"]),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of a network and one of a forest, to be copied and spoilt."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    lines = ["image_name,tags"]
    for number in range(40):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        paint(folder / "images" / f"p{number:02}.jpg", tags, rng)
        lines.append(f"p{number:02},{' '.join(tags)}")
    (folder / "labels.csv").write_text("\n".join(lines))
    torch.manual_seed(0)
    weights = folder / "test_resnet.safetensors"
    save_file(create_backbone("test_resnet", "random")[0].state_dict(), weights)
    dataset = tagonaut.read(folder / "labels.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "cache"))
        for name, (recipe, changes) in RECIPES.items():
            given = {"weights": weights} if name == "network" else {}
            train(dataset, load_recipe(recipe, changes), out=folder / name, **given)
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
    labels, decisions = (
        json.loads((run / f"{name}.json").read_text()) for name in ("labels", "decisions")
    )
    (run / "labels.json").write_text(json.dumps({**labels, "labels": names}))
    rule = {**decisions, "labels": names, "thresholds": [0.5] * len(names), "untuned": []}
    (run / "decisions.json").write_text(json.dumps(rule))


def spoilt(run, key, change):
    """Change a tensor."""
    file = run / "model.safetensors"
    with safe_open(file, "np") as opened:
        about = opened.metadata()
    tensors = load_file(file)
    save_file({**tensors, key: change(tensors[key])}, file, metadata=about)


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

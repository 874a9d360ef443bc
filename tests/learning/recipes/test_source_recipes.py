import tomllib
from pathlib import Path

import pytest

from tagonaut.learning.recipes import load_recipe, recipe_names
from tagonaut.learning.recipes.catalogue import network_size
from tagonaut.learning.searching import Choices

SOURCES = {
    "iss-resnet50", "amazon-hourglass", "amazon-resnet50", "amazon-mobilenetv2", "amazon-forest",
    "amazon-cnn", "amazon-cnn-batchnorm", "amazon-cnn-softmax-clouds", "amazon-cnn-upsampled",
    "amazon-cnn-grayscale", "amazon-cnn-2000", "amazon-vgg16", "cartoon-alexnet", "cartoon-zfnet",
    "cartoon-inception",
}  # fmt: skip
FOLDER = Path(__file__).parents[2] / "src" / "tagonaut" / "recipes"


def test_the_recipes_of_all_sources_are_shipped():
    assert set(recipe_names()) >= SOURCES
    for name in SOURCES:
        source = load_recipe(name).source
        assert source.title
        assert source.data


# By hand, layer by layer; or what Keras and torchvision print for their networks of that name.
RESNET50, INCEPTION = 23_508_032, 27_161_264 - 3_326_696 - 2_049_000
CAPSTONE = (32 * (3 * 64 + 1), 64 * (32 * 64 + 1), 64 * (64 * 9 + 1), 128 * (6_400 + 1))
PARAMETERS = {
    "amazon-cnn": 995_761,
    "amazon-cnn-2000": 995_761,
    "amazon-cnn-upsampled": 995_761,
    "amazon-cnn-batchnorm": 995_761 + 2 * 128,
    "amazon-cnn-softmax-clouds": sum(CAPSTONE) + 4 * 129,
    "amazon-cnn-grayscale": 32 * 65 + sum(CAPSTONE[1:3]) + 128 * (26**2 * 64 + 1) + 17 * 129,
    "amazon-vgg16": 14_749_527,
    "amazon-mobilenetv2": 2_223_872 + 17 * 1_281,
    # A 3 × 3 and a 3 × 3 convolution, the shortcut's 1 × 1, and a batch norm for each.
    "amazon-resnet50": RESNET50 + 17 * (9 * 2_048 + 9 * 17 + 2_048 + 3 * 2),
    "iss-resnet50": RESNET50 + 12 * 2_049,
    "cartoon-inception": INCEPTION + 4_096 * 2_049 + 2 * 4_097,
    "amazon-forest": 0,
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_parameters_are_those_of_the_source(name, parameters):
    recipe = load_recipe(name)
    assert network_size(recipe, recipe.source.labels)[0] == parameters


@pytest.mark.parametrize(
    ("name", "size", "parameters"), [("alexnet", 227, 60_965_224), ("zfnet", 224, 62_357_608)]
)
def test_with_a_thousand_labels_the_networks_of_the_papers(name, size, parameters):
    recipe = load_recipe(f"cartoon-{name}", [f"size={size}"])
    assert network_size(recipe, 1000) == (parameters, size)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("iss-resnet50", {"size": 224, "frozen.epochs": 100, "frozen.batch_size": 16}),
        ("iss-resnet50", {"tune.space.frozen.learning_rate.choices": (0.1, 0.01, 0.001, 0.0001)}),
        ("iss-resnet50", {"tune.changes": ("frozen.epochs=10",), "source.labels": 12}),
        ("amazon-mobilenetv2", {"size": 255, "frozen.epochs": 50, "frozen.learning_rate": 1e-4}),
        ("amazon-mobilenetv2", {"frozen.optimiser": "rmsprop", "head.pool": "own"}),
        ("amazon-forest", {"forest.max_depth": tuple(range(1, 13)), "forest.folds": 5}),
        ("amazon-forest", {"forest.n_estimators": (100, 200, 300, 400)}),
        ("amazon-cnn", {"size": 64, "backbone": "capstone_cnn", "start": "random"}),
        ("amazon-cnn-batchnorm", {"size": 64, "backbone": "capstone_cnn_bn"}),
        ("amazon-cnn-softmax-clouds", {"loss.kind": "grouped", "size": 64}),
        (
            "amazon-cnn-softmax-clouds",
            {"groups": (("clear", "partly_cloudy", "cloudy", "haze"),)},
        ),
        ("amazon-cnn-upsampled", {"network.batches": "upsampled"}),
        ("amazon-cnn-grayscale", {"size": 128, "bands": "grey"}),
        ("amazon-cnn-2000", {"pictures": 2000, "size": 64}),
        ("amazon-vgg16", {"size": 64, "normalise": "batch_norm", "head.pool": "flatten"}),
        ("amazon-hourglass", {"head.kind": "hourglass", "network.batches": "stratified"}),
        ("amazon-resnet50", {"head.kind": "residual"}),
        ("cartoon-alexnet", {"size": 224, "normalise": "unit", "start": "random"}),
        ("cartoon-zfnet", {"size": 224, "normalise": "unit", "start": "random"}),
        ("cartoon-inception", {"size": 224, "network.frozen_stages": "all", "head.pool": "max"}),
        ("cartoon-inception", {"head.pool_size": 5, "head.pool_stride": 2, "head.hidden": 4096}),
    ],
)
def test_what_the_sources_say_is_what_the_recipes_do(name, facts):
    recipe = load_recipe(name).model_dump()
    for key, value in facts.items():
        found, rest = recipe, key
        while rest:
            own = next(own for own in found if rest == own or rest.startswith(f"{own}."))
            found, rest = found[own], rest[len(own) + 1 :]
        assert found == value, key


def test_every_value_that_a_recipe_searches_is_a_valid_one():
    searched = {}
    for name in recipe_names():
        tune = load_recipe(name).tune
        for key, dimension in tune.space.items() if tune else ():
            searched.setdefault(name, []).append(key)
            load_recipe(name, tune.changes)
            listed = isinstance(dimension, Choices)
            values = dimension.choices if listed else (dimension.low, dimension.high)
            for value in values:
                text = str(list(value)) if isinstance(value, tuple) else str(value)
                load_recipe(name, [*tune.changes, f"{key}={text}"])
            assert len(values) == (4 if listed else 2)
    assert searched == {
        "iss-resnet50": ["frozen.learning_rate"],
        "amazon-hourglass": ["head.stages"],
        "cartoon-alexnet": ["network.learning_rate"],
        "cartoon-zfnet": ["network.learning_rate"],
        "cartoon-inception": ["head.dropout", "network.learning_rate"],
    }


# Keys that say themselves what they are.
PLAIN = {"summary", "seed", "start"}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_every_key_of_a_recipe_is_explained_beside_it(file):
    """A comment opens each paragraph of keys, and stands right above or further up in it."""
    lines = file.read_text().splitlines()
    explained, table, unexplained = False, "", []
    for line in lines:
        if not line:
            explained = False
        elif line.startswith("#"):
            explained = True
        elif line.startswith("["):
            # A table's comment may stand above its name.
            table = line.strip("[]")
        elif not explained and line.split(" =")[0] not in PLAIN and "source" not in table:
            unexplained.append(f"{table}: {line}")
    assert not unexplained
    assert tomllib.loads("\n".join(lines))["summary"]

import pytest

from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe, recipe_names


def test_every_shipped_recipe_is_valid_and_explains_itself():
    assert recipe_names() == [
        "amazon-cnn", "amazon-cnn-2000", "amazon-cnn-batchnorm", "amazon-cnn-grayscale",
        "amazon-cnn-softmax-clouds", "amazon-cnn-upsampled", "amazon-forest", "amazon-hourglass",
        "amazon-mobilenetv2", "amazon-resnet50", "amazon-vgg16", "best", "cartoon-alexnet",
        "cartoon-inception", "cartoon-zfnet", "fast", "iss-resnet50", "scratch",
    ]  # fmt: skip
    for name in recipe_names():
        assert load_recipe(name).name == name
        assert load_recipe(name).summary


def test_changes_are_typed_and_reach_into_tables():
    recipe = load_recipe("best", ["seed=7", "augment.flip=dihedral", "frozen.epochs=9", "size=128"])
    assert (recipe.seed, recipe.augment.flip) == (7, "dihedral")
    assert (recipe.frozen.epochs, recipe.size) == (9, 128)


def test_a_head_and_a_loss_are_of_the_usual_kind_unless_they_say_another():
    recipe = load_recipe("fast", ["loss.label_weights=balanced", "head.dropout=0.1"])
    assert (recipe.loss.kind, recipe.head.kind) == ("bce", "linear")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["frozen.epoch=9"], r"frozen\.epoch: there is no key 'epoch' .*'epochs'"),
        (["sed=1"], "there is no key 'sed' .*'seed'"),
        (["frozen.epochs=0"], r"frozen\.epochs: .*greater than or equal to 1 \(it is 0\)"),
        (["augment.flip=spin"], r"augment\.flip: there is no 'spin': none, horizontal"),
        (["augment.rotat=3"], r"augment\.rotat: there is no key 'rotat' .*'rotate'"),
        (["head.kind=linaer"], r"head\.kind: there is no 'linaer' .*'linear'"),
        (["head.kind=mlp", "head.hiden=8"], r"head\.hiden: there is no key 'hiden' .*'hidden'"),
        (["head.kind=mlp", "head.dropout=2"], r"head\.dropout: .*\(it is 2\)"),
        (["loss.kind=focl"], r"loss\.kind: there is no 'focl' .*'focal'"),
        (["loss.kind=focal", "loss.gama=2"], r"loss\.gama: there is no key 'gama' .*'gamma'"),
        (["network.optimiser=adamx"], r"network\.optimiser: there is no 'adamx' .*'adam'"),
        (["network.frozen_stages=most"], r"network\.frozen_stages: "),
        (["network.frozen_stages=-1"], r"network\.frozen_stages: .*\(it is -1\)"),
        (["pictures=1"], r"pictures: .*greater than or equal to 2"),
        (["bands=gray"], r"bands: there is no 'gray' .*'grey'"),
        (["normalise=batch_norm"], r"learns with a \[network\]"),
        (["epochs=3"], r"no key 'epochs'; did you mean frozen\.epochs, network\.epochs"),
        (["forest.folds=3"], r"the recipe has no \[forest\]; it has \[frozen\], \[network\]"),
        (["groups=3"], r"groups: has to be a list, such as \[3\]$"),
        (["seed"], "--set takes KEY=VALUE"),
        (["seed.more=1"], "seed is not a table"),
    ],
)
def test_wrong_changes_are_told(changes, message):
    with pytest.raises(TagonautError, match=message):
        load_recipe("best", changes)


def test_a_recipe_of_ones_own(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'summary = "x"\nbackbone = "resnet18"\nstart = "random"\nmetric = "f1"\nseed = 1\n'
    )
    with pytest.raises(
        TagonautError, match=r"needs a \[frozen\], a \[network\] or a \[forest\] to fit"
    ):
        load_recipe(str(file))
    file.write_text("summary = ")
    with pytest.raises(TagonautError, match="not TOML"):
        load_recipe(str(file))
    file.write_text(f"a = {'[' * 5000}{']' * 5000}")
    with pytest.raises(TagonautError, match="nested too deeply"):
        load_recipe(str(file))
    with pytest.raises(TagonautError, match="cannot be read"):
        load_recipe(str(tmp_path / "none.toml"))


def test_what_turns_a_picture_must_be_found_out_with_a_head():
    with pytest.raises(TagonautError, match=r"needs a \[frozen\]: its head finds out"):
        load_recipe("scratch", ["augment.flip=auto"])


def test_frozen_features_are_of_pictures_as_they_are():
    with pytest.raises(TagonautError, match=r"\[augment\] needs a \[network\]"):
        load_recipe("fast", ["augment.flip=horizontal"])


@pytest.mark.parametrize("change", ["augment.flip=horizontal", "loss.kind=focal", "views=flip"])
def test_a_forest_refuses_what_it_would_not_read(change):
    with pytest.raises(TagonautError, match=f"a .forest. takes no {change.split('.')[0][:4]}"):
        load_recipe("amazon-forest", [change])

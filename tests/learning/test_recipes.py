import pytest

from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe, recipe_names


def test_every_shipped_recipe_is_valid_and_explains_itself():
    assert recipe_names() == ["best", "fast", "scratch"]
    for name in recipe_names():
        assert load_recipe(name).name == name
        assert load_recipe(name).summary


def test_changes_are_typed_and_reach_into_tables():
    recipe = load_recipe(
        "best", ["seed=7", "network.augment=dihedral", "head.epochs=9", "size=128"]
    )
    assert (recipe.seed, recipe.network.augment) == (7, "dihedral")
    assert (recipe.head.epochs, recipe.size) == (9, 128)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["head.epoch=9"], "head.epoch: there is no key 'epoch' .*'epochs'"),
        (["sed=1"], "there is no key 'sed' .*'seed'"),
        (["head.epochs=0"], r"head.epochs: .*greater than or equal to 1 \(it is 0\)"),
        (["network.augment=spin"], "network.augment: .*'spin'"),
        (["seed"], "--set takes KEY=VALUE"),
        (["seed.more=1"], "seed is not a table"),
        (["start=random"], "not worth a"),
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
    with pytest.raises(TagonautError, match=r"needs a \[head\] or a \[network\] to fit"):
        load_recipe(str(file))
    file.write_text("summary = ")
    with pytest.raises(TagonautError, match="not TOML"):
        load_recipe(str(file))
    with pytest.raises(TagonautError, match="cannot be read"):
        load_recipe(str(tmp_path / "none.toml"))


def test_what_turns_a_picture_must_be_found_out_with_a_head():
    with pytest.raises(TagonautError, match=r"needs a \[head\] to find out with"):
        load_recipe("scratch", ["network.augment=auto"])

import pytest
from pydantic import ValidationError

from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.learning.searching import (
    Choices,
    Range,
    TuneSettings,
    change,
    change_of_space,
    parse_dimension,
)

SPACE = {
    "frozen.learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    "head.dropout": {"low": 0.0, "high": 0.5},
    "frozen.batch_size": {"low": 8, "high": 32, "integer": True},
    "loss.kind": {"choices": ["bce", "focal"]},
    "head.stages": {"choices": [[-1], [-2, -1], True, 1, 1.0]},
}


def settings(**changes):
    return TuneSettings.model_validate({"trials": 14, "pruning": False, "space": SPACE, **changes})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b=0.1,0.01", Choices(choices=(0.1, 0.01))),
        ("a.b=bce, focal", Choices(choices=("bce", "focal"))),
        ("a.b=true,2,2.0,x", Choices(choices=(True, 2, 2.0, "x"))),
        ("a.b=[[-1], [-2, -1]]", Choices(choices=((-1,), (-2, -1)))),
        ("a.b=0..1", Range(low=0, high=1)),
        ("a.b=1e-4..1e-1:log", Range(low=1e-4, high=1e-1, log=True)),
        ("a.b=8..512:int:log", Range(low=8, high=512, log=True, integer=True)),
    ],
)
def test_a_dimension_as_it_is_written_on_the_command_line(text, expected):
    key, found = parse_dimension(text)
    assert key == "a.b"
    assert repr(found) == repr(expected)  # 1, 1.0 and True are equal
    base = ["tune.trials=3", "tune.sampler=random", change_of_space([text])]
    space = load_recipe("iss-resnet50", base).tune.space
    assert repr(space) == repr({"a.b": expected})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b", "--space takes KEY=A,B,C"),
        ("a.b=", "--space takes KEY=A,B,C"),
        ("a.b=1,1", "a value is listed twice"),
        ("a.b=2..1", "low must be below high"),
        ("a.b=0..1:log", "begins above 0"),
        ("a.b=0.5..2:int", "whole ends"),
        ("a.b=1..2:lin", "log or int, or both, not 'lin'"),
        ("a.b=x..y", "valid number"),
    ],
)
def test_a_wrong_dimension_is_told(text, message):
    with pytest.raises(TagonautError, match=message):
        parse_dimension(text)


def test_a_space_in_a_recipe():
    plain = TuneSettings.model_validate({"space": {"frozen.epochs": {"choices": [1]}}})
    nested = TuneSettings.model_validate({"space": {"frozen": {"epochs": {"choices": [1]}}}})
    assert plain == nested
    with pytest.raises(ValidationError, match="a grid is made of choices, and b is a range"):
        TuneSettings.model_validate({"sampler": "grid", "space": {"b": {"low": 0, "high": 1}}})


def test_a_range_is_tried_with_a_value_that_is_not_whole():
    found = [value for key, value in settings().samples() if key == "head.dropout"]
    assert found[0] == 0
    assert found[-1] == 0.5
    assert not float(found[1]).is_integer()
    whole = [value for key, value in settings().samples() if key == "frozen.batch_size"]
    assert whole == [8, 32]
    assert change("loss.kind", "bce") == 'loss.kind="bce"'


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("x = 5", r"tune\.space: x takes \{choices = "),
        ("x = {low = 0}", r"tune\.space: x takes \{choices = "),
        ("x = {low = 0, hig = 1}", r"tune\.space: x takes \{choices = "),
        ("x = {choices = []}", r"tune\.space\.x.*at least 1 item"),
        ("x.y = {low = 1, high = 0}", r"tune\.space\.x\.y: low must be below high"),
    ],
)
def test_a_wrong_space_is_told_in_a_line(space, message):
    with pytest.raises(TagonautError, match=message):
        load_recipe("fast", [f"tune.space={{{space}}}"])

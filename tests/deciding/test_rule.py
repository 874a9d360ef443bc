import dataclasses
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.deciding import DecisionRule, best_thresholds, fbeta, tunable
from tagonaut.errors import TagonautError

from .drawn_arrays import Drawn, drawn

NAMES = ("clear", "haze", "road", "water")
texts = st.text(max_size=8)


def tuned(arrays: Drawn, metric: str = "f2") -> DecisionRule:
    rows, width = arrays.targets.shape
    return DecisionRule.tune(
        NAMES[:width],
        arrays.targets,
        arrays.scores,
        metric=metric,
        ids=[f"photo{row}.jpg" for row in range(rows)],
        split="validation",
        known=arrays.known,
    )


@pytest.mark.parametrize(("metric", "beta"), [("f1", 1), ("f2", 2), ("f0.5", 0.5)])
@given(arrays=drawn())
@settings(max_examples=40, deadline=None)
def test_tune_keeps_the_best_thresholds_and_where_they_are_from(
    metric: str, beta: float, arrays: Drawn
) -> None:
    targets, scores, _, known = arrays
    rule = tuned(arrays, metric)
    best = best_thresholds(targets, scores, beta=beta, known=known)
    assert rule.thresholds == tuple(best)
    assert rule.metric == metric
    assert rule.split == "validation"
    assert rule.pictures == tuple(f"photo{row}.jpg" for row in range(len(targets)))
    able = tunable(targets, known=known)
    assert rule.untuned == tuple(label for label, k in zip(rule.labels, able, strict=True) if not k)
    assert np.array_equal(rule.decide(scores), scores >= best)


def test_tune_is_no_worse_than_a_half_on_its_own_pictures() -> None:
    random = np.random.default_rng(1)
    targets = random.random((300, 3)) < [0.4, 0.1, 0.02]
    scores = np.clip(random.random(targets.shape) * 0.6 + targets * 0.2, 0, 1).astype(np.float32)
    rule = tuned(Drawn(targets, scores, targets, np.ones_like(targets)))
    half = DecisionRule.at(NAMES[:3], 0.5)
    before, after = (fbeta(targets, each.decide(scores), 2) for each in (half, rule))
    assert np.all(after >= before)
    assert np.all(after[:2] > before[:2])


@given(arrays=drawn())
@settings(max_examples=40, deadline=None)
def test_of_a_group_exactly_one_label_is_tagged(arrays: Drawn) -> None:
    scores = arrays.scores
    if scores.shape[1] < 2:
        return
    plain = tuned(arrays)
    rule = dataclasses.replace(plain, groups=(plain.labels[:2],))
    tags, before = rule.decide(scores), plain.decide(scores)
    assert (tags[:, :2].sum(axis=1) == 1).all()
    # Where the thresholds alone already chose exactly one, and in the other labels, they stand.
    one = before[:, :2].sum(axis=1) == 1
    assert np.array_equal(tags[one], before[one])
    assert np.array_equal(tags[:, 2:], before[:, 2:])


def test_in_a_group_the_odds_over_the_threshold_decide() -> None:
    rule = DecisionRule(("a", "b"), (0.5, 0.1), groups=(("a", "b"),))
    # Odds over those of the threshold: 1.5 against 3; 1.5 against 0.5; 0.7 against 0.4; 1 and 1.
    scores = [[0.6, 0.25], [0.6, 0.052], [0.4, 0.045], [0.5, 0.1]]
    assert rule.decide(scores).tolist() == [
        [False, True],
        [True, False],
        [True, False],
        [True, False],
    ]
    assert DecisionRule.from_json(json.loads(json.dumps(rule.to_json()))) == rule
    with pytest.raises(TagonautError, match="no label 'c'"):
        DecisionRule(("a", "b"), (0.5, 0.1), groups=(("a", "c"),))


@given(
    thresholds=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    data=st.data(),
    metric=st.sampled_from([None, "f1", "f2", "f0.5"]),
    split=st.none() | texts,
    pictures=st.lists(texts, max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_json_there_and_back(
    thresholds: list[float], data: st.DataObject, metric: Any, split: Any, pictures: list[str]
) -> None:
    size = len(thresholds)
    labels = data.draw(st.lists(texts, min_size=size, max_size=size, unique=True))
    untuned = data.draw(st.lists(st.sampled_from(labels), unique=True))
    rule = DecisionRule(
        tuple(labels), tuple(thresholds), metric, split, tuple(pictures), tuple(untuned)
    )
    again = DecisionRule.from_json(json.loads(json.dumps(rule.to_json(), allow_nan=False)))
    assert again == rule
    assert hash(again) == hash(rule)
    assert [value.hex() for value in again.thresholds] == [float(v).hex() for v in thresholds]


def test_json_is_plain() -> None:
    rule = DecisionRule(("a", "b"), (0.25, 0.5), "f2", "validation", ("x.jpg", "y.jpg"), ("b",))
    assert rule.to_json() == {
        "labels": ["a", "b"],
        "thresholds": [0.25, 0.5],
        "metric": "f2",
        "split": "validation",
        "pictures": ["x.jpg", "y.jpg"],
        "untuned": ["b"],
        "groups": [],
    }


def test_the_score_at_the_threshold_is_tagged() -> None:
    rule = DecisionRule(("a", "b"), (0.5, 0.25))
    scores = np.array([[0.5, 0.25], [0.4999, 0.2499], [1.0, 0.0]])
    assert rule.decide(scores).tolist() == [[True, True], [False, False], [True, False]]
    assert rule.decide(np.zeros((0, 2))).shape == (0, 2)


def test_single_precision_scores_are_compared_in_double_precision() -> None:
    rule = DecisionRule(("a",), (0.7,))
    nearest = np.float32(0.7)  # a little less than 0.7
    above = np.nextafter(nearest, np.float32(1))
    assert rule.decide(np.array([[nearest], [above]])).tolist() == [[False], [True]]


def test_at_is_one_threshold_for_all_tuned_on_nothing() -> None:
    rule = DecisionRule.at(["a", "b"], 0.3)
    assert rule == DecisionRule(("a", "b"), (0.3, 0.3), None, None, (), ())
    assert DecisionRule.at(["a"]).thresholds == (0.5,)


def test_a_rule_cannot_be_changed() -> None:
    rule = DecisionRule.at(["a"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.thresholds = (0.1,)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": [0.5]}, "1 thresholds do not fit 2 labels"),
        ({"thresholds": [0.5, 1.01]}, "the threshold of 'b' is 1.01"),
        ({"thresholds": [-0.01, 0.5]}, "the threshold of 'a' is -0.01"),
        ({"thresholds": [0.5, float("nan")]}, "the threshold of 'b' is nan"),
        ({"thresholds": [0.5, "0.5"]}, "a threshold must be a number, not '0.5'"),
        ({"thresholds": [0.5, True]}, "a threshold must be a number, not True"),
        ({"thresholds": 0.5}, "thresholds must be a list of numbers"),
        ({"labels": ["a", "a"]}, "each only once"),
        ({"labels": [], "thresholds": []}, "at least one label"),
        ({"labels": "ab"}, "labels of a decision rule must be a list"),
        ({"labels": ["a", 7]}, "labels of a decision rule must be text, not 7"),
        ({"pictures": None}, "pictures of a decision rule must be a list"),
        ({"split": 3}, "split of a decision rule must be text, not 3"),
        ({"metric": "accuracy"}, "not for 'accuracy'"),
        ({"metric": "f0"}, "beta is 0"),
        ({"metric": 2}, "not for 2"),
        ({"untuned": ["c"]}, "untuned: there is no label 'c'"),
        ({"treshold": 1}, "did you mean 'thresholds'"),
    ],
)
def test_a_rule_that_cannot_be_is_told(change: dict[str, Any], message: str) -> None:
    plain = DecisionRule(("a", "b"), (0.25, 0.5), "f2", "validation", ("x.jpg",)).to_json()
    with pytest.raises(TagonautError, match=message):
        DecisionRule.from_json(plain | change)


def test_a_rule_with_something_missing_is_told() -> None:
    plain = DecisionRule.at(["a"]).to_json()
    for name in plain:
        with pytest.raises(TagonautError, match=f"lacks {name}"):
            DecisionRule.from_json({key: value for key, value in plain.items() if key != name})
    with pytest.raises(TagonautError, match="read from an object"):
        DecisionRule.from_json([plain])  # type: ignore[arg-type]


def test_scores_that_do_not_fit_are_told() -> None:
    rule = DecisionRule.at(["a", "b"])
    with pytest.raises(TagonautError, match="scores of 1 labels do not fit a decision rule of 2"):
        rule.decide([[0.5]])
    with pytest.raises(TagonautError, match=r"row 0, label column 1 .* probability"):
        rule.decide([[0.5, -4.2]])
    with pytest.raises(TagonautError, match="1 ids do not fit targets of 2 pictures"):
        DecisionRule.tune(["a"], [[1], [0]], [[1], [0]], metric="f1", ids=["x"], split="test")
    with pytest.raises(TagonautError, match="1 thresholds do not fit 2 labels"):
        DecisionRule.tune(["a", "b"], [[1]], [[1]], metric="f1", ids=["x"], split="test")


def test_the_room_imports_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys, tagonaut.deciding; print(*{'torch', 'sklearn', 'polars'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

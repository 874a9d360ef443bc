import dataclasses
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.deciding import (
    RULES,
    Calibration,
    DecisionRule,
    DecisionSettings,
    Objective,
    Thresholds,
    Tuning,
    best_thresholds,
    create_rule,
    tunable,
)
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

NAMES = ("clear", "haze", "road", "water")
texts = st.text(max_size=8)


def tuned(
    arrays: Drawn,
    objective: str = "f2",
    kind: str = "optimum",
    target: float | None = None,
    calibration: Any = "auto",
    groups: Any = (),
) -> DecisionRule:
    rows, width = arrays.targets.shape
    return DecisionRule.tune(
        NAMES[:width],
        arrays.targets,
        arrays.scores,
        DecisionSettings(objective, create_rule(kind, target), calibration),
        ids=[f"photo{row}.jpg" for row in range(rows)],
        split="validation",
        known=arrays.known,
        groups=groups,
    )


def simulated(rows: int = 300, seed: int = 1) -> Drawn:
    """Labels of which the scores know something, of three frequencies."""
    random = np.random.default_rng(seed)
    targets = random.random((rows, 3)) < [0.4, 0.1, 0.02]
    scores = np.clip(random.random(targets.shape) * 0.6 + targets * 0.2, 0, 1).astype(np.float32)
    return Drawn(targets, scores, targets, np.ones_like(targets))


@pytest.mark.parametrize(("objective", "beta"), [("f1", 1), ("macro_f2", 2), ("f0.5", 0.5)])
@given(arrays=drawn())
@settings(max_examples=40, deadline=None)
def test_the_optimum_is_each_labels_best_threshold(
    objective: str, beta: float, arrays: Drawn
) -> None:
    targets, scores, _, known = arrays
    rule = tuned(arrays, objective)
    best = best_thresholds(targets, scores, beta=beta, known=known)
    assert rule.thresholds == tuple(best)
    assert rule.tuning is not None
    assert (rule.metric, rule.tuning.split) == (objective, "validation")
    assert rule.pictures == tuple(f"photo{row}.jpg" for row in range(len(targets)))
    able = tunable(targets, known=known)
    assert rule.untuned == tuple(label for label, k in zip(rule.labels, able, strict=True) if not k)
    assert np.array_equal(rule.decide(scores), scores >= best)


@pytest.mark.parametrize("objective", ["macro_f1", "micro_f2", "samples_f2", "exact_match"])
def test_tuned_is_no_worse_than_a_half_on_its_own_pictures(objective: str) -> None:
    arrays = simulated()
    value = Objective.of(objective).value
    half = value(arrays.targets, arrays.scores >= 0.5)
    for kind in ("global", "optimum"):
        rule = tuned(arrays, objective, kind)
        assert value(arrays.targets, rule.decide(arrays.scores)) >= half
    best = value(arrays.targets, tuned(arrays, objective).decide(arrays.scores))
    assert best >= value(arrays.targets, tuned(arrays, objective, "global").decide(arrays.scores))


TARGETS = {"precision": 0.6, "recall": 0.9, "cost": 5.0}


@pytest.mark.parametrize("kind", list(RULES))
@pytest.mark.parametrize("calibration", ["auto", "platt"])
def test_every_kind_comes_back_from_its_file_and_decides_alike(kind: Any, calibration: str) -> None:
    arrays = simulated(200)
    rule = tuned(arrays, kind=kind, calibration=calibration, target=TARGETS.get(kind))
    text = json.dumps(rule.to_json(), allow_nan=False)
    again = DecisionRule.from_json(json.loads(text))
    assert again == rule
    new = simulated(100, seed=2).scores
    assert np.array_equal(again.decide(again.calibrate(new)), rule.decide(rule.calibrate(new)))
    assert rule.decide(rule.calibrate(new)).any()
    assert rule.tuning is not None and rule.tuning.kind == kind
    assert (rule.thresholds is None) == (kind in {"expected_f", "learned_thresholds"})


def test_what_a_rule_was_tuned_for_is_told_in_words() -> None:
    told = {
        kind: Tuning("samples_f2", kind, "validation", ("x.jpg",), target=TARGETS.get(kind)).aim
        for kind in list(RULES)
    }
    assert told == {
        "half": None,
        **dict.fromkeys(("global", "optimum", "shrunk", "theory", "expected_f"), "samples_f2"),
        "precision": "precision 60 %",
        "recall": "recall 90 %",
        "cost": "missed 5 × wrong",
        "learned_thresholds": "learned thresholds",
    }


def test_targets_are_kept_on_the_pictures_that_tuned_them() -> None:
    arrays = simulated(2000)
    wrong = tuned(arrays, kind="precision", target=0.6).decide(arrays.scores)
    found = (wrong & arrays.targets).sum(axis=0) / np.maximum(wrong.sum(axis=0), 1)
    assert ((found >= 0.6) | ~wrong.any(axis=0)).all() and wrong.any()
    tags = tuned(arrays, kind="recall", target=0.9).decide(arrays.scores)
    assert ((tags & arrays.targets).sum(axis=0) >= 0.9 * arrays.targets.sum(axis=0)).all()
    dear, cheap = (
        tuned(arrays, kind="cost", target=cost).decide(arrays.scores) for cost in (20.0, 0.5)
    )
    assert dear.sum() > cheap.sum()


@given(arrays=drawn(), kind=st.sampled_from(["half", "global", "optimum", "expected_f"]))
@settings(max_examples=60, deadline=None)
def test_of_a_group_exactly_one_label_is_tagged(arrays: Drawn, kind: Any) -> None:
    if arrays.scores.shape[1] < 2:
        return
    group = NAMES[:2]
    rule = tuned(arrays, kind=kind, groups=(group,))
    assert (rule.decide(arrays.scores)[:, :2].sum(axis=1) == 1).all()


@given(arrays=drawn())
@settings(max_examples=40, deadline=None)
def test_a_group_leaves_the_other_labels_and_what_was_one_already(arrays: Drawn) -> None:
    scores = arrays.scores
    if scores.shape[1] < 2:
        return
    plain = tuned(arrays)
    rule = dataclasses.replace(plain, groups=(plain.labels[:2],))
    tags, before = rule.decide(scores), plain.decide(scores)
    one = before[:, :2].sum(axis=1) == 1
    assert np.array_equal(tags[one], before[one])
    assert np.array_equal(tags[:, 2:], before[:, 2:])


def test_in_a_group_the_odds_over_the_threshold_decide() -> None:
    rule = DecisionRule(("a", "b"), Thresholds((0.5, 0.1)), groups=(("a", "b"),))
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
        DecisionRule(("a", "b"), Thresholds((0.5, 0.1)), groups=(("a", "c"),))


def test_what_a_tag_implies_is_tagged_too_along_the_whole_chain() -> None:
    chain = (("b", "c"), ("a", "b"))
    rule = dataclasses.replace(DecisionRule.at("abc"), implications=chain)
    tags = rule.decide([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9], [0.1, 0.1, 0.1]])
    assert tags.astype(int).tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]
    with pytest.raises(TagonautError, match="exactly one is tagged: it cannot be implied"):
        dataclasses.replace(rule, groups=(("b", "c"),))
    with pytest.raises(TagonautError, match="implications: there is no label 'd'"):
        dataclasses.replace(rule, implications=(("a", "d"),))
    with pytest.raises(TagonautError, match="a pair of labels"):
        dataclasses.replace(rule, implications=(("a", "b", "c"),))


def test_calibrated_scores_are_what_is_decided() -> None:
    arrays = simulated(500)
    rule = tuned(arrays, kind="half", calibration="platt")
    expected = Calibration.fit("platt", arrays.targets, arrays.scores).apply(arrays.scores)
    assert np.array_equal(rule.calibrate(arrays.scores), expected)
    assert np.array_equal(rule.decide(rule.calibrate(arrays.scores)), expected >= 0.5)
    assert rule.decide(rule.calibrate(arrays.scores)).sum() != (arrays.scores >= 0.5).sum()


def test_expected_f_computes_with_probabilities_unless_told_otherwise() -> None:
    arrays = simulated(300)
    calibrations = [
        tuned(arrays, kind=kind, **how).calibration  # type: ignore[arg-type]
        for kind, how in (
            ("expected_f", {}),
            ("expected_f", {"calibration": "platt"}),
            ("expected_f", {"calibration": "none"}),
            ("theory", {}),
            ("shrunk", {}),
        )
    ]
    kinds = [None if found is None else found.kind for found in calibrations]
    assert kinds == ["beta", "platt", None, "beta", None]


thresholds_or_never = st.floats(0, 1) | st.just(math.inf)


@given(
    thresholds=st.lists(thresholds_or_never, min_size=1, max_size=5),
    data=st.data(),
    objective=st.sampled_from(["f1", "samples_f2", "micro_f0.5", "exact_match"]),
    kind=st.sampled_from(list(RULES)),
    split=texts,
    pictures=st.lists(texts, min_size=1, max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_json_there_and_back(
    thresholds: list[float],
    data: st.DataObject,
    objective: str,
    kind: Any,
    split: str,
    pictures: list[str],
) -> None:
    size = len(thresholds)
    labels = data.draw(st.lists(texts, min_size=size, max_size=size, unique=True))
    untuned = data.draw(st.lists(st.sampled_from(labels), unique=True))
    target = TARGETS.get(kind)
    tuning = Tuning(objective, kind, split, tuple(pictures), tuple(untuned), target)
    rule = DecisionRule(tuple(labels), Thresholds(tuple(thresholds)), tuning=tuning)
    again = DecisionRule.from_json(json.loads(json.dumps(rule.to_json(), allow_nan=False)))
    assert again == rule
    assert hash(again) == hash(rule)
    assert again.thresholds is not None
    assert [value.hex() for value in again.thresholds] == [float(v).hex() for v in thresholds]


def test_json_is_plain() -> None:
    tuning = Tuning("f2", "optimum", "validation", ("x.jpg", "y.jpg"), ("b",))
    rule = DecisionRule(("a", "b"), Thresholds((0.25, math.inf)), tuning=tuning)
    assert rule.to_json() == {
        "labels": ["a", "b"],
        "decider": {"kind": "thresholds", "thresholds": [0.25, None]},
        "groups": [],
        "implications": [],
        "calibration": None,
        "tuning": {
            "objective": "f2",
            "kind": "optimum",
            "split": "validation",
            "pictures": ["x.jpg", "y.jpg"],
            "untuned": ["b"],
            "target": None,
        },
    }


def test_the_score_at_the_threshold_is_tagged_and_at_an_infinite_one_none() -> None:
    rule = DecisionRule(("a", "b", "c"), Thresholds((0.5, 0.25, math.inf)))
    scores = np.array([[0.5, 0.25, 1.0], [0.4999, 0.2499, 0.5], [1.0, 0.0, 0.0]])
    assert rule.decide(scores).astype(int).tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert rule.decide(np.zeros((0, 3))).shape == (0, 3)


def test_single_precision_scores_are_compared_in_double_precision() -> None:
    rule = DecisionRule(("a",), Thresholds((0.7,)))
    nearest = np.float32(0.7)  # a little less than 0.7
    above = np.nextafter(nearest, np.float32(1))
    assert rule.decide(np.array([[nearest], [above]])).tolist() == [[False], [True]]


def test_at_is_one_threshold_for_all_tuned_on_nothing() -> None:
    rule = DecisionRule.at(["a", "b"], 0.3)
    assert rule == DecisionRule(("a", "b"), Thresholds((0.3, 0.3)))
    assert (rule.metric, rule.pictures, rule.untuned) == (None, (), ())
    assert DecisionRule.at(["a"]).thresholds == (0.5,)


def test_a_rule_cannot_be_changed() -> None:
    rule = DecisionRule.at(["a"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.labels = ("b",)  # type: ignore[misc]


def plain() -> dict[str, Any]:
    tuning = Tuning("f2", "optimum", "validation", ("x.jpg",))
    return DecisionRule(("a", "b"), Thresholds((0.25, 0.5)), tuning=tuning).to_json()


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ([0.5], "1 thresholds do not fit 2 labels"),
        ([0.5, 1.01], "a threshold is 1.01, not from 0 to 1"),
        ([-0.01, 0.5], "a threshold is -0.01"),
        ([0.5, float("nan")], "a threshold is nan"),
        ([0.5, "0.5"], "a threshold must be a number, not '0.5'"),
        ([0.5, True], "a threshold must be a number, not True"),
        (0.5, "thresholds must be a list of numbers"),
    ],
)
def test_thresholds_that_cannot_be_are_told(thresholds: Any, message: str) -> None:
    decider = {"kind": "thresholds", "thresholds": thresholds}
    with pytest.raises(TagonautError, match=message):
        DecisionRule.from_json(plain() | {"decider": decider})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a", "a"]}, "each only once"),
        ({"labels": []}, "at least one label"),
        ({"labels": "ab"}, "labels of a decision rule must be a list"),
        ({"labels": ["a", 7]}, "labels of a decision rule must be text, not 7"),
        ({"decider": "thresholds"}, "a decider must be an object"),
        ({"decider": {"kind": "treshold"}}, "no decider 'treshold' .did you mean 'thresholds'"),
        ({"decider": {"kind": []}}, "there is no decider"),
        ({"decider": {"kind": {}}}, "there is no decider"),
        ({"decider": {"kind": "thresholds"}}, "thresholds: thresholds missing"),
        ({"groups": 3}, "groups of a decision rule must be a list"),
        ({"implications": ["ab"]}, "must be a list of text"),
        ({"calibration": {"kind": "plat", "curves": []}}, "did you mean 'platt'"),
        ({"treshold": 1}, "there is no 'treshold'"),
    ],
)
def test_a_rule_that_cannot_be_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TagonautError, match=message):
        DecisionRule.from_json(plain() | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pictures": None}, "pictures of a decision rule must be a list"),
        ({"split": 3}, "split of a decision rule must be text, not 3"),
        ({"objective": "accuracy"}, "not for 'accuracy'"),
        ({"objective": "f0"}, "beta must be a positive number"),
        ({"objective": 2}, "not for 2"),
        ({"kind": "shrunken"}, "did you mean 'shrunk'"),
        ({"untuned": ["c"]}, "untuned: there is no label 'c'"),
        ({"pictures": []}, "lists the pictures that tuned it, but here the list is empty"),
        ({"target": "high"}, "target of a rule must be a number"),
        ({"target": True}, "target of a rule must be a number, not True"),
        ({"target": math.nan}, "must be over 0 and finite, not nan"),
        ({"target": 0}, "must be over 0 and finite, not 0"),
        ({"picture": []}, "did you mean 'pictures'"),
    ],
)
def test_a_tuning_that_cannot_be_is_told(change: dict[str, Any], message: str) -> None:
    tuning = plain()["tuning"] | change
    with pytest.raises(TagonautError, match=message):
        DecisionRule.from_json(plain() | {"tuning": tuning})


def test_a_kind_that_was_removed_is_told_with_what_to_do() -> None:
    stored = plain()
    removed = {"kind": "learned_count", "counts": [1], "weights": [[0.0]], "bias": [0.0]}
    for change in (
        {"decider": removed},
        {"tuning": stored["tuning"] | {"kind": "learned_count"}},
    ):
        with pytest.raises(TagonautError, match="no longer exists: choose another"):
            DecisionRule.from_json(stored | change)


def test_a_rule_with_something_missing_is_told() -> None:
    for name in plain():
        with pytest.raises(TagonautError, match=f"{name} missing"):
            DecisionRule.from_json({key: plain()[key] for key in plain() if key != name})
    with pytest.raises(TagonautError, match="must be an object"):
        DecisionRule.from_json([plain()])  # type: ignore[arg-type]


def test_what_does_not_fit_is_told() -> None:
    rule = DecisionRule.at(["a", "b"])
    with pytest.raises(TagonautError, match="scores of 1 labels do not fit a decision rule of 2"):
        rule.decide([[0.5]])
    with pytest.raises(TagonautError, match=r"row 0, label column 1 .* probability"):
        rule.calibrate([[0.5, -4.2]])
    some: dict[str, Any] = {"split": "validation"}
    with pytest.raises(TagonautError, match="1 ids do not fit targets of 2 pictures"):
        DecisionRule.tune(["a"], [[1], [0]], [[1], [0]], ids=["x"], **some)
    with pytest.raises(TagonautError, match="2 labels do not fit targets of 1"):
        DecisionRule.tune(["a", "b"], [[1]], [[1]], ids=["x"], **some)
    for kind in ("precision", "recall", "cost"):
        for target in (None, 0.0, -1.0, math.inf):
            with pytest.raises(TagonautError, match=f"rule of kind {kind} needs a target"):
                create_rule(kind, target)
    with pytest.raises(TagonautError, match="kind shrunk has no target"):
        create_rule("shrunk", 0.5)
    with pytest.raises(TagonautError, match="did you mean 'optimum'"):
        create_rule("optimal")


def test_the_room_needs_numpy_scipy_and_scikit_learn_alone() -> None:
    heavy = {"torch", "polars", "pydantic", "PIL", "matplotlib", "pandas", "lightning", "cleanlab"}
    code = f"import sys, tagonaut.deciding; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

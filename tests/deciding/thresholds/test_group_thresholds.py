from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tagonaut.deciding.arrays import log_odds
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.thresholds.each_label import best_thresholds
from tagonaut.deciding.thresholds.group_thresholds import group_thresholds
from tagonaut.deciding.thresholds.objectives import Objective
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, spoil_unknown

NAMES = ["macro_f1", "micro_f2", "samples_f1", "exact_match"]
Groups = Sequence[Sequence[int]]


def weather(pictures: int, seed: int, digits: int = 2) -> Drawn:
    """Columns 0, 2 and 3 are of a group: exactly one holds. Column 1 is free."""
    random = np.random.default_rng(seed)
    odds = random.normal([1.0, -0.5, -0.5, -2.0], 1.5, (pictures, 4))
    scores = np.round(1 / (1 + np.exp(-odds)), digits).clip(0.01, 0.99)
    targets = random.random(scores.shape) < scores
    group = [0, 2, 3]
    chances = scores[:, group] / scores[:, group].sum(axis=1, keepdims=True)
    at = (random.random((pictures, 1)) > np.cumsum(chances, axis=1)).sum(axis=1).clip(max=2)
    targets[:, group] = np.eye(3, dtype=bool)[at]
    return Drawn(targets, scores, scores >= 0.5, random.random(scores.shape) < 0.9)


def decided(scores: NDArray[Any], thresholds: NDArray[Any], groups: Groups) -> NDArray[Any]:
    margins = log_odds(scores) - log_odds(thresholds)
    return one_of_each(scores >= thresholds, margins, groups)


def value(
    objective: Objective, arrays: Drawn, thresholds: NDArray[Any], groups: Groups = ((0, 2, 3),)
) -> float:
    tags = decided(arrays.scores, thresholds, groups)
    return objective.value(arrays.targets, tags, known=arrays.known)


@pytest.mark.parametrize("groups", [[[0, 2, 3]], [[3, 0], [2, 1]]])
@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), pictures=st.integers(1, 25))
@settings(max_examples=15, deadline=None)
def test_no_threshold_of_a_group_can_be_bettered_by_itself(
    name: str, groups: Groups, seed: int, pictures: int
) -> None:
    objective, arrays = Objective.of(name), weather(pictures, seed)
    targets, scores, _, known = arrays
    start = best_thresholds(targets, scores, beta=1, known=known)
    found = group_thresholds(targets, scores, start, groups, objective=objective, known=known)
    best = value(objective, arrays, found, groups)
    assert not value(objective, arrays, start, groups) > best + 1e-11
    grouped = [k for group in groups for k in group]
    assert len(grouped) == 4 or found[1] == start[1]
    # A fine net of probabilities; leads of scores of two digits are far wider apart than it.
    net = 1 / (1 + np.exp(-np.linspace(-9, 9, 200)))
    for k in grouped:
        if not targets[known[:, k], k].any() or targets[known[:, k], k].all():
            assert found[k] == start[k]
            continue
        for other in net:
            trial = found.copy()
            trial[k] = other
            assert not value(objective, arrays, trial, groups) > best + 1e-11


@pytest.mark.parametrize("name", NAMES)
def test_joint_tuning_pays_where_labels_are_tuned_alone(name: str) -> None:
    objective, arrays = Objective.of(name), weather(600, 3, digits=6)
    targets, scores, _, known = arrays
    start = best_thresholds(targets, scores, beta=2, known=known)
    found = group_thresholds(targets, scores, start, [[0, 2, 3]], objective=objective, known=known)
    assert value(objective, arrays, found) > value(objective, arrays, start)
    assert np.all((found >= 0) & (found <= 1))
    rows = np.random.default_rng(0).permutation(600)
    moved = Drawn(*(array[rows] for array in spoil_unknown(arrays)))
    # Unknown cells have no say in the objective; their scores still compete for the picture.
    again = group_thresholds(
        moved.targets,
        scores[rows],
        start,
        [[0, 2, 3]],
        objective=objective,
        known=moved.known,
    )
    assert again.tolist() == found.tolist()


def test_a_group_worked_by_hand() -> None:
    # Equal bars give the first label all pictures; the second is right where it is at 0.4 or more.
    scores = np.array([[0.5, 0.4], [0.6, 0.45], [0.7, 0.2], [0.8, 0.1]])
    targets = np.array([[0, 1], [0, 1], [1, 0], [1, 0]])
    half, groups = np.array([0.5, 0.5]), [[0, 1]]
    found = group_thresholds(targets, scores, half, groups, objective=Objective.of("exact_match"))
    assert np.array_equal(decided(scores, found, groups), targets)
    assert found[1] == 0.5


def test_without_a_group_or_with_one_label_nothing_changes() -> None:
    arrays = weather(30, 1)
    start = np.array([0.1, np.inf, 0.3, 0.4])
    for groups in ([], [[2]]):
        found = group_thresholds(
            arrays.targets, arrays.scores, start, groups, objective=Objective.of("samples_f1")
        )
        assert found.tolist() == start.tolist()


@pytest.mark.parametrize(
    ("thresholds", "groups", "message"),
    [
        ([0.5] * 3, [[0, 1]], r"thresholds of the shape \[3\] do not fit targets of 4 labels"),
        ([0.5] * 4, [[0, 4]], "columns must be from 0 to 3"),
        ([0.5] * 4, [[0, 1], [1, 2]], "each in one group only"),
    ],
)
def test_what_does_not_fit_is_told(thresholds: Any, groups: Groups, message: str) -> None:
    arrays = weather(5, 0)
    with pytest.raises(TagonautError, match=message):
        group_thresholds(
            arrays.targets, arrays.scores, thresholds, groups, objective=Objective.of("f1")
        )

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tagonaut.deciding.thresholds.each_label import best_thresholds, tunable
from tagonaut.deciding.thresholds.joint_thresholds import (
    ascended_thresholds,
    global_threshold,
    micro_thresholds,
)
from tagonaut.deciding.thresholds.objectives import Objective
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn, spoil_unknown

some = settings(max_examples=40, deadline=None)
every = [f"{average}_f{beta}" for average in ("macro", "micro", "samples") for beta in (0.5, 1, 2)]
objectives = st.sampled_from([*every, "exact_match"]).map(Objective.of)
climbed = st.sampled_from(["samples_f1", "samples_f2", "exact_match"]).map(Objective.of)


def cuts(scores: NDArray[Any]) -> list[float]:
    return [*np.unique(scores).tolist(), np.inf]


def combinations(arrays: Drawn) -> Iterator[NDArray[Any]]:
    """Every tagging of the labels that can be tuned; the others at one half."""
    tuned = tunable(arrays.targets, known=arrays.known)
    columns = [
        cuts(arrays.scores[arrays.known[:, k], k]) if tuned[k] else [0.5] for k in range(len(tuned))
    ]
    for thresholds in product(*columns):
        yield arrays.scores >= np.array(thresholds)


def value(objective: Objective, arrays: Drawn, tags: NDArray[Any]) -> float:
    return objective.value(arrays.targets, tags, known=arrays.known)


def moved(arrays: Drawn, seed: int) -> tuple[Drawn, NDArray[Any]]:
    random = np.random.default_rng(seed)
    rows, columns = (random.permutation(size) for size in arrays.targets.shape)
    return Drawn(*(array[rows][:, columns] for array in spoil_unknown(arrays))), columns


def planets(pictures: int, labels: int, digits: int = 3) -> Drawn:
    random = np.random.default_rng(pictures)
    share = np.geomspace(0.5, 0.02, labels)
    odds = random.normal(np.log(share / (1 - share)), 1.5, (pictures, labels))
    scores = np.round(1 / (1 + np.exp(-odds)), digits).astype(np.float32)
    targets = random.random(scores.shape) < scores
    return Drawn(targets, scores, scores >= 0.5, random.random(scores.shape) < 0.9)


@given(arrays=drawn(), objective=objectives)
@some
def test_no_global_cut_is_better(arrays: Drawn, objective: Objective) -> None:
    targets, scores, _, known = arrays
    threshold = global_threshold(targets, scores, objective=objective, known=known)
    if not (known & (targets == 1)).any() or not (known & (targets == 0)).any():
        assert threshold == 0.5
        return
    best = max(value(objective, arrays, scores >= cut) for cut in cuts(scores[known]))
    assert value(objective, arrays, scores >= threshold) == pytest.approx(best, abs=1e-11)


@given(arrays=drawn(), objective=objectives, seed=st.integers(0, 99))
@some
def test_the_order_of_cells_changes_no_global_threshold(
    arrays: Drawn, objective: Objective, seed: int
) -> None:
    other, _ = moved(arrays, seed)
    found = [
        global_threshold(one.targets, one.scores, objective=objective, known=one.known)
        for one in (arrays, other)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["macro_f2", "micro_f1", "samples_f2", "exact_match"])
def test_a_global_threshold_of_many_pictures_is_that_of_brute_force(name: str) -> None:
    arrays, objective = planets(400, 5, digits=2), Objective.of(name)
    targets, scores, _, known = arrays
    threshold = global_threshold(targets, scores, objective=objective, known=known)
    best = max(value(objective, arrays, scores >= np.float32(cut)) for cut in cuts(scores))
    assert value(objective, arrays, scores >= np.float32(threshold)) == pytest.approx(best)
    # Numbers of the scores' own precision decide alike as float32 and as float64.
    assert np.array_equal(scores >= np.float32(threshold), scores.astype(float) >= threshold)


def test_global_thresholds_worked_by_hand() -> None:
    targets, scores = [[1, 0], [0, 0], [1, 1]], [[0.9, 0.5], [0.4, 0.4], [0.8, 0.2]]
    # At 0.8: right, right, one missing. At 0.2 all is tagged: the last picture alone is right.
    exact = global_threshold(targets, scores, objective=Objective.of("exact_match"))
    assert exact == pytest.approx(0.65)
    # Nobody has a label in most pictures, and no score tells which: nothing is tagged.
    targets, scores = [[0], [0], [1]], [[0.5], [0.5], [0.5]]
    assert global_threshold(targets, scores, objective=Objective.of("exact_match")) == 0.75
    scores = [[1.0], [1.0], [1.0]]
    assert global_threshold(targets, scores, objective=Objective.of("exact_match")) == np.inf
    assert global_threshold(targets, scores, objective=Objective.of("micro_f1")) == 0.5


@given(arrays=drawn(), beta=st.sampled_from([0.5, 1.0, 2.0]))
@some
def test_no_combination_of_cuts_has_a_higher_micro_f(arrays: Drawn, beta: float) -> None:
    arrays = Drawn(*(array[:6] for array in arrays))
    objective = Objective.of(f"micro_f{beta}")
    thresholds = micro_thresholds(arrays.targets, arrays.scores, beta=beta, known=arrays.known)
    best = max(value(objective, arrays, tags) for tags in combinations(arrays))
    assert value(objective, arrays, arrays.scores >= thresholds) == pytest.approx(best, abs=1e-12)


@given(arrays=drawn(), beta=st.sampled_from([0.5, 1.0, 2.0]), seed=st.integers(0, 99))
@some
def test_the_order_of_pictures_and_labels_changes_no_micro_threshold(
    arrays: Drawn, beta: float, seed: int
) -> None:
    other, columns = moved(arrays, seed)
    found = micro_thresholds(arrays.targets, arrays.scores, beta=beta, known=arrays.known)
    again = micro_thresholds(other.targets, other.scores, beta=beta, known=other.known)
    assert again.tolist() == found[columns].tolist()


def test_micro_thresholds_beat_those_of_macro_and_a_rare_label_is_left_untagged() -> None:
    arrays, objective = planets(2000, 6), Objective.of("micro_f1")
    targets, scores, _, known = arrays
    found = {
        search: value(objective, arrays, scores >= search(targets, scores, beta=1, known=known))
        for search in (micro_thresholds, best_thresholds)
    }
    assert found[micro_thresholds] > found[best_thresholds]
    # A right tag is not worth the 199 wrong ones that the second label would cost with it.
    targets = np.column_stack([np.arange(200) % 2, np.arange(200) == 77])
    scores = np.column_stack([0.2 + 0.6 * targets[:, 0], np.full(200, 0.5)])
    assert micro_thresholds(targets, scores, beta=1) == pytest.approx([0.5, 0.75])
    assert best_thresholds(targets, scores, beta=1) == pytest.approx([0.5, 0.25])


@given(arrays=drawn(), objective=climbed)
@some
def test_an_ascent_ends_where_no_single_cut_is_better(arrays: Drawn, objective: Objective) -> None:
    assert_best_of_each_label(arrays, objective)


@pytest.mark.parametrize("name", ["samples_f1", "samples_f2", "exact_match"])
def test_an_ascent_of_many_pictures_ends_where_no_single_cut_is_better(name: str) -> None:
    assert_best_of_each_label(planets(300, 6, digits=2), Objective.of(name))


def assert_best_of_each_label(arrays: Drawn, objective: Objective) -> None:
    targets, scores, _, known = arrays
    thresholds = ascended_thresholds(targets, scores, objective=objective, known=known)
    tags = scores >= thresholds
    found = value(objective, arrays, tags)
    for k in np.flatnonzero(tunable(targets, known=known)):
        for cut in cuts(scores[known[:, k], k]):
            other = tags.copy()
            other[:, k] = scores[:, k] >= cut
            assert not value(objective, arrays, other) > found + 1e-11


@given(arrays=drawn(), objective=climbed)
@some
def test_an_ascent_is_never_worse_than_its_starts(arrays: Drawn, objective: Objective) -> None:
    targets, scores, _, known = arrays
    beta = objective.beta or 1.0
    found, half, macro, micro = (
        value(objective, arrays, scores >= thresholds)
        for thresholds in (
            ascended_thresholds(targets, scores, objective=objective, known=known),
            np.full(targets.shape[1], 0.5),
            best_thresholds(targets, scores, beta=beta, known=known),
            micro_thresholds(targets, scores, beta=beta, known=known),
        )
    )
    assert not max(half, macro, micro) > found + 1e-11


@pytest.mark.parametrize("name", ["samples_f2", "exact_match"])
def test_an_ascent_mostly_finds_the_best_combination(name: str) -> None:
    objective, reached = Objective.of(name), 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        scores = random.integers(0, 8, (8, 3)) / 8
        arrays = Drawn(random.random((8, 3)) < scores, scores, scores > 0.5, scores >= 0)
        thresholds = ascended_thresholds(arrays.targets, scores, objective=objective)
        best = max(value(objective, arrays, tags) for tags in combinations(arrays))
        reached += value(objective, arrays, scores >= thresholds) > best - 1e-11
    assert reached >= 38


@pytest.mark.parametrize("name", ["samples_f2", "exact_match"])
def test_the_order_of_pictures_changes_no_ascent(name: str) -> None:
    arrays, objective = planets(300, 5, digits=2), Objective.of(name)
    rows = np.random.default_rng(1).permutation(300)
    other = Drawn(*(array[rows] for array in spoil_unknown(arrays)))
    found, again = (
        ascended_thresholds(one.targets, one.scores, objective=objective, known=one.known, seed=3)
        for one in (arrays, other)
    )
    assert again.tolist() == found.tolist()


def test_nothing_to_tune_and_what_is_solved_exactly() -> None:
    nothing = np.zeros((3, 2))
    for name in ("samples_f1", "exact_match"):
        objective = Objective.of(name)
        assert ascended_thresholds(nothing, nothing, objective=objective).tolist() == [0.5, 0.5]
    assert micro_thresholds(nothing, nothing, beta=1).tolist() == [0.5, 0.5]
    with pytest.raises(TagonautError, match="f1 are found exactly"):
        ascended_thresholds(nothing, nothing, objective=Objective.of("f1"))

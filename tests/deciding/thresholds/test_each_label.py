from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import fbeta_score

from tagonaut.deciding.metrics.tag_metrics import fbeta
from tagonaut.deciding.thresholds import narrowing
from tagonaut.deciding.thresholds.each_label import (
    DEFAULT_THRESHOLD,
    best_thresholds,
    tunable,
)
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn, spoil_unknown

some = settings(max_examples=50, deadline=None)
beta_values = st.sampled_from([0.5, 1.0, 2.0])


def cuts(targets: NDArray[Any], scores: NDArray[Any], beta: float) -> dict[float, float]:
    """F-beta of tagging from each distinct score on, by scikit-learn."""
    return {
        float(score): fbeta_score(targets, scores >= score, beta=beta, zero_division=0)
        for score in np.unique(scores)
    }


def one_label(targets: list[int], scores: list[float], beta: float = 1, **options: Any) -> float:
    column = np.array([targets]).T, np.array([scores], dtype=options.pop("dtype", float)).T
    return float(best_thresholds(*column, beta=beta, **options)[0])


@given(arrays=drawn(), beta=beta_values)
@some
def test_no_cut_is_better(arrays: Drawn, beta: float) -> None:
    targets, scores, _, known = arrays
    thresholds = best_thresholds(targets, scores, beta=beta, known=known)
    for k in np.flatnonzero(tunable(targets, known=known)):
        rows = known[:, k]
        quality = cuts(targets[rows, k], scores[rows, k], beta)
        tags = scores[rows, k] >= thresholds[k]
        found = fbeta_score(targets[rows, k], tags, beta=beta, zero_division=0)
        assert found == pytest.approx(max(quality.values()), abs=1e-12)


@given(arrays=drawn(), beta=beta_values)
@some
def test_a_threshold_stands_midway_in_the_widest_of_the_best_gaps(
    arrays: Drawn, beta: float
) -> None:
    targets, scores, _, known = arrays
    thresholds = best_thresholds(targets, scores, beta=beta, known=known)
    for k in np.flatnonzero(tunable(targets, known=known)):
        rows = known[:, k]
        quality = cuts(targets[rows, k], scores[rows, k], beta)
        distinct = [0.0, *quality]
        best = max(quality.values())
        gaps = {
            high: high - low for low, high in pairwise(distinct) if quality[high] > best - 1e-12
        }
        high = min(score for score in quality if score >= thresholds[k])
        low = max([score for score in quality if score < thresholds[k]], default=0.0)
        assert high in gaps
        assert high - low == pytest.approx(max(gaps.values()), rel=1e-6)
        assert thresholds[k] == pytest.approx((low + high) / 2, rel=1e-6)


@given(arrays=drawn(), beta=beta_values)
@some
def test_scores_are_decided_alike_in_their_own_and_in_double_precision(
    arrays: Drawn, beta: float
) -> None:
    targets, scores, _, known = arrays
    thresholds = best_thresholds(targets, scores, beta=beta, known=known)
    assert thresholds.dtype == np.float64
    assert np.all((thresholds >= 0) & (thresholds <= 1))
    assert thresholds.astype(scores.dtype).tolist() == thresholds.tolist()
    own = scores >= thresholds.astype(scores.dtype)
    assert np.array_equal(own, scores.astype(np.float64) >= thresholds)


@given(arrays=drawn(), beta=beta_values, seed=st.integers(0, 99))
@some
def test_the_order_of_pictures_and_labels_and_unknown_cells_change_nothing(
    arrays: Drawn, beta: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    rows, columns = (random.permutation(size) for size in arrays.targets.shape)
    moved = Drawn(*(array[rows][:, columns] for array in spoil_unknown(arrays)))
    thresholds = best_thresholds(arrays.targets, arrays.scores, beta=beta, known=arrays.known)
    again = best_thresholds(moved.targets, moved.scores, beta=beta, known=moved.known)
    assert again.tolist() == thresholds[columns].tolist()


def sorted_in_full(arrays: Drawn, beta: float, bins: int | None) -> list[float]:
    """The thresholds with all cells sorted, or with those alone that stand in promising bins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrowing, "WORTH_BINS", 10**9 if bins is None else 0)
        patch.setattr(narrowing, "BINS", bins or 1)
        found = best_thresholds(arrays.targets, arrays.scores, beta=beta, known=arrays.known)
    return found.tolist()


@given(arrays=drawn(), beta=beta_values, bins=st.sampled_from([1, 3, 8, 4096]))
@settings(max_examples=60, deadline=None)
def test_sorting_the_promising_bins_alone_finds_the_same(
    arrays: Drawn, beta: float, bins: int
) -> None:
    assert sorted_in_full(arrays, beta, bins) == sorted_in_full(arrays, beta, None)


@pytest.mark.parametrize("digits", [2, 4, 17])
def test_sorting_the_promising_bins_of_many_pictures_finds_the_same(digits: int) -> None:
    random = np.random.default_rng(digits)
    scores = np.round(random.beta(0.3, [0.3, 1, 3, 9, 27, 300], (30_000, 6)), digits)
    targets, known = random.random(scores.shape) < scores, random.random(scores.shape) < 0.9
    arrays = Drawn(targets, scores.astype(np.float32), targets, known)
    for beta in (0.5, 2.0):
        assert sorted_in_full(arrays, beta, 4096) == sorted_in_full(arrays, beta, None)


def test_macro_f_of_many_pictures_is_that_of_brute_force() -> None:
    random = np.random.default_rng(5)
    targets = random.random((400, 4)) < [0.5, 0.2, 0.05, 0.9]
    scores = np.round(np.clip(random.normal(0.4, 0.2, targets.shape) + 0.2 * targets, 0, 1), 2)
    known = random.random(targets.shape) < 0.8
    thresholds = best_thresholds(targets, scores, beta=2, known=known)
    found = fbeta(targets, scores >= thresholds, 2, known=known)
    columns = zip(targets.T, scores.T, known.T, strict=True)
    best = [max(cuts(t[rows], s[rows], 2).values()) for t, s, rows in columns]
    assert found == pytest.approx(best)


@pytest.mark.parametrize(
    ("targets", "scores", "beta", "threshold"),
    [
        ([1, 1, 0, 0], [0.9, 0.7, 0.3, 0.1], 1, 0.5),
        # All tagged is best: half the lowest score.
        ([1, 0, 1], [0.9, 0.8, 0.5], 1, 0.25),
        ([1, 0, 1], [0.9, 0.8, 0.0], 1, 0.0),
        # Equal scores cannot be parted: F1 of the pair is 2/3, of the first alone there is no cut.
        ([1, 0, 0], [0.5, 0.5, 0.25], 1, 0.375),
        # F1 from 0.9 on and from 0.3 on are both 2/3; the gap 0.9 to 0.8 is narrower than 0.3 to 0.
        ([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.3], 1, 0.15),
        # The same two cuts, but now the upper gap is the wider one.
        ([1, 0, 0, 1], [0.9, 0.4, 0.35, 0.3], 1, 0.65),
        # The same two cuts with equal gaps: the upper one.
        ([1, 0, 0, 1], [0.75, 0.5, 0.375, 0.25], 1, 0.625),
        # Recall weighs more in F2, precision in F0.5.
        ([1, 0, 0, 1, 0], [0.8, 0.6, 0.5, 0.4, 0.2], 2, 0.3),
        ([1, 0, 0, 1, 0], [0.8, 0.6, 0.5, 0.4, 0.2], 0.5, 0.7),
        ([0, 1], [0.0, 1.0], 1, 0.5),
        ([1, 0], [0.0, 1.0], 1, 0.0),
    ],
)
def test_cuts_worked_by_hand(
    targets: list[int], scores: list[float], beta: float, threshold: float
) -> None:
    assert one_label(targets, scores, beta) == pytest.approx(threshold)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("low", [0.0, 0.1, 0.5, 0.99])
def test_neighbouring_floats_are_parted(dtype: type, low: float) -> None:
    below = dtype(low)
    above = np.nextafter(below, dtype(1))
    threshold = one_label([0, 1], [below, above], dtype=dtype)
    assert float(below) < threshold <= float(above)
    assert float(dtype(threshold)) == threshold


def test_labels_that_cannot_be_tuned_get_the_default() -> None:
    targets = np.array([[1, 0, 1, 1], [1, 0, 0, 0]])
    known = np.array([[1, 1, 1, 1], [1, 1, 1, 0]])
    scores = np.array([[0.9, 0.8, 0.3, 0.9], [0.8, 0.9, 0.1, 0.1]])
    assert tunable(targets, known=known).tolist() == [False, False, True, False]
    thresholds = best_thresholds(targets, scores, beta=1, known=known)
    assert thresholds == pytest.approx([0.5, 0.5, 0.2, 0.5])
    nobody = best_thresholds(np.zeros((0, 2)), np.zeros((0, 2)), beta=1)
    assert nobody.tolist() == [DEFAULT_THRESHOLD] * 2


def test_a_rounding_error_outside_of_0_to_1_is_put_up_with() -> None:
    above = np.nextafter(np.float32(1), np.float32(2))
    assert one_label([1, 0], [above, 1.0], dtype=np.float32) == 0.5
    assert one_label([1, 1, 0], [above, 1.0, 0.5], dtype=np.float32) == 0.75


@pytest.mark.parametrize(
    ("scores", "beta", "message"),
    [
        ([[0.5], [1.5]], 1, "scores: row 1, label column 0 .* is 1.5, and must be a probability"),
        ([[-0.5], [0.5]], 1, "scores: row 0, label column 0 .* is -0.5"),
        ([[0.5], [np.nan]], 1, "scores: row 1, label column 0 .* is nan"),
        ([[0.5, 0.5]], 1, "scores has the shape"),
        ([[0.5], [0.5]], 0, "beta must be a positive number such as 1 or 2, not 0"),
    ],
)
def test_what_does_not_fit_is_told(scores: Any, beta: float, message: str) -> None:
    with pytest.raises(TagonautError, match=message):
        best_thresholds([[1], [0]], scores, beta=beta)

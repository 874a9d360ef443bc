from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from tagonaut.deciding.metrics import reliability
from tagonaut.deciding.metrics.reliability import calibration_error, reliability_curve
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

few = settings(max_examples=60, deadline=None)


@given(arrays=drawn(), bins=st.integers(1, 12))
@few
def test_filled_bins_are_scikit_learns_calibration_curve(arrays: Drawn, bins: int) -> None:
    targets, scores, _, known = arrays
    curve = reliability_curve(targets, scores, known=known, bins=bins)
    pooled = reliability_curve(targets, scores, known=known, bins=bins, average="micro")
    rows = [(targets[rows, k], scores[rows, k]) for k, rows in enumerate(known.T)]
    rows.append((targets[known], scores[known]))
    for k, (target, score) in enumerate(rows):
        found = pooled if k == len(rows) - 1 else [part[k] for part in curve]
        mean_score, share, pictures = found
        assert pictures.sum() == len(target)
        filled = pictures > 0
        assert np.isnan(mean_score[~filled]).all()
        assert np.isnan(share[~filled]).all()
        if len(target):
            expected = calibration_curve(target, score, n_bins=bins)
            assert share[filled] == pytest.approx(expected[0], rel=1e-12)
            assert mean_score[filled] == pytest.approx(expected[1], rel=1e-12)


@given(arrays=drawn())
@few
def test_the_error_is_the_curves_mean_gap(arrays: Drawn) -> None:
    targets, scores, _, known = arrays
    curve = reliability_curve(targets, scores, known=known, bins=15)
    gaps = np.nansum(np.abs(curve.mean_score - curve.share) * curve.pictures, axis=1)
    cells = known.sum(axis=0)
    expected = np.where(cells, gaps / np.maximum(cells, 1), np.nan)
    found = calibration_error(targets, scores, known=known)
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
    macro = calibration_error(targets, scores, known=known, average="macro")
    mean = np.nanmean(expected) if known.any() else np.nan
    assert macro == pytest.approx(mean, abs=1e-12, nan_ok=True)


def test_the_blocks_that_cells_are_binned_in_have_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    targets, scores = random.random((2, 500, 3))
    targets, known = targets < scores, random.random((500, 3)) < 0.8
    whole = reliability_curve(targets, scores, known=known)
    monkeypatch.setattr(reliability, "BLOCK_CELLS", 7 * 3)
    for found, expected in zip(reliability_curve(targets, scores, known=known), whole, strict=True):
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_score_on_an_edge_is_in_the_bin_that_ends_there() -> None:
    curve = reliability_curve(np.ones((5, 1)), [[0], [0.25], [0.5], [0.75], [1]], bins=4)
    assert curve.pictures.tolist() == [[2, 1, 1, 1]]


def test_scores_that_tell_nothing_of_the_truth_have_the_error_of_their_distance() -> None:
    targets = np.array([[1, 0]] * 10)
    assert calibration_error(targets, np.full((10, 2), 0.3)) == pytest.approx([0.7, 0.3])


@pytest.mark.parametrize("metric", [calibration_error, reliability_curve])
def test_what_is_no_probability_is_told(metric: Any) -> None:
    targets = [[1, 0], [0, 1]]
    for score, message in ((np.nan, "is nan, .* finite"), (1.5, "must be a probability")):
        with pytest.raises(TagonautError, match=f"row 1, label column 0 .* {message}"):
            metric(targets, [[0.5, 0.5], [score, 0.5]])
    with pytest.raises(TagonautError, match="bins must be a whole number from 1 up, not 0"):
        metric(targets, targets, bins=0)
    with pytest.raises(TagonautError, match="no average 'samples'"):
        metric(targets, targets, average="samples")


def test_nothing_known_is_no_figure() -> None:
    empty = np.zeros((0, 2))
    assert np.isnan(calibration_error(empty, empty)).tolist() == [True, True]
    assert np.isnan(calibration_error(empty, empty, average="macro"))
    assert np.isnan(calibration_error(empty, empty, average="micro"))

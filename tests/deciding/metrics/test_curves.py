import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as sk

from tagonaut.deciding.metrics.curves import fbeta_curve, precision_recall_curve
from tagonaut.deciding.metrics.score_metrics import average_precision
from tagonaut.deciding.metrics.tag_metrics import fbeta, precision, recall
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

few = settings(max_examples=60, deadline=None)


def first_label(arrays: Drawn) -> Drawn:
    return Drawn(*(array[:, 0] for array in arrays))


@given(arrays=drawn())
@few
def test_precision_and_recall_are_scikit_learns_without_the_added_point(arrays: Drawn) -> None:
    targets, scores, _, known = first_label(arrays)
    found = precision_recall_curve(targets, scores, known=known)
    if targets[known].any():
        expected = sk.precision_recall_curve(targets[known], scores[known])
        assert found.thresholds.tolist() == expected[2].tolist()
        assert found.precision == pytest.approx(expected[0][:-1], rel=1e-12)
        assert found.recall == pytest.approx(expected[1][:-1], rel=1e-12)
    else:
        assert found.thresholds.tolist() == sorted(set(scores[known].tolist()))
        assert not found.precision.any()
        assert not found.recall.any()


@pytest.mark.parametrize("beta", [0.5, 1, 2])
@given(arrays=drawn())
@few
def test_each_point_is_the_metric_at_its_threshold(beta: float, arrays: Drawn) -> None:
    targets, scores, _, known = first_label(arrays)
    curve = precision_recall_curve(targets, scores, known=known)
    values = fbeta_curve(targets, scores, beta, known=known)
    assert values.thresholds.tolist() == curve.thresholds.tolist()
    for at, threshold in enumerate(curve.thresholds):
        options = {
            "targets": targets[:, None],
            "tags": scores[:, None] >= threshold,
            "known": known[:, None],
        }
        assert curve.precision[at] == pytest.approx(precision(**options)[0], rel=1e-12)
        assert curve.recall[at] == pytest.approx(recall(**options)[0], rel=1e-12)
        assert values.fbeta[at] == pytest.approx(fbeta(**options, beta=beta)[0], rel=1e-12)


@given(arrays=drawn())
@few
def test_the_area_under_the_steps_is_average_precision(arrays: Drawn) -> None:
    targets, scores, _, known = first_label(arrays)
    curve = precision_recall_curve(targets, scores, known=known)
    area = average_precision(targets[:, None], scores[:, None], known=known[:, None])[0]
    if not np.isnan(area):
        steps = -np.diff(curve.recall, append=0)
        assert np.dot(steps, curve.precision) == pytest.approx(area, rel=1e-12)


def test_nothing_known_is_an_empty_curve() -> None:
    for curve in (precision_recall_curve([1], [1], known=[0]), fbeta_curve([], [], 1)):
        assert [part.tolist() for part in curve] == [[]] * len(curve)


def test_what_is_no_label_is_told() -> None:
    with pytest.raises(TagonautError, match=r"targets of a curve .* shape is \[1, 2\]"):
        precision_recall_curve([[1, 0]], [[0.5, 0.5]])
    with pytest.raises(TagonautError, match=r"scores: row 1, .* is nan"):
        precision_recall_curve([1, 0], [0.5, np.nan])
    with pytest.raises(TagonautError, match="same pictures"):
        fbeta_curve([1, 0], [0.5], 1)
    with pytest.raises(TagonautError, match="beta"):
        fbeta_curve([1, 0], [0.5, 0.5], 0)

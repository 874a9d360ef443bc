from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from sklearn import metrics as sk

from tagonaut.deciding.metrics import score_metrics
from tagonaut.deciding.metrics.score_metrics import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    mean_average_precision,
    ranking_loss,
    roc_auc,
)
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

few = settings(max_examples=60, deadline=None)
close = {"rel": 1e-12, "nan_ok": True}

ROWWISE = {
    coverage_error: sk.coverage_error,
    ranking_loss: sk.label_ranking_loss,
    label_ranking_average_precision: sk.label_ranking_average_precision_score,
}
# scikit-learn refuses tables of one label; its convention for rows without a pair goes on there.
ALONE: dict[Any, Callable[[int], int]] = {
    coverage_error: lambda target: target,
    ranking_loss: lambda _: 0,
    label_ranking_average_precision: lambda _: 1,
}


def mean_of_defined(values: Any) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def sk_label(measure: Callable[..., float], targets: Any, scores: Any, outcomes: int) -> float:
    """NaN where the label has not as many outcomes as the metric needs."""
    enough = targets.any() and len(set(targets.tolist())) >= outcomes
    return measure(targets, scores) if enough else float("nan")


@given(arrays=drawn())
@settings(max_examples=150, deadline=None)
def test_average_precision_is_scikit_learns(arrays: Drawn) -> None:
    targets, scores, _, known = arrays
    expected = [
        sk_label(sk.average_precision_score, targets[rows, k], scores[rows, k], outcomes=1)
        for k, rows in enumerate(known.T)
    ]
    assert average_precision(targets, scores, known=known) == pytest.approx(expected, **close)
    macro = mean_average_precision(targets, scores, known=known)
    assert macro == pytest.approx(mean_of_defined(expected), **close)
    pooled = sk_label(sk.average_precision_score, targets[known], scores[known], outcomes=1)
    micro = mean_average_precision(targets, scores, known=known, average="micro")
    assert micro == pytest.approx(pooled, **close)


@given(arrays=drawn())
@settings(max_examples=150, deadline=None)
def test_roc_auc_is_scikit_learns(arrays: Drawn) -> None:
    targets, scores, _, known = arrays
    expected = [
        sk_label(sk.roc_auc_score, targets[rows, k], scores[rows, k], outcomes=2)
        for k, rows in enumerate(known.T)
    ]
    assert roc_auc(targets, scores, known=known) == pytest.approx(expected, **close)
    macro = roc_auc(targets, scores, known=known, average="macro")
    assert macro == pytest.approx(mean_of_defined(expected), **close)
    pooled = sk_label(sk.roc_auc_score, targets[known], scores[known], outcomes=2)
    micro = roc_auc(targets, scores, known=known, average="micro")
    assert micro == pytest.approx(pooled, **close)


@pytest.mark.parametrize("ours", ROWWISE, ids=lambda ours: ours.__name__)
@given(arrays=drawn(all_known=True, min_labels=2))
@few
def test_each_pictures_ranking_is_scikit_learns(ours: Any, arrays: Drawn) -> None:
    expected = ROWWISE[ours](arrays.targets, arrays.scores)
    assert ours(arrays.targets, arrays.scores) == pytest.approx(expected, **close)


@pytest.mark.parametrize("ours", ROWWISE, ids=lambda ours: ours.__name__)
@given(arrays=drawn())
@few
def test_each_picture_is_ranked_among_its_known_labels(ours: Any, arrays: Drawn) -> None:
    rows = [
        ROWWISE[ours]([target[mask]], [score[mask]])
        if mask.sum() > 1
        else ALONE[ours](int(target[mask][0]))
        for target, score, mask in zip(arrays.targets, arrays.scores, arrays.known, strict=True)
        if mask.any()
    ]
    found = ours(arrays.targets, arrays.scores, known=arrays.known)
    assert found == pytest.approx(np.mean(rows) if rows else np.nan, **close)


def many(labels: int, *, digits: int, logits: bool = False) -> tuple[Any, NDArray[Any]]:
    random = np.random.default_rng(digits)
    targets = random.random((3000, labels)) < np.linspace(0.001, 0.9, labels)
    targets[0], targets[1] = True, False
    scores = np.round(random.normal(size=targets.shape) + targets, digits).astype(np.float32)
    return targets, scores if logits else np.clip(scores / 8 + 0.5, 0, 1)


@pytest.mark.parametrize(("digits", "logits"), [(1, False), (2, True), (7, True)])
def test_many_pictures_and_labels_are_scikit_learns(digits: int, logits: bool) -> None:
    # More cells than are taken at a time, and than one thread takes.
    targets, scores = many(100, digits=digits, logits=logits)
    areas = sk.average_precision_score(targets, scores, average=None)
    assert average_precision(targets, scores) == pytest.approx(areas, **close)
    pairs = sk.roc_auc_score(targets, scores, average=None)
    assert roc_auc(targets, scores) == pytest.approx(pairs, **close)
    for ours, theirs in ROWWISE.items():
        assert ours(targets, scores) == pytest.approx(theirs(targets, scores), **close)


def test_the_blocks_that_pictures_are_ranked_in_have_no_seams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    targets, scores = many(5, digits=1)
    expected = [ours(targets, scores) for ours in ROWWISE]
    monkeypatch.setattr(score_metrics, "BLOCK_CELLS", 7 * 5)
    assert [ours(targets, scores) for ours in ROWWISE] == expected


@pytest.mark.parametrize("metric", [average_precision, mean_average_precision, roc_auc, *ROWWISE])
@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_told(metric: Any, score: float) -> None:
    with pytest.raises(TagonautError, match=r"scores: row 1, label column 0 .* finite"):
        metric([[1, 0], [0, 1]], [[0.5, 0.5], [score, 0.5]])
    with pytest.raises(TagonautError, match="scores has the shape"):
        metric([[1, 0], [0, 1]], [[0.5, 0.5]])


@pytest.mark.parametrize("metric", [mean_average_precision, roc_auc])
def test_an_average_that_scores_have_not_is_told(metric: Any) -> None:
    with pytest.raises(TagonautError, match="no average 'samples' of scores"):
        metric([[1]], [[1]], average="samples")


def test_nothing_known_is_no_figure() -> None:
    nothing = np.zeros((2, 3))
    for metric in (mean_average_precision, *ROWWISE):
        assert np.isnan(metric(nothing, nothing, known=nothing))
        assert np.isnan(metric(nothing[:0], nothing[:0]))
    for label_metric in (average_precision, roc_auc):
        assert np.isnan(label_metric(nothing, nothing, known=nothing)).tolist() == [True] * 3
        assert np.isnan(label_metric(nothing[:0], nothing[:0])).tolist() == [True] * 3

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as sk

from tagonaut.deciding.metrics import tag_metrics as metrics
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

AVERAGES = ("micro", "macro", "weighted", "samples")
few = settings(max_examples=40, deadline=None)


def sk_ratio(name: str, *arrays: Any, **options: Any) -> Any:
    ratios: dict[str, Callable[..., Any]] = {
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "jaccard": sk.jaccard_score,
    }
    options["zero_division"] = 0
    if name in ratios:
        return ratios[name](*arrays, **options)
    return sk.fbeta_score(*arrays, beta=float(name[1:]), **options)


def our_ratio(name: str, targets: Any, tags: Any, **options: Any) -> Any:
    ratios: dict[str, Callable[..., Any]] = {
        "precision": metrics.precision,
        "recall": metrics.recall,
        "jaccard": metrics.jaccard,
    }
    if name in ratios:
        return ratios[name](targets, tags, **options)
    return metrics.fbeta(targets, tags, float(name[1:]), **options)


RATIOS = ("precision", "recall", "jaccard", "f0.5", "f1", "f2")


def by_label(measure: Callable[..., float], arrays: Drawn, empty: float) -> list[float]:
    """A one-label oracle, on each label's known rows."""
    columns = zip(arrays.targets.T, arrays.tags.T, arrays.known.T, strict=True)
    return [
        measure(targets[known], tags[known]) if known.any() else empty
        for targets, tags, known in columns
    ]


@pytest.mark.parametrize("name", RATIOS)
@given(arrays=drawn(all_known=True, min_labels=2))
@few
def test_ratios_are_scikit_learns(name: str, arrays: Drawn) -> None:
    targets, _, tags, _ = arrays
    for average in (None, *AVERAGES):
        expected = sk_ratio(name, targets, tags, average=average)
        assert our_ratio(name, targets, tags, average=average) == pytest.approx(expected)


@pytest.mark.parametrize("name", RATIOS)
@given(arrays=drawn())
@few
def test_ratios_count_known_cells_alone(name: str, arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    labels = by_label(lambda *pair: sk_ratio(name, *pair), arrays, empty=0)
    assert our_ratio(name, targets, tags, known=known) == pytest.approx(labels)
    macro = our_ratio(name, targets, tags, known=known, average="macro")
    assert macro == pytest.approx(np.mean(labels))
    support = (targets * known).sum(axis=0)
    weighted = our_ratio(name, targets, tags, known=known, average="weighted")
    assert weighted == pytest.approx(np.dot(labels, support) / max(1, support.sum()))
    if known.any():
        micro = our_ratio(name, targets, tags, known=known, average="micro")
        assert micro == pytest.approx(sk_ratio(name, targets[known], tags[known]))
        rows = [
            sk_ratio(name, target[mask], tag[mask])
            for target, tag, mask in zip(targets, tags, known, strict=True)
            if mask.any()
        ]
        samples = our_ratio(name, targets, tags, known=known, average="samples")
        assert samples == pytest.approx(np.mean(rows))


@given(arrays=drawn())
@few
def test_counts_are_scikit_learns_confusion_matrix(arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    found = metrics.counts(targets, tags, known=known)
    for k in range(targets.shape[1]):
        rows = known[:, k]
        if rows.any():
            pair = targets[rows, k], tags[rows, k].astype(int)
            tn, fp, fn, tp = sk.confusion_matrix(*pair, labels=[0, 1]).ravel()
            assert [found.tp[k], found.fp[k], found.fn[k], found.tn[k]] == [tp, fp, fn, tn]
        else:
            assert [part[k] for part in found] == [0, 0, 0, 0]


@given(arrays=drawn(all_known=True, min_labels=2))
@few
def test_exact_match_is_scikit_learns_subset_accuracy(arrays: Drawn) -> None:
    expected = sk.accuracy_score(arrays.targets, arrays.tags)
    assert metrics.exact_match(arrays.targets, arrays.tags) == pytest.approx(expected)


@given(arrays=drawn())
@few
def test_exact_match_asks_known_cells_of_pictures_that_have_one(arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    rows = [
        np.array_equal(target[mask], tag[mask])
        for target, tag, mask in zip(targets, tags, known, strict=True)
        if mask.any()
    ]
    expected = np.mean(rows) if rows else np.nan
    found = metrics.exact_match(targets, tags, known=known)
    assert found == pytest.approx(expected, nan_ok=True)


@given(arrays=drawn())
@few
def test_binary_accuracy_is_scikit_learns(arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    labels = by_label(sk.accuracy_score, arrays, empty=np.nan)
    found = metrics.binary_accuracy(targets, tags, known=known)
    assert found == pytest.approx(np.array(labels), nan_ok=True)
    if known.any():
        cells = sk.accuracy_score(targets[known], tags[known])
        micro = metrics.binary_accuracy(targets, tags, known=known, average="micro")
        assert micro == pytest.approx(cells)
        hamming = metrics.hamming_loss(targets, tags, known=known)
        assert hamming == pytest.approx(sk.hamming_loss(targets[known], tags[known]))


@given(arrays=drawn(all_known=True, min_labels=2))
@few
def test_hamming_loss_is_scikit_learns(arrays: Drawn) -> None:
    expected = sk.hamming_loss(arrays.targets, arrays.tags)
    assert metrics.hamming_loss(arrays.targets, arrays.tags) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("targets", "tags", "known", "message"),
    [
        ([[1, 0]], [[1, 0, 1]], None, r"tags has the shape \[1, 3\] but the targets have \[1, 2\]"),
        ([[1, 0]], [[1, 0]], [[True]], "known has the shape"),
        ([[1, 0], [1, 2]], [[1, 0], [1, 1]], None, "targets: row 1, label column 1 .* is 2"),
        ([[1, 0], [np.nan, 1]], [[1, 0], [1, 1]], None, "targets: row 1, label column 0 .* is nan"),
        ([[1, 0], [1, 1]], [[1, 0.5], [1, 1]], None, "tags: row 0, label column 1 .* is 0.5"),
        ([1, 0], [1, 0], None, "targets must be a table"),
        (np.zeros((3, 0)), np.zeros((3, 0)), None, "at least one label"),
        ([[1, 0], [1]], [[1, 0], [1, 1]], None, "targets must be a table"),
        ([["a", "b"]], [[1, 0]], None, "targets must hold numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_told(targets: Any, tags: Any, known: Any, message: str) -> None:
    for metric in (metrics.counts, metrics.recall, metrics.exact_match, metrics.hamming_loss):
        with pytest.raises(TagonautError, match=message):
            metric(targets, tags, known=known)


def test_the_target_of_an_unknown_cell_may_be_anything() -> None:
    targets = np.array([[1.0, np.nan], [-1.0, 1.0]])
    known = np.array([[True, False], [False, True]])
    assert metrics.exact_match(targets, np.ones((2, 2)), known=known) == 1


@pytest.mark.parametrize("beta", [0, -1, np.nan, np.inf])
def test_a_beta_that_is_not_positive_is_told(beta: float) -> None:
    with pytest.raises(TagonautError, match="beta"):
        metrics.fbeta([[1]], [[1]], beta)


def test_an_average_that_is_not_there_is_told() -> None:
    with pytest.raises(TagonautError, match="did you mean 'macro'"):
        metrics.recall([[1]], [[1]], average="marco")  # type: ignore[call-overload]


def test_nothing_known_is_no_figure() -> None:
    nothing: dict[str, Any] = {"targets": [[1, 0]], "tags": [[1, 0]], "known": [[0, 0]]}
    assert np.isnan(metrics.exact_match(**nothing))
    assert np.isnan(metrics.binary_accuracy(**nothing)).all()
    assert np.isnan(metrics.binary_accuracy(**nothing, average="weighted"))
    assert np.isnan(metrics.hamming_loss(**nothing))
    assert np.isnan(metrics.recall(**nothing, average="samples"))
    assert metrics.recall(**nothing, average="weighted") == 0
    empty = np.zeros((0, 2))
    assert metrics.recall(empty, empty, average="micro") == 0

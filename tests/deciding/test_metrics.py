from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tagonaut import deciding
from tagonaut.errors import TagonautError

from .drawn_arrays import Drawn, drawn, spoil_unknown

AVERAGES = ("micro", "macro", "samples")
BETAS = (0.5, 1, 2)
few = settings(max_examples=40, deadline=None)

# Four pictures of three labels; the last picture's first label and the third's second are unknown.
TARGETS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]])
TAGS = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
KNOWN = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
SCORES = np.array([[0.9, 0.2, 0.1], [0.4, 0.6, 0.3], [0.7, 0.1, 0.2], [0.3, 0.6, 0.4]])


def sk_ratio(name: str, *arrays: Any, **options: Any) -> Any:
    ratios: dict[str, Callable[..., Any]] = {
        "precision": sk.precision_score,
        "recall": sk.recall_score,
    }
    options["zero_division"] = 0
    if name in ratios:
        return ratios[name](*arrays, **options)
    return sk.fbeta_score(*arrays, beta=float(name[1:]), **options)


def our_ratio(name: str, targets: Any, tags: Any, **options: Any) -> Any:
    ratios: dict[str, Callable[..., Any]] = {
        "precision": deciding.precision,
        "recall": deciding.recall,
    }
    if name in ratios:
        return ratios[name](targets, tags, **options)
    return deciding.fbeta(targets, tags, float(name[1:]), **options)


RATIOS = ("precision", "recall", "f0.5", "f1", "f2")


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
    found = deciding.counts(targets, tags, known=known)
    for k in range(targets.shape[1]):
        rows = known[:, k]
        if rows.any():
            pair = targets[rows, k], tags[rows, k].astype(int)
            tn, fp, fn, tp = sk.confusion_matrix(*pair, labels=[0, 1]).ravel()
            assert [found.tp[k], found.fp[k], found.fn[k], found.tn[k]] == [tp, fp, fn, tn]
        else:
            assert [part[k] for part in found] == [0, 0, 0, 0]


@given(arrays=drawn())
@settings(max_examples=150, deadline=None)
def test_average_precision_is_scikit_learns_to_the_bit(arrays: Drawn) -> None:
    targets, scores, _, known = arrays
    areas = deciding.average_precision(targets, scores, known=known)
    defined = []
    for k, rows in enumerate(known.T):
        if targets[rows, k].any():
            defined.append(sk.average_precision_score(targets[rows, k], scores[rows, k]))
            assert areas[k] == defined[-1]
        else:
            assert np.isnan(areas[k])
    mean = deciding.mean_average_precision(targets, scores, known=known)
    assert mean == (
        pytest.approx(np.mean(defined)) if defined else pytest.approx(np.nan, nan_ok=True)
    )


@pytest.mark.parametrize("digits", [1, 2, 7])
def test_average_precision_of_many_pictures_is_scikit_learns_to_the_bit(digits: int) -> None:
    random = np.random.default_rng(digits)
    targets = random.random((3000, 5)) < [0.5, 0.2, 0.05, 0.9, 0.001]
    targets[0] = True
    scores = np.round(random.normal(size=targets.shape) + targets, digits).astype(np.float32)
    expected = sk.average_precision_score(targets, scores, average=None)
    assert deciding.average_precision(targets, scores).tolist() == list(expected)


@given(arrays=drawn(all_known=True, min_labels=2))
@few
def test_exact_match_is_scikit_learns_subset_accuracy(arrays: Drawn) -> None:
    expected = sk.accuracy_score(arrays.targets, arrays.tags)
    assert deciding.exact_match(arrays.targets, arrays.tags) == pytest.approx(expected)


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
    found = deciding.exact_match(targets, tags, known=known)
    assert found == pytest.approx(expected, nan_ok=True)


@given(arrays=drawn())
@few
def test_binary_accuracy_is_scikit_learns(arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    labels = by_label(sk.accuracy_score, arrays, empty=np.nan)
    found = deciding.binary_accuracy(targets, tags, known=known)
    assert found == pytest.approx(np.array(labels), nan_ok=True)
    if known.any():
        cells = sk.accuracy_score(targets[known], tags[known])
        micro = deciding.binary_accuracy(targets, tags, known=known, average="micro")
        assert micro == pytest.approx(cells)


@given(arrays=drawn())
@few
def test_majority_is_the_best_constant_guess(arrays: Drawn) -> None:
    targets, _, _, known = arrays
    tags = np.broadcast_to(deciding.majority(targets, known=known), targets.shape)
    right = deciding.binary_accuracy(targets, tags, known=known)
    wrong = deciding.binary_accuracy(targets, ~tags, known=known)
    assert np.all((right >= wrong) | np.isnan(right))


def test_majority_tags_more_than_half() -> None:
    targets = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]])
    known = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 0, 0]])
    assert deciding.majority(targets, known=known).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (deciding.counts(TARGETS, TAGS, known=KNOWN), [[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 1, 4]]),
        (deciding.precision(TARGETS, TAGS, known=KNOWN), [1 / 2, 1 / 2, 0]),
        (deciding.recall(TARGETS, TAGS, known=KNOWN), [1 / 2, 1, 0]),
        (deciding.fbeta(TARGETS, TAGS, 1, known=KNOWN), [1 / 2, 2 / 3, 0]),
        (deciding.fbeta(TARGETS, TAGS, 2, known=KNOWN), [1 / 2, 5 / 6, 0]),
        (deciding.fbeta(TARGETS, TAGS, 1, known=KNOWN, average="micro"), 4 / 7),
        (deciding.fbeta(TARGETS, TAGS, 1, known=KNOWN, average="macro"), 7 / 18),
        # Picture by picture: 1, one found of two, only a wrong tag, only a wrong tag.
        (deciding.fbeta(TARGETS, TAGS, 1, known=KNOWN, average="samples"), (1 + 2 / 3) / 4),
        (deciding.fbeta(TARGETS, TAGS, 2, known=KNOWN, average="samples"), (1 + 5 / 9) / 4),
        (deciding.exact_match(TARGETS, TAGS, known=KNOWN), 1 / 4),
        (deciding.binary_accuracy(TARGETS, TAGS, known=KNOWN), [1 / 3, 2 / 3, 1]),
        (deciding.binary_accuracy(TARGETS, TAGS, known=KNOWN, average="micro"), 7 / 10),
        # Label 1: 0.9 right, 0.7 wrong, 0.4 right. Label 2: right and wrong tie at 0.6.
        (deciding.average_precision(TARGETS, SCORES, known=KNOWN), [5 / 6, 1 / 2, np.nan]),
        (deciding.mean_average_precision(TARGETS, SCORES, known=KNOWN), 2 / 3),
    ],
)
def test_table_worked_by_hand(figure: Any, expected: Any) -> None:
    assert np.asarray(figure) == pytest.approx(np.asarray(expected), nan_ok=True)


def every_figure(arrays: Drawn) -> list[Any]:
    """All metrics as one flat list: first those of all labels, then k of each label."""
    targets, scores, tags, known = arrays
    figures: list[Any] = [deciding.exact_match(targets, tags, known=known)]
    figures.append(deciding.mean_average_precision(targets, scores, known=known))
    for name in RATIOS:
        figures += [
            our_ratio(name, targets, tags, average=average, known=known) for average in AVERAGES
        ]
    labels = [our_ratio(name, targets, tags, known=known) for name in RATIOS]
    labels += [deciding.average_precision(targets, scores, known=known)]
    labels += [deciding.binary_accuracy(targets, tags, known=known)]
    return [np.array(figures), np.array(labels)]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    for left, right in zip(found, expected, strict=True):
        assert left == pytest.approx(right, nan_ok=True)


@given(arrays=drawn())
@few
def test_what_stands_in_an_unknown_cell_is_ignored(arrays: Drawn) -> None:
    assert_same(every_figure(spoil_unknown(arrays)), every_figure(arrays))


@given(arrays=drawn(), seed=st.integers(0, 99))
@few
def test_the_order_of_pictures_and_labels_changes_nothing(arrays: Drawn, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = (random.permutation(size) for size in arrays.targets.shape)
    moved = Drawn(*(array[rows][:, columns] for array in arrays))
    overall, labels = every_figure(arrays)
    assert_same(every_figure(moved), [overall, labels[:, columns]])


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
    for metric in (deciding.counts, deciding.precision, deciding.recall, deciding.exact_match):
        with pytest.raises(TagonautError, match=message):
            metric(targets, tags, known=known)


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_told(score: float) -> None:
    with pytest.raises(TagonautError, match=r"scores: row 1, label column 0 .* finite"):
        deciding.average_precision([[1, 0], [0, 1]], [[0.5, 0.5], [score, 0.5]])


def test_the_target_of_an_unknown_cell_may_be_anything() -> None:
    targets = np.array([[1.0, np.nan], [-1.0, 1.0]])
    known = np.array([[True, False], [False, True]])
    assert deciding.exact_match(targets, np.ones((2, 2)), known=known) == 1


@pytest.mark.parametrize("beta", [0, -1, np.nan, np.inf])
def test_a_beta_that_is_not_positive_is_told(beta: float) -> None:
    with pytest.raises(TagonautError, match="beta"):
        deciding.fbeta([[1]], [[1]], beta)


def test_an_average_that_is_not_there_is_told() -> None:
    with pytest.raises(TagonautError, match="did you mean 'macro'"):
        deciding.recall([[1]], [[1]], average="marco")  # type: ignore[call-overload]


def test_nothing_known_is_no_figure() -> None:
    nothing: dict[str, Any] = {"targets": [[1, 0]], "tags": [[1, 0]], "known": [[0, 0]]}
    assert np.isnan(deciding.exact_match(**nothing))
    assert np.isnan(deciding.binary_accuracy(**nothing)).all()
    assert np.isnan(deciding.recall(**nothing, average="samples"))
    empty = np.zeros((0, 2))
    assert np.isnan(deciding.average_precision(empty, empty)).all()
    assert deciding.recall(empty, empty, average="micro") == 0

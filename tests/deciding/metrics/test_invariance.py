"""What must hold of every metric, whatever the pictures and labels are."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tagonaut.deciding import correct_predictions, majority
from tagonaut.deciding.metrics import score_metrics
from tagonaut.deciding.metrics import tag_metrics as metrics
from tagonaut.deciding.metrics.confusion import label_confusion
from tagonaut.deciding.metrics.curves import fbeta_curve, precision_recall_curve
from tagonaut.deciding.metrics.reliability import calibration_error, reliability_curve
from tests.deciding.drawn_arrays import Drawn, drawn, spoil_unknown

few = settings(max_examples=60, deadline=None)

OF_TAGS: dict[str, Any] = {
    "precision": metrics.precision,
    "recall": metrics.recall,
    "f1": partial(metrics.fbeta, beta=1),
    "f2": partial(metrics.fbeta, beta=2),
    "jaccard": metrics.jaccard,
    "accuracy": metrics.binary_accuracy,
}
WHOLE: dict[str, Any] = {
    "exact match": metrics.exact_match,
    "hamming loss": metrics.hamming_loss,
    "correct": correct_predictions,
}
OF_THE_ORDER: dict[str, Any] = {
    "coverage": score_metrics.coverage_error,
    "ranking loss": score_metrics.ranking_loss,
    "lrap": score_metrics.label_ranking_average_precision,
    "map macro": score_metrics.mean_average_precision,
    "map micro": partial(score_metrics.mean_average_precision, average="micro"),
    "roc macro": partial(score_metrics.roc_auc, average="macro"),
    "roc micro": partial(score_metrics.roc_auc, average="micro"),
}
WHOLE_OF_SCORES = OF_THE_ORDER | {
    "calibration macro": partial(calibration_error, average="macro"),
    "calibration micro": partial(calibration_error, average="micro"),
    "reliability": partial(reliability_curve, average="micro"),
}
Figures = dict[str, NDArray[Any]]


def overall_figures(arrays: Drawn) -> Figures:
    targets, scores, tags, known = arrays
    found = {
        f"{name} {average}": metric(targets, tags, known=known, average=average)
        for name, metric in OF_TAGS.items()
        for average in ("micro", "macro", "weighted", "samples")
    }
    found |= {name: metric(targets, tags, known=known) for name, metric in WHOLE.items()}
    found |= {
        name: metric(targets, scores, known=known) for name, metric in WHOLE_OF_SCORES.items()
    }
    return {name: np.asarray(figure) for name, figure in found.items()}


def label_figures(arrays: Drawn) -> Figures:
    """``[k]`` each, or more axes after that of the labels."""
    targets, scores, tags, known = arrays
    found = {name: metric(targets, tags, known=known) for name, metric in OF_TAGS.items()}
    found["counts"] = np.transpose(metrics.counts(targets, tags, known=known))
    found["ap"] = score_metrics.average_precision(targets, scores, known=known)
    found["roc"] = score_metrics.roc_auc(targets, scores, known=known)
    found["calibration"] = calibration_error(targets, scores, known=known)
    curve = reliability_curve(targets, scores, known=known)
    found["reliability"] = np.stack(curve, axis=1)
    found["majority"] = majority(targets, known=known)
    return found


def curves(arrays: Drawn) -> list[Any]:
    columns = zip(arrays.targets.T, arrays.scores.T, arrays.known.T, strict=True)
    return [
        np.stack(
            [*precision_recall_curve(t, s, known=k), *fbeta_curve(t, s, beta=2, known=k)]
        ).tolist()
        for t, s, k in columns
    ]


def assert_same(found: Figures, expected: Figures) -> None:
    assert found.keys() == expected.keys()
    for name, figure in found.items():
        np.testing.assert_allclose(figure, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


@given(arrays=drawn())
@few
def test_what_stands_in_an_unknown_cell_is_ignored(arrays: Drawn) -> None:
    other = spoil_unknown(arrays)
    assert_same(overall_figures(other), overall_figures(arrays))
    assert_same(label_figures(other), label_figures(arrays))
    assert curves(other) == curves(arrays)
    found, expected = (label_confusion(x.targets, x.tags, known=x.known) for x in (other, arrays))
    assert found.tolist() == expected.tolist()


@given(arrays=drawn(), seed=st.integers(0, 99))
@few
def test_the_order_of_pictures_and_labels_changes_nothing(arrays: Drawn, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = (random.permutation(size) for size in arrays.targets.shape)
    moved = Drawn(*(array[rows][:, columns] for array in arrays))
    assert_same(overall_figures(moved), overall_figures(arrays))
    expected = {name: figure[columns] for name, figure in label_figures(arrays).items()}
    assert_same(label_figures(moved), expected)
    assert curves(moved) == [curves(arrays)[column] for column in columns]
    pairs = label_confusion(arrays.targets, arrays.tags, known=arrays.known)
    found = label_confusion(moved.targets, moved.tags, known=moved.known)
    assert found.tolist() == pairs[columns][:, columns].tolist()


@pytest.mark.parametrize("beta", [0.5, 1, 2])
@given(arrays=drawn(), data=st.data())
@few
def test_a_label_without_a_mistake_lowers_neither_macro_f_nor_map(
    beta: float, arrays: Drawn, data: st.DataObject
) -> None:
    pictures = len(arrays.targets)
    truth = np.array(data.draw(st.lists(st.booleans(), min_size=pictures, max_size=pictures)))
    truth[data.draw(st.integers(0, pictures - 1))] = True
    perfect = Drawn(truth, np.where(truth, 0.75, 0.25), truth, np.ones(pictures, np.bool_))
    more = Drawn(*(np.column_stack(pair) for pair in zip(arrays, perfect, strict=True)))

    def macro_f(some: Drawn) -> float:
        return metrics.fbeta(some.targets, some.tags, beta, known=some.known, average="macro")

    def mean_ap(some: Drawn) -> float:
        return score_metrics.mean_average_precision(some.targets, some.scores, known=some.known)

    assert macro_f(more) >= macro_f(arrays) - 1e-12
    before = mean_ap(arrays)
    assert mean_ap(more) >= (0 if np.isnan(before) else before) - 1e-12


@given(arrays=drawn(), lowest=st.integers(-40, 3))
@few
def test_only_the_order_of_scores_counts_where_there_is_no_threshold(
    arrays: Drawn, lowest: int
) -> None:
    targets, scores, _, known = arrays
    places = np.unique(scores, return_inverse=True)[1].reshape(scores.shape) + lowest
    metrics_of = OF_THE_ORDER | {
        "ap": score_metrics.average_precision,
        "roc": score_metrics.roc_auc,
    }
    found, expected = (
        {name: metric(targets, some, known=known) for name, metric in metrics_of.items()}
        for some in (places, scores)
    )
    assert_same(found, expected)


@given(arrays=drawn())
@few
def test_every_figure_is_in_its_range(arrays: Drawn) -> None:
    figures = overall_figures(arrays) | label_figures(arrays)
    coverage = figures.pop("coverage")
    assert np.isnan(coverage) or 0 <= coverage <= arrays.targets.shape[1]
    for name in figures.keys() - {"correct", "counts", "reliability"}:
        inside = (figures[name] >= 0) & (figures[name] <= 1)
        assert np.all(inside | np.isnan(figures[name])), name

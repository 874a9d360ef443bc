import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from sklearn import metrics as sk

from tagonaut.deciding import evaluate, roc_auc
from tagonaut.deciding.figures import Figure, TagMetric
from tagonaut.deciding.metrics.counts import precision_ratio
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

NAMES = ("clear", "haze", "road", "water")

OVERALL = {
    "map",
    *(
        f"{a}_{m}"
        for a in ("micro", "macro", "samples")
        for m in ("f1", "f2", "precision", "recall")
    ),
    *("exact_match", "binary_accuracy", "baseline_binary_accuracy", "baseline_exact_match"),
    *("baseline_macro_f1", "baseline_samples_f2", "pictures", "in_sample", "labels"),
    *("micro_map", "roc_auc", "coverage_error", "ranking_loss", "label_ranking_ap"),
    *("calibration_error", "weighted_f1", "samples_jaccard", "hamming_loss"),
}


def evaluated(arrays: Drawn, majority: Any) -> Any:
    targets, scores, tags, known = arrays
    width = targets.shape[1]
    return evaluate(
        NAMES[:width],
        targets,
        scores,
        tags,
        majority=majority,
        thresholds=[0.5] * width,
        known=known,
    )


@given(arrays=drawn(all_known=True, min_labels=2))
@settings(max_examples=50, deadline=None)
def test_every_figure_is_scikit_learns(arrays: Drawn) -> None:
    targets, scores, tags, _ = arrays
    naive = np.tile([True, False, True, False], (len(targets), 1))[:, : targets.shape[1]]
    found = evaluated(arrays, naive[0])

    def score(beta: float, average: str, decided: Any = tags) -> float:
        options: dict[str, Any] = {"average": average, "zero_division": 0}
        return sk.fbeta_score(targets, decided, beta=beta, **options)

    for average in ("micro", "macro", "samples"):
        assert found[f"{average}_f1"] == pytest.approx(score(1, average))
        assert found[f"{average}_f2"] == pytest.approx(score(2, average))
        for name, metric in (("precision", sk.precision_score), ("recall", sk.recall_score)):
            expected = metric(targets, tags, average=average, zero_division=0)
            assert found[f"{average}_{name}"] == pytest.approx(expected)
    assert found["exact_match"] == pytest.approx(sk.accuracy_score(targets, tags))
    assert found["binary_accuracy"] == pytest.approx(np.mean(targets == tags))
    assert found["baseline_exact_match"] == pytest.approx(sk.accuracy_score(targets, naive))
    assert found["baseline_binary_accuracy"] == pytest.approx(np.mean(targets == naive))
    assert found["baseline_macro_f1"] == pytest.approx(score(1, "macro", naive))
    assert found["baseline_samples_f2"] == pytest.approx(score(2, "samples", naive))
    assert found["pictures"] == len(targets)
    areas = [
        sk.average_precision_score(target, column)
        for target, column in zip(targets.T, scores.T, strict=True)
        if target.any()
    ]
    assert found["map"] == (pytest.approx(np.mean(areas)) if areas else None)


@given(arrays=drawn())
@settings(max_examples=50, deadline=None)
def test_it_is_valid_json_with_these_keys_and_nothing_of_numpy(arrays: Drawn) -> None:
    assume(arrays.known.any())
    found = evaluated(arrays, [True] * arrays.targets.shape[1])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == OVERALL
    assert [row["label"] for row in found["labels"]] == list(NAMES[: arrays.targets.shape[1]])


def test_rows_of_labels_worked_by_hand() -> None:
    targets = np.array([[1, 0, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]])
    scores = np.array([[0.9, 0.2, 0.9], [0.4, 0.6, 0.9], [0.7, 0.1, 0.9], [0.3, 0.6, 0.9]])
    known = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]])
    found = evaluate(
        ["clear", "haze", "road"],
        targets,
        scores,
        scores >= [0.5, 0.1, 0.95],
        majority=[True, False, True],
        thresholds=np.array([0.5, 0.1, 0.95]).tolist(),
        known=known,
    )
    assert found["pictures"] == 3
    assert found["labels"] == [
        {
            "label": "clear",
            "support": 2,
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
            "f2": 0.5,
            "ap": pytest.approx(5 / 6),
            "roc_auc": 0.5,
            "accuracy": pytest.approx(1 / 3),
            "baseline_accuracy": pytest.approx(2 / 3),
            "threshold": 0.5,
        },
        {
            "label": "haze",
            "support": 1,
            "precision": pytest.approx(1 / 3),
            "recall": 1.0,
            "f1": 0.5,
            "f2": pytest.approx(5 / 7),
            "ap": 1.0,
            "roc_auc": 1.0,
            "accuracy": pytest.approx(1 / 3),
            "baseline_accuracy": pytest.approx(2 / 3),
            "threshold": 0.1,
        },
        {
            "label": "road",
            "support": 0,
            "precision": 0.0,
            "recall": 0.0,
            "f1": 0.0,
            "f2": 0.0,
            "ap": None,
            "roc_auc": None,
            "accuracy": None,
            "baseline_accuracy": None,
            "threshold": 0.95,
        },
    ]


def test_tags_alone_have_no_figures_of_scores() -> None:
    found = evaluate(
        ["a", "b"],
        [[1, 0], [0, 1]],
        None,
        [[1, 0], [1, 1]],
        majority=[True, False],
        thresholds=None,
    )
    of_scores = ("map", "micro_map", "roc_auc", "coverage_error", "ranking_loss")
    assert [found[name] for name in (*of_scores, "calibration_error")] == [None] * 6  # type: ignore[literal-required]
    assert found["exact_match"] == 0.5 and found["hamming_loss"] == 0.25
    assert [row["threshold"] for row in found["labels"]] == [None, None]
    never = evaluate(
        ["a"], [[1], [0]], [[0.9], [0.1]], [[0], [0]], majority=[False], thresholds=[math.inf]
    )
    assert never["labels"][0]["threshold"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a"]}, "labels of 1 do not fit targets of 2 labels"),
        ({"thresholds": [0.5] * 3}, "thresholds of 3 do not fit targets of 2 labels"),
        ({"majority": [True]}, "majority of 1 do not fit targets of 2 labels"),
        ({"majority": [2, 0]}, "majority: row 0, label column 0 .* is 2"),
        ({"scores": [[0.5, 0.5, 0.5]]}, "scores has the shape"),
        ({"tags": [[1]]}, "tags has the shape"),
        ({"known": [[0, 0]]}, "nothing to evaluate"),
    ],
)
def test_what_does_not_fit_is_told(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "labels": ["a", "b"],
        "targets": [[1, 0]],
        "scores": [[0.7, 0.2]],
        "tags": [[1, 0]],
        "majority": [True, False],
        "thresholds": [0.5, 0.5],
    }
    with pytest.raises(TagonautError, match=message):
        evaluate(**(arguments | change))


@pytest.mark.parametrize("metric", [roc_auc, TagMetric(precision_ratio, "weighted")])
def test_a_figure_that_cannot_be_resampled_has_no_interval(metric: Any) -> None:
    with pytest.raises(ValueError, match="some: the bootstrap cannot resample"):
        Figure("some", "some figure", metric, has_interval=True)
    assert not Figure("some", "some figure", metric).has_interval

"""The rules that are tuned to a target: precision, recall and cost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tagonaut.deciding import DEFAULT_THRESHOLD, create_rule, tunable
from tagonaut.deciding.rules.cost import cost_thresholds
from tagonaut.deciding.rules.precision import precision_thresholds
from tagonaut.deciding.rules.recall import recall_thresholds
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

some = settings(max_examples=50, deadline=None)


def tagged(arrays: Drawn, thresholds: NDArray[Any], k: int) -> tuple[int, int, int]:
    """Hits, tags and positives of a label."""
    rows = arrays.known[:, k]
    tags, positive = arrays.scores[rows, k] >= thresholds[k], arrays.targets[rows, k] == 1
    return int((tags & positive).sum()), int(tags.sum()), int(positive.sum())


def every_cut(arrays: Drawn, k: int) -> list[tuple[int, int, int]]:
    """The same for each way to cut, the one that tags nothing last."""
    cuts = [*np.unique(arrays.scores[arrays.known[:, k], k]).tolist(), np.inf]
    return [tagged(arrays, np.full(k + 1, cut), k) for cut in cuts]


shares = st.sampled_from([0.3, 0.5, 0.75, 0.9, 1.0])


@given(arrays=drawn(), target=shares)
@some
def test_a_precision_is_reached_with_the_most_recall(arrays: Drawn, target: float) -> None:
    targets, scores, _, known = arrays
    thresholds = precision_thresholds(targets, scores, target=target, known=known)
    for k, threshold in enumerate(thresholds):
        reached = [cut for cut in every_cut(arrays, k) if cut[0] and cut[0] / cut[1] >= target]
        if not reached:
            assert threshold == np.inf
            continue
        # The most hits, and of those the fewest tags.
        assert tagged(arrays, thresholds, k) == max(reached, key=lambda cut: (cut[0], -cut[1]))


@given(arrays=drawn(), target=shares)
@some
def test_a_recall_is_reached_with_the_fewest_tags(arrays: Drawn, target: float) -> None:
    targets, scores, _, known = arrays
    thresholds = recall_thresholds(targets, scores, target=target, known=known)
    for k, threshold in enumerate(thresholds):
        reached = [cut for cut in every_cut(arrays, k) if cut[2] and cut[0] / cut[2] >= target]
        if not reached:
            assert threshold == DEFAULT_THRESHOLD
            continue
        assert tagged(arrays, thresholds, k) == min(reached, key=lambda cut: cut[1])


@given(arrays=drawn(), missed=st.sampled_from([0.25, 0.5, 1, 2, 3, 6]))
@some
def test_no_cut_costs_less(arrays: Drawn, missed: float) -> None:
    targets, scores, _, known = arrays
    thresholds = cost_thresholds(targets, scores, missed=missed, known=known)
    for k in range(len(thresholds)):
        if not tunable(targets, known=known)[k]:
            assert thresholds[k] == DEFAULT_THRESHOLD
            continue
        costs = [missed * (p - tp) + t - tp for tp, t, p in every_cut(arrays, k)]
        tp, tags, positives = tagged(arrays, thresholds, k)
        assert missed * (positives - tp) + tags - tp == min(costs)


def test_thresholds_for_a_target_or_a_cost_worked_by_hand() -> None:
    column = {"targets": [[1], [0], [1], [0]], "scores": [[0.9], [0.8], [0.5], [0.1]]}
    assert precision_thresholds(**column, target=2 / 3)[0] == pytest.approx(0.3)
    assert precision_thresholds(**column, target=0.7)[0] == pytest.approx(0.85)
    assert recall_thresholds(**column, target=0.5)[0] == pytest.approx(0.85)
    assert recall_thresholds(**column, target=0.51)[0] == pytest.approx(0.3)
    # The second hit costs a wrong tag: worth it at a price of 2, not of a half.
    assert cost_thresholds(**column, missed=2)[0] == pytest.approx(0.3)
    assert cost_thresholds(**column, missed=0.5)[0] == pytest.approx(0.85)
    hopeless = {"targets": [[1], [0], [0]], "scores": [[0.5], [0.5], [0.5]]}
    assert cost_thresholds(**hopeless, missed=1)[0] == pytest.approx(0.75)


def test_costs_of_calibrated_scores_come_to_the_share_of_the_wrong() -> None:
    random = np.random.default_rng(0)
    scores = random.random((200_000, 1))
    targets = random.random(scores.shape) < scores
    found = cost_thresholds(targets, scores, missed=4)
    assert found[0] == pytest.approx(1 / 5, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        ("precision", 0, "precision needs a target over 0 and up to 1, such as 0.95, not 0"),
        ("recall", 1.1, "recall needs a target over 0 and up to 1, such as 0.95, not 1.1"),
        ("cost", -1, "cost needs a target, .* such as 5, not -1"),
        ("cost", np.inf, "cost needs a target, .* such as 5, not inf"),
        ("precision", None, "a rule of kind precision needs a target .* not None"),
        ("shrunk", 0.5, "kind shrunk has no target: only precision, recall, cost have one"),
        ("precisoin", 0.5, "there is no rule 'precisoin' .did you mean 'precision'"),
    ],
)
def test_a_target_that_cannot_be_is_told(kind: str, target: Any, message: str) -> None:
    with pytest.raises(TagonautError, match=message):
        create_rule(kind, target)

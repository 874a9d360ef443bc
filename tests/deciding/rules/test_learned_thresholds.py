import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from tagonaut.deciding.metrics.tag_metrics import fbeta
from tagonaut.deciding.rules.learned_thresholds import (
    Cells,
    LearnedThresholds,
    fit_cells,
)
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

PLAIN = {"weights": [[0.5, 0.0], [0.0, 0.1]], "bias": [1.0, -1.0]}


def shifted(pictures: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scores that are too high by 3 in log-odds where a third label, which is certain, is there."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (pictures, 3))
    targets = random.random(logits.shape) < expit(logits)
    logits[:, 2] = np.where(targets[:, 2], 4, -4)
    logits[:, :2] += 3 * targets[:, 2:]
    return targets, expit(logits)


def test_a_threshold_that_one_score_moves_is_learned() -> None:
    targets, scores = shifted(3_000, 0)
    unseen, others = shifted(5_000, 1)
    tags = LearnedThresholds.fit(targets, scores).decide(others, [])
    # The best there is: what the scores were before they were moved.
    truth = others.copy()
    truth[:, :2] = expit(np.log(others / (1 - others))[:, :2] - 3 * unseen[:, 2:])
    accuracy = [(each == unseen).mean() for each in (others >= 0.5, tags, truth >= 0.5)]
    assert accuracy[0] < accuracy[2] - 0.06
    assert accuracy[1] > accuracy[2] - 0.01
    assert fbeta(unseen, tags, 1, average="micro") > fbeta(
        unseen, others >= 0.5, 1, average="micro"
    )


def joint_loss(parameters: NDArray[Any], cells: Cells) -> tuple[float, NDArray[Any]]:
    """The penalised cross-entropy of all labels together, and its gradient."""
    table = parameters.reshape(len(cells.penalty), -1)
    weights, bias = table[:, :-1], table[:, -1]
    chances = expit(cells.logits - cells.features @ weights.T - bias)
    told = np.where(cells.positive, chances, 1 - chances)
    loss = -np.log(told[cells.known]).sum() + (cells.penalty * weights**2).sum() / 2
    wrong = np.where(cells.known, cells.positive * 1.0 - chances, 0)
    slope = wrong.T @ cells.features + cells.penalty * weights
    return loss, np.column_stack([slope, wrong.sum(axis=0)]).ravel()


@pytest.mark.parametrize("alike", [0, 3])
def test_it_is_the_optimum_of_all_labels_together(alike: float) -> None:
    """``alike``: how much the features say the same."""
    random = np.random.default_rng(2)
    features = random.normal(size=(400, 6)) + alike * random.normal(size=(400, 1))
    features /= features.std(axis=0)
    shape = (400, 4)
    logits = random.normal(-1, 3, shape)
    # The last label is so rare that at first hardly a picture has a say.
    positive = random.random(shape) < np.array([0.5, 0.3, 0.1, 0.01]) * expit(
        logits + features[:, :1]
    )
    positive[:2] = [[True] * 4, [False] * 4]
    logits[:, 3] -= 9
    known = random.random(shape) < 0.8
    known[:2] = True
    penalty = np.where(np.eye(4, 6, dtype=np.bool_), 0.1, 30.0)
    cells = Cells(features, logits, positive, known, penalty)
    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 0, "gtol": 1e-9, "maxcor": 28}
    joint = minimize(
        joint_loss, np.zeros(28), args=(cells,), jac=True, method="L-BFGS-B", options=options
    )
    found = np.column_stack(fit_cells(cells))
    np.testing.assert_allclose(found, joint.x.reshape(4, 7), atol=1e-5)


def test_a_heavy_penalty_leaves_one_threshold_a_label() -> None:
    # Thresholds that depend on nothing: each label's bias makes its mean probability its share.
    targets, scores = shifted(500, 3)
    random = np.random.default_rng(3)
    cells = Cells(
        random.normal(size=(500, 3)),
        np.log(scores / (1 - scores)),
        targets,
        np.ones(targets.shape, np.bool_),
        np.full((3, 3), 1e5),
    )
    weights, bias = fit_cells(cells)
    np.testing.assert_allclose(weights, 0, atol=1e-3)
    np.testing.assert_allclose(
        expit(cells.logits - bias).mean(axis=0), targets.mean(axis=0), atol=1e-3
    )


def test_a_label_that_cannot_be_tuned_keeps_a_half() -> None:
    targets, scores = shifted(200, 4)
    targets[:, 1] = True
    found = LearnedThresholds.fit(targets, scores)
    assert found.weights[1] == (0, 0, 0)
    assert found.bias[1] == 0
    assert np.array_equal(found.decide(scores, [])[:, 1], scores[:, 1] >= 0.5)


def test_an_unknown_target_counts_nowhere() -> None:
    targets, scores = shifted(300, 5)
    known = np.random.default_rng(5).random(targets.shape) < 0.7
    found = LearnedThresholds.fit(targets, scores, known=known)
    assert found == LearnedThresholds.fit(targets ^ ~known, scores, known=known)
    assert found != LearnedThresholds.fit(targets, scores)


def test_of_a_group_the_one_furthest_above_its_threshold_is_tagged() -> None:
    decider = LearnedThresholds(((0, 0, 0), (0, 0, 0), (0, 0, 0)), (2, 0, 0))
    scores = np.array([[0.9, 0.6, 0.2], [0.99, 0.6, 0.7], [0.3, 0.2, 0.9]])
    assert decider.decide(scores, [[0, 1]]).tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, True],
    ]
    assert decider.decide(scores, []).tolist() == [
        [True, True, False],
        [True, True, True],
        [False, False, True],
    ]


@given(arrays=drawn())
@settings(max_examples=30, deadline=None)
def test_any_arrays_can_be_learned_from_and_json_brings_it_back(arrays: Drawn) -> None:
    targets, scores, _, known = arrays
    decider = LearnedThresholds.fit(targets, scores, known=known)
    again = LearnedThresholds.from_json(json.loads(json.dumps(decider.to_json(), allow_nan=False)))
    assert again == decider
    assert again.decide(scores, []).shape == targets.shape


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (3, "must be an object"),
        ({"bias": [1.0]}, "weights missing"),
        (PLAIN | {"more": 1}, "there is no 'more'"),
        (PLAIN | {"bias": [1.0]}, "must be 1 times 1"),
        (PLAIN | {"weights": [[0.5, 0.0], [0.0]]}, "equally long"),
        (PLAIN | {"weights": [0.5, 0.0]}, "must be a list"),
        (PLAIN | {"weights": [[0.5, None], [0.0, 0.1]]}, "must be numbers"),
        (PLAIN | {"bias": [1.0, float("inf")]}, "must be finite"),
        ({"weights": [], "bias": []}, "not empty"),
    ],
)
def test_a_damaged_file_is_refused(values: Any, message: str) -> None:
    assert LearnedThresholds.from_json(PLAIN).to_json() == PLAIN
    with pytest.raises(TagonautError, match=message):
        LearnedThresholds.from_json(values)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(TagonautError, match="has the shape"):
        LearnedThresholds.fit([[0, 1]], [[0.5]])
    with pytest.raises(TagonautError, match="scores of 1 labels do not fit a rule of 2"):
        LearnedThresholds.from_json(PLAIN).decide(np.array([[0.5]]), [])

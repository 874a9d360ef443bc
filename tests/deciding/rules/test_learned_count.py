import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from tagonaut.deciding.metrics.tag_metrics import exact_match
from tagonaut.deciding.rules.learned_count import LearnedCount
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn

PLAIN = {"counts": [0, 2], "weights": [[0.0, 0.0], [0.5, 0.1]], "bias": [0.0, -1.0]}


def dimmed(pictures: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scores in the right order, each picture's lifted or lowered as a whole, which 0.5 follows."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, 5, pictures)
    order = random.permuted(np.tile(np.arange(8), (pictures, 1)), axis=1)
    targets = order < counts[:, np.newaxis]
    logits = np.where(targets, 2, -2) + random.normal(0, 0.3, targets.shape)
    logits += random.normal(0, 2, (pictures, 1))
    return targets, 1 / (1 + np.exp(-logits))


def test_counts_hold_where_a_threshold_cannot() -> None:
    targets, scores = dimmed(2_000, 0)
    unseen, others = dimmed(2_000, 1)
    tags = LearnedCount.fit(targets, scores).decide(others, [])
    assert exact_match(unseen, others >= 0.5) < 0.7
    assert exact_match(unseen, tags) > 0.95


def test_the_model_is_scikit_learns() -> None:
    targets, scores = dimmed(300, 2)
    falling = -np.sort(-np.log(scores / (1 - scores)), axis=1)
    scaled = (falling - falling.mean(axis=0)) / falling.std(axis=0)
    for wanted in (targets, targets & (np.arange(300)[:, np.newaxis] > 150)):
        model = LogisticRegression(max_iter=1000).fit(scaled, wanted.sum(axis=1))
        tags = LearnedCount.fit(wanted, scores).decide(scores, [])
        assert np.array_equal(tags.sum(axis=1), model.predict(scaled))
        assert scores[tags].size
        low = np.where(tags, scores, 1).min(axis=1)
        assert (low >= np.where(tags, 0, scores).max(axis=1)).all()


def test_two_counts_are_told_apart() -> None:
    targets = np.array([[1, 0, 0]] * 20 + [[1, 1, 1]] * 20)
    scores = np.where(targets, 0.9, 0.1)
    found = LearnedCount.fit(targets, scores)
    assert found.counts == (1, 3)
    assert np.array_equal(found.decide(scores, []), targets == 1)


def test_one_count_alone_is_always_said() -> None:
    found = LearnedCount.fit([[1, 0, 1], [0, 1, 1]], [[0.9, 0.1, 0.8], [0.3, 0.2, 0.1]])
    assert found.counts == (2,)
    assert found.decide(np.array([[0.1, 0.3, 0.2]]), []).tolist() == [[False, True, True]]


def test_the_longest_counts_are_cut_to_those_of_99_in_100() -> None:
    targets = np.zeros((200, 6), np.uint8)
    targets[:100, 0] = 1
    targets[:4, :3] = 1
    targets[:2, :6] = 1
    found = LearnedCount.fit(targets, np.linspace(0, 1, 1200).reshape(200, 6))
    assert found.counts == (0, 1, 3)


def test_pictures_with_an_unknown_label_are_left_out() -> None:
    targets, scores = dimmed(200, 3)
    known = np.ones(targets.shape, np.bool_)
    known[50:, 2] = False
    assert LearnedCount.fit(targets, scores, known=known) == LearnedCount.fit(
        targets[:50], scores[:50]
    )
    with pytest.raises(TagonautError, match="of no picture all labels are known"):
        LearnedCount.fit(targets, scores, known=np.arange(8) > 0 & np.ones((200, 1), np.bool_))


def test_of_a_group_the_likeliest_is_tagged_and_counts() -> None:
    scores = np.array([[0.9, 0.8, 0.1, 0.7], [0.1, 0.2, 0.9, 0.8]])

    def said(count: int) -> list[list[int]]:
        decider = LearnedCount((count,), ((0, 0, 0, 0),), (0,))
        return decider.decide(scores, [[0, 1]]).astype(int).tolist()

    assert said(0) == said(1) == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert said(2) == [[1, 0, 0, 1], [0, 1, 1, 0]]
    assert said(3) == said(4) == [[1, 0, 1, 1], [0, 1, 1, 1]]


@given(arrays=drawn(all_known=True))
@settings(max_examples=30, deadline=None)
def test_any_arrays_can_be_learned_from_and_json_brings_it_back(arrays: Drawn) -> None:
    targets, scores, _, _ = arrays
    decider = LearnedCount.fit(targets, scores)
    again = LearnedCount.from_json(json.loads(json.dumps(decider.to_json(), allow_nan=False)))
    assert again == decider
    tags = again.decide(scores, [])
    assert tags.shape == targets.shape
    assert set(tags.sum(axis=1)) <= set(decider.counts)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("x", "must be an object"),
        ({"counts": [1]}, "weights, bias missing"),
        (PLAIN | {"counts": [0]}, "has 1 counts, 2 rows of weights"),
        (PLAIN | {"counts": [0, 3]}, "from 0 to the number of labels, which is 2"),
        (PLAIN | {"counts": [-1, 1]}, "whole numbers"),
        (PLAIN | {"counts": [1, 1]}, "rising"),
        (PLAIN | {"counts": [0, 1.5]}, "whole numbers"),
        (PLAIN | {"counts": [False, True]}, "must be numbers"),
        (PLAIN | {"bias": [0.0, float("nan")]}, "must be finite"),
        (PLAIN | {"weights": [[0.0], [0.5, 0.1]]}, "equally long"),
    ],
)
def test_a_damaged_file_is_refused(values: Any, message: str) -> None:
    assert LearnedCount.from_json(PLAIN).to_json() == PLAIN
    with pytest.raises(TagonautError, match=message):
        LearnedCount.from_json(values)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(TagonautError, match="has the shape"):
        LearnedCount.fit([[0, 1]], [[0.5]])
    with pytest.raises(TagonautError, match="scores of 1 labels do not fit a rule of 2"):
        LearnedCount.from_json(PLAIN).decide(np.array([[0.5]]), [])

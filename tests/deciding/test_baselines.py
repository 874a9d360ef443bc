import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.dummy import DummyClassifier

from tagonaut.deciding.baselines import majority, prior
from tagonaut.deciding.metrics.tag_metrics import binary_accuracy
from tests.deciding.drawn_arrays import Drawn, drawn

few = settings(max_examples=40, deadline=None)


@given(arrays=drawn())
@few
def test_majority_is_the_best_constant_guess(arrays: Drawn) -> None:
    targets, _, _, known = arrays
    tags = np.broadcast_to(majority(targets, known=known), targets.shape)
    right = binary_accuracy(targets, tags, known=known)
    wrong = binary_accuracy(targets, ~tags, known=known)
    assert np.all((right >= wrong) | np.isnan(right))


def test_majority_tags_more_than_half() -> None:
    targets = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]])
    known = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 0, 0]])
    assert majority(targets, known=known).tolist() == [True, False, True, False]


@given(arrays=drawn())
@few
def test_prior_and_majority_are_scikit_learns_dummies(arrays: Drawn) -> None:
    targets, _, _, known = arrays
    shares, tags = prior(targets, known=known), majority(targets, known=known)
    for k, rows in enumerate(known.T):
        labels = targets[rows, k]
        if not rows.any():
            assert (shares[k], tags[k]) == (0, False)
            continue
        dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(labels), 1)), labels)
        expected = dict(zip(dummy.classes_, dummy.class_prior_, strict=True)).get(1, 0)
        assert shares[k] == pytest.approx(expected, rel=1e-12)
        assert tags[k] == dummy.predict([[0]])[0]

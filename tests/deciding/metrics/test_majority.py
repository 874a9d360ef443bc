import numpy as np
from hypothesis import given, settings
from sklearn.dummy import DummyClassifier

from tagonaut.deciding import majority
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
def test_majority_is_scikit_learns_dummy(arrays: Drawn) -> None:
    targets, _, _, known = arrays
    tags = majority(targets, known=known)
    for k, rows in enumerate(known.T):
        labels = targets[rows, k]
        if not rows.any():
            assert not tags[k]
            continue
        dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(labels), 1)), labels)
        assert tags[k] == dummy.predict([[0]])[0]

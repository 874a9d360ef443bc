import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import hamming_loss

from tagonaut.deciding import correct_predictions
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn, spoil_unknown


def test_two_labels_give_one_half_or_no_point():
    targets = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [0, 0], [0, 0], [1, 1]])
    tags = np.array([[1, 0], [1, 1], [0, 0], [0, 1], [0, 0], [1, 0], [0, 0]])
    each = [1, 0.5, 0.5, 0, 1, 0.5, 0]
    for row, points in enumerate(each):
        some = slice(row, row + 1)
        assert correct_predictions(targets[some], tags[some]) == (points, 1)
    assert correct_predictions(targets, tags) == (3.5, 7)


def test_487_and_a_half_of_548():
    # 448 frames all right, 79 half right, 21 all wrong.
    targets = np.tile([1, 0], (548, 1))
    tags = np.repeat([[1, 0], [1, 1], [0, 1]], [448, 79, 21], axis=0)
    found = correct_predictions(targets, tags)
    assert found == (487.5, 548)
    assert found.share == pytest.approx(0.8896, abs=1e-4)


def test_more_labels_give_parts_of_a_point_and_unknown_ones_none():
    targets, tags = np.array([[1, 0, 0, 1]] * 4), np.array([[1, 0, 1, 1]] * 4)
    known = np.array([[1, 1, 1, 1], [1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]])
    assert correct_predictions(targets, tags, known=known) == (0.75 + 1 + 0, 3)
    assert np.isnan(correct_predictions(targets[3:], tags[3:], known=known[3:]).share)


@given(drawn(all_known=True))
def test_it_is_one_less_the_hamming_loss(arrays: Drawn):
    found = correct_predictions(arrays.targets, arrays.tags)
    assert found.share == pytest.approx(1 - hamming_loss(arrays.targets, arrays.tags))


@given(drawn())
def test_unknown_cells_have_no_part(arrays: Drawn):
    other = spoil_unknown(arrays)
    assert correct_predictions(
        arrays.targets, arrays.tags, known=arrays.known
    ) == correct_predictions(other.targets, other.tags, known=other.known)


def test_arrays_that_do_not_fit_are_told():
    with pytest.raises(TagonautError, match="targets have"):
        correct_predictions([[1, 0]], [[1, 0, 1]])

import numpy as np
from hypothesis import given, settings

from tagonaut.deciding.metrics import confusion
from tagonaut.deciding.metrics.confusion import label_confusion
from tests.deciding.drawn_arrays import Drawn, drawn


@given(arrays=drawn())
@settings(max_examples=60, deadline=None)
def test_it_counts_pictures_with_the_one_missed_and_the_other_wrong(arrays: Drawn) -> None:
    targets, _, tags, known = arrays
    labels = range(targets.shape[1])
    expected = [
        [
            sum(
                bool(k[i] and t[i] and not s[i] and k[j] and not t[j] and s[j])
                for t, s, k in zip(targets, tags, known, strict=True)
            )
            for j in labels
        ]
        for i in labels
    ]
    assert label_confusion(targets, tags, known=known).tolist() == expected


def test_one_label_a_picture_gives_the_confusion_matrix_without_its_diagonal() -> None:
    from sklearn.metrics import confusion_matrix

    random = np.random.default_rng(0)
    real, said = random.integers(0, 4, (2, 500))
    expected = confusion_matrix(real, said)
    np.fill_diagonal(expected, 0)
    assert label_confusion(np.eye(4)[real], np.eye(4)[said]).tolist() == expected.tolist()


def test_more_pictures_than_are_counted_at_a_time() -> None:
    pictures = 2 * confusion.BLOCK_ROWS + 3
    targets = np.tile([True, False], (pictures, 1))
    assert label_confusion(targets, ~targets).tolist() == [[0, pictures], [0, 0]]

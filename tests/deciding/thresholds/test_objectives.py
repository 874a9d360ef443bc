import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as sk

from tagonaut.deciding import Objective
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn


@pytest.mark.parametrize(
    ("name", "average", "beta"),
    [
        ("f1", "macro", 1),
        ("macro_f1", "macro", 1),
        ("micro_f0.5", "micro", 0.5),
        ("samples_f2", "samples", 2),
        ("Samples_F2", "samples", 2),
    ],
)
@given(arrays=drawn(all_known=True, min_labels=2))
@settings(max_examples=20, deadline=None)
def test_an_objective_is_scikit_learns_figure_of_that_name(
    name: str, average: str, beta: float, arrays: Drawn
) -> None:
    found = Objective.of(name).value(arrays.targets, arrays.tags)
    expected = sk.fbeta_score(
        arrays.targets, arrays.tags, beta=beta, average=average, zero_division=0
    )
    assert found == pytest.approx(expected)


def test_exact_match_is_the_share_of_pictures_that_are_all_right() -> None:
    objective = Objective.of("exact_match")
    assert (objective.average, objective.beta) == (None, None)
    assert objective.value([[1, 0], [0, 1]], [[1, 0], [1, 1]]) == 0.5
    known = np.array([[True, True], [False, True]])
    assert objective.value([[1, 0], [0, 1]], [[1, 0], [1, 1]], known=known) == 1.0


@pytest.mark.parametrize("name", ["", "f", "f-1", "weighted_f1", "macro", "f1 ", "fone", None])
def test_any_other_name_is_told(name: str) -> None:
    with pytest.raises(TagonautError, match="decisions are tuned for"):
        Objective.of(name)

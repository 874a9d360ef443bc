from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from tagonaut.deciding.rules.theory import theoretical_thresholds
from tests.deciding.rules.test_expected_f import all_rows, betas, probabilities


@given(chances=probabilities(1, 3), beta=betas)
@settings(max_examples=60, deadline=None)
def test_theoretical_thresholds_are_the_best_cuts_over_one_plus_beta_squared(
    chances: NDArray[Any], beta: float
) -> None:
    found = theoretical_thresholds(chances, beta)
    for column, threshold in zip(chances.T, found, strict=True):
        if not column.any():
            assert threshold == 0.5
            continue
        best = max(
            column[rows].sum() / (beta**2 * column.sum() + rows.sum())
            for rows in all_rows(len(column))
        )
        assert threshold == pytest.approx(best, abs=1e-12)


def test_a_theoretical_threshold_is_where_the_tags_of_its_own_optimum_end() -> None:
    # Lipton, Elkan and Narayanaswamy: tag what is at least F* / 2, and the F1 is F*.
    chances = np.random.default_rng(4).beta(0.3, 2, (5_000, 1))
    (threshold,) = theoretical_thresholds(chances, 1)
    said = chances >= threshold
    assert 2 * chances[said].sum() / (chances.sum() + said.sum()) == pytest.approx(2 * threshold)

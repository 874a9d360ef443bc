import itertools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.stats import binom

from tagonaut.deciding.metrics.tag_metrics import fbeta
from tagonaut.deciding.rules.expected_f import ExpectedF
from tagonaut.errors import TagonautError

betas = st.sampled_from([1.0, 2.0, 0.5, 1.3, 0.1, 3.0, 50.0])


def probabilities(min_labels: int, max_labels: int) -> st.SearchStrategy[NDArray[np.float64]]:
    value = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))
    shapes = st.tuples(st.integers(1, 2), st.integers(min_labels, max_labels))
    return hnp.arrays(np.float64, shapes, elements=value)


def all_rows(labels: int) -> NDArray[np.bool_]:
    return np.array(list(itertools.product([False, True], repeat=labels)))


def enumerated(
    chances: NDArray[Any], beta: float, group: Sequence[int] = ()
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """All sets of tags, and the expected F-beta of each by all outcomes there can be."""
    rows = all_rows(len(chances))
    weights = np.where(rows, chances, 1 - chances)
    if group:
        odds = chances[list(group)] if chances[list(group)].any() else np.ones(len(group))
        one = rows[:, list(group)].sum(axis=1) == 1
        weights[:, group[1:]] = 1
        weights[:, group[0]] = one * (rows[:, list(group)] @ odds) / odds.sum()
    hits = rows.astype(int) @ rows.T.astype(int)
    sizes = rows.sum(axis=1)
    total = beta**2 * sizes + sizes[:, np.newaxis]
    values = (1 + beta**2) * hits / np.where(total > 0, total, 1)
    return rows, values @ weights.prod(axis=1)


def expected_f(chances: NDArray[Any], tags: NDArray[np.bool_], beta: float) -> NDArray[np.float64]:
    """The expected F-beta of ``tags[n, k]``, by the distribution of the number of true labels."""
    weight, counts = beta**2, np.arange(chances.shape[1])
    found = np.zeros(len(chances))
    for label in counts:
        others = np.zeros(chances.shape)
        others[:, 0] = 1
        for other in counts[counts != label]:
            chance = chances[:, other, np.newaxis]
            others[:, 1:] = others[:, 1:] * (1 - chance) + others[:, :-1] * chance
            others[:, :1] *= 1 - chance
        total = weight * (1 + counts) + tags.sum(axis=1, keepdims=True)
        part = (1 + weight) * chances[:, label] * (others / total).sum(axis=1)
        found += part * tags[:, label]
    return found


@given(chances=probabilities(1, 6), beta=betas)
@settings(max_examples=30, deadline=None)
def test_the_oracle_is_the_mean_over_all_outcomes(chances: NDArray[Any], beta: float) -> None:
    rows, values = enumerated(chances[0], beta)
    found = expected_f(np.tile(chances[0], (len(rows), 1)), rows, beta)
    np.testing.assert_allclose(found, values, rtol=1e-10, atol=1e-14)


@given(chances=probabilities(1, 6), beta=betas)
@settings(max_examples=100, deadline=None)
def test_no_other_set_of_tags_has_a_higher_expected_f(chances: NDArray[Any], beta: float) -> None:
    tags = ExpectedF(beta).decide(chances, [])
    for row, said in zip(chances, tags, strict=True):
        rows, values = enumerated(row, beta)
        chosen = values[(rows == said).all(axis=1)].item()
        assert chosen >= values.max() * (1 - 1e-9)
        # As few as can be: not one fewer is as good.
        fewer = values[rows.sum(axis=1) < said.sum()]
        assert not (fewer > chosen * (1 + 1e-9)).any()
        assert said.any() == (row > 0).any()
        assert row[said].min(initial=1) >= row[~said].max(initial=0)


@given(chances=probabilities(4, 6), beta=betas)
@settings(max_examples=60, deadline=None)
def test_of_a_group_one_is_true_and_one_is_tagged(chances: NDArray[Any], beta: float) -> None:
    group = [2, 0, 3]
    tags = ExpectedF(beta).decide(chances, [group])
    for row, said in zip(chances, tags, strict=True):
        rows, values = enumerated(row, beta, group)
        allowed = rows[:, group].sum(axis=1) == 1
        assert said[group].sum() == 1
        assert values[(rows == said).all(axis=1)].item() >= values[allowed].max() * (1 - 1e-9)


def test_by_hand() -> None:
    # The first alone is worth 1 where it is the only one true (0.3) and 2/3 where both are (0.3).
    # Both are worth 1 where both are true (0.3) and 2/3 where one is (0.3 + 0.2).
    # So both are worth 0.63 and the first 0.5; with a chance of 0.05, both 0.43 and the first 0.59.
    assert ExpectedF(1).decide(np.array([[0.6, 0.5], [0.6, 0.05]]), []).tolist() == [
        [True, True],
        [True, False],
    ]


@pytest.mark.parametrize(("beta", "labels"), [(1, 500), (2, 300), (0.5, 80), (1.3, 80)])
def test_many_labels_are_as_exact(beta: float, labels: int) -> None:
    # With equal chances, the number of other true labels is binomial.
    chance, counts = 0.3, np.arange(labels)
    weights = binom.pmf(counts, labels - 1, chance)
    tagged = np.arange(1, labels + 1)
    shares = weights @ (1 / (beta**2 * (1 + counts[:, np.newaxis]) + tagged))
    values = tagged * chance * shares
    tags = ExpectedF(beta).decide(np.full((1, labels), chance), [])
    assert values[tags.sum() - 1] == pytest.approx(values.max(), rel=1e-9)


def test_what_is_expected_comes_about() -> None:
    random = np.random.default_rng(7)
    chances = random.beta(0.4, 1.2, (30_000, 9))
    targets = random.random(chances.shape) < chances
    for beta in (1, 2):
        tags = ExpectedF(beta).decide(chances, [])
        value = fbeta(targets, tags, beta, average="samples")
        assert value == pytest.approx(expected_f(chances, tags, beta).mean(), abs=0.005)
        half = fbeta(targets, chances >= 0.5, beta, average="samples")
        assert value > half + 0.02


def test_chunks_leave_no_seam() -> None:
    chances = np.random.default_rng(3).beta(0.4, 1, (2_000, 30))
    decider = ExpectedF(2)
    parts = [decider.decide(part, [[0, 1]]) for part in np.array_split(chances, 7)]
    assert np.array_equal(decider.decide(chances, [[0, 1]]), np.concatenate(parts))
    assert decider.decide(chances[:0], []).shape == (0, 30)


@given(beta=st.floats(1e-3, 1e3))
def test_json_brings_it_back(beta: float) -> None:
    decider = ExpectedF(beta)
    assert ExpectedF.from_json(json.loads(json.dumps(decider.to_json()))) == decider


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "must be an object"),
        ({}, "beta missing"),
        ({"beta": 1, "gamma": 1}, "there is no 'gamma'"),
        ({"beta": "1"}, "must be a number"),
        ({"beta": True}, "must be a number"),
        ({"beta": 0}, "positive"),
        ({"beta": float("inf")}, "positive"),
    ],
)
def test_a_damaged_file_is_refused(values: Any, message: str) -> None:
    with pytest.raises(TagonautError, match=message):
        ExpectedF.from_json(values)


def test_scores_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(TagonautError, match="row 0, label column 1"):
        ExpectedF(1).decide(np.array([[0.5, 1.5]]), [])

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tagonaut.deciding.metrics import ranking
from tagonaut.deciding.metrics.ranking import by_label, ranked

Cells = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    """Targets, scores of any sign and precision, with ties and both zeros, and what is known."""
    size, bits = draw(st.integers(0, 20)), draw(st.sampled_from([16, 32, 64]))
    some = st.one_of(
        st.sampled_from([0.0, -0.0, 0.5, -0.5, 1.0]),
        st.floats(width=bits, allow_nan=False, allow_infinity=False),
    )
    scores = draw(hnp.arrays(np.dtype(f"f{bits // 8}"), size, elements=some, fill=st.nothing()))
    return draw(hnp.arrays(np.bool_, size)), scores, draw(hnp.arrays(np.bool_, size))


@given(cells())
def test_scores_rise_and_keep_their_targets(drawn: Cells) -> None:
    positive, scores, known = drawn
    found = ranked(positive, scores, known)
    expected = sorted(zip(scores[known].tolist(), positive[known].tolist(), strict=True))
    assert list(zip(found.scores.tolist(), found.positive.tolist(), strict=True)) == expected
    assert found.scores.dtype == scores.dtype


@given(cells())
def test_cuts_are_the_counts_of_tagging_from_a_score_on(drawn: Cells) -> None:
    positive, scores, known = drawn
    found = ranked(positive, scores, known)
    positive, scores = positive[known], scores[known]
    for cuts, at in ((found.cuts(), scores), (found.positive_cuts(), scores[positive])):
        assert cuts.scores.tolist() == sorted(set((at + 0).tolist()))
        assert cuts.tagged.tolist() == [int((scores >= cut).sum()) for cut in cuts.scores]
        assert cuts.tp.tolist() == [int(positive[scores >= cut].sum()) for cut in cuts.scores]


def test_nothing_that_is_given_changes() -> None:
    scores = np.array([0.5, -0.25, 0.75])
    for array in (scores, scores.astype(np.float32), np.abs(scores)):
        before = array.copy()
        ranked(np.array([True, False, True]), array)
        assert array.tolist() == before.tolist()


@pytest.mark.parametrize("labels", [1, 3, 40])
@pytest.mark.parametrize("unknown", [False, True])
def test_labels_keep_their_order_whether_or_not_in_threads(
    labels: int, unknown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "ROWS", 7)
    random = np.random.default_rng(labels)
    scores = random.random((50, labels))
    positive, known = scores < 0.3, random.random(scores.shape) < 0.7
    mask = known if unknown else None
    expected = [(scores[known[:, k], k] if unknown else scores[:, k]).min() for k in range(labels)]
    for worth in (0, 10**9):
        monkeypatch.setattr(ranking, "WORTH_THREADS", worth)
        assert by_label(lambda one: one.scores[0], positive, scores, mask) == expected

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tagonaut.deciding.label_quality import (
    LabelQuality,
    check_cleanlab,
    judge_labels,
    suggested_corrections,
)
from tagonaut.errors import TagonautError

SHARES = (0.5, 0.2, 0.03)


def simulated(separation, n=2000, noise=0.0, seed=0):
    """True targets, those that are given, and the true chances by which they were drawn."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, len(SHARES))) < SHARES).astype(np.uint8)
    seen = rng.normal(separation * truth, 1)
    odds = separation * seen - separation**2 / 2 + np.log(np.array(SHARES) / (1 - np.array(SHARES)))
    flips = rng.random(truth.shape) < noise
    return truth, truth ^ flips, 1 / (1 + np.exp(-odds))


def everything(targets):
    return np.ones(targets.shape, dtype=bool)


def test_flipped_cells_come_first_and_are_flagged():
    truth, given, scores = simulated(6, noise=0.03)
    flips = truth != given
    found = judge_labels(given, scores, everything(given))
    first = found.ranks <= flips.sum()
    assert (first & flips).sum() > 0.95 * flips.sum()
    assert (found.flagged & flips).sum() > 0.9 * flips.sum()
    assert (found.flagged & ~flips).sum() < 0.05 * flips.sum()
    assert sorted(found.ranks.ravel()) == list(range(1, given.size + 1))
    assert (np.diff(found.quality.ravel()[np.argsort(found.ranks.ravel())]) >= 0).all()


def test_right_labels_are_not_shouted_about():
    truth, _, scores = simulated(8)
    found = judge_labels(truth, scores, everything(truth))
    assert found.flagged.sum() <= 3
    assert found.judged.all()


def test_labels_that_no_score_tells_are_not_judged():
    truth, _, scores = simulated(0.01)
    found = judge_labels(truth, scores, everything(truth))
    assert not found.judged.any()
    assert not found.flagged.any()
    assert (found.ranks > 0).all()


def test_quality_means_the_same_for_a_rare_and_a_common_label():
    """Scores that are all too low for a label are no reason to doubt its pictures."""
    _, given, scores = simulated(3, noise=0.02)
    shifted = scores.copy()
    odds = np.log(scores[:, 1] / (1 - scores[:, 1])) / 2 - 3
    shifted[:, 1] = 1 / (1 + np.exp(-odds))
    known = everything(given)
    one, other = (judge_labels(given, some, known) for some in (scores, shifted))
    # A label's curve is drawn a little towards that of all.
    assert other.quality == pytest.approx(one.quality, abs=0.08)
    assert np.abs(shifted - scores).max() > 0.5
    # scikit-learn's logistic curve, fitted on all: cross-fitting changes it little.
    logit = np.log(scores[:, :1] / (1 - scores[:, :1]))
    curve = LogisticRegression(C=1e6).fit(logit, given[:, 0])
    expected = curve.predict_proba(logit)[np.arange(len(given)), given[:, 0]]
    assert one.quality[:, 0] == pytest.approx(expected, abs=0.03)


def test_unknown_cells_and_labels_of_one_value_are_left_out():
    _, given, scores = simulated(5, n=400, noise=0.05)
    known = everything(given)
    known[:100, 0] = False
    given[:, 2] = 0
    found = judge_labels(given, scores, known)
    assert np.isnan(found.quality[:100, 0]).all()
    assert np.isnan(found.quality[:, 2]).all()
    assert not found.ranks[~known].any()
    assert not found.flagged[~known].any()
    assert found.ranks.max() == 300 + 400
    # What is unknown changes nothing, whatever stands there.
    given[:100, 0] ^= 1
    again = judge_labels(given, scores, known)
    assert np.array_equal(found.ranks, again.ranks)


def test_of_an_exclusive_group_no_cell_is_flagged_alone():
    """Three kinds that exclude each other: of 3 % of the pictures another is named."""
    rng = np.random.default_rng(0)
    truth, moved = rng.integers(0, 3, 900), rng.random(900) < 0.03
    targets = np.eye(3, dtype=np.uint8)[np.where(moved, (truth + 1) % 3, truth)]
    odds = rng.normal(6 * np.eye(3)[truth] - 3, 1)
    scores = 1 / (1 + np.exp(-odds))
    found = judge_labels(targets, scores, everything(targets), groups=[[0, 1, 2]])
    assert found.flagged.any(axis=1)[moved].mean() > 0.9
    assert found.flagged.any(axis=1)[~moved].mean() < 0.01
    corrected = targets ^ found.flagged
    assert (corrected.sum(axis=1) == 1).all()
    assert (corrected.argmax(axis=1) == truth)[found.flagged.any(axis=1)].mean() > 0.9


@pytest.mark.filterwarnings("error")
def test_what_cleanlab_says_of_a_rare_label_is_not_printed():
    _, given, scores = simulated(5, n=60)
    given[:, 2] = np.arange(60) == 7
    scores[:, 2] = np.where(given[:, 2] == 1, 0.9, np.arange(60) / 1000)
    judge_labels(given, scores, everything(given))


def test_one_line_tells_how_to_get_cleanlab(monkeypatch):
    monkeypatch.setattr("tagonaut.deciding.label_quality.find_spec", lambda name: None)
    with pytest.raises(TagonautError, match=r"pip install 'tagonaut\[audit\]'"):
        check_cleanlab()


def test_corrections_are_the_flagged_cells_and_the_first_doubtful_ones_by_rank():
    """Column 2 is free; of columns 0 and 1 exactly one holds, so that they change together."""
    targets = np.tile(np.array([[1, 0, 1]], dtype=np.uint8), (20, 1))
    quality = np.full(targets.shape, 0.9)
    quality[3, :2] = 0.1, 0.2  # called 0, and is 1
    quality[5, 2], quality[6, 2], quality[7, 2] = 0.3, 0.45, 0.55
    ranks = np.argsort(np.argsort(quality, axis=None, kind="stable")).reshape(targets.shape) + 1
    flagged = np.zeros(targets.shape, dtype=bool)
    flagged[6, 2] = True
    found = LabelQuality(quality, ranks, flagged, np.ones(3), np.ones(3, dtype=bool))
    # 5 % of 60 cells are 3: the two of the swap and the cell of row 5. Row 6 is flagged.
    suggested = suggested_corrections(found, targets, everything(targets), groups=[[0, 1]])
    assert suggested == [[(3, 0), (3, 1)], [(5, 2)], [(6, 2)]]

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.deciding.label_swaps import with_swaps

EVERYTHING = np.ones((1, 4), dtype=bool)
GROUP = [[0, 1, 2]]


def one(chosen, targets, chance, known=EVERYTHING):
    """Of one picture whose labels hold with these chances: what is suggested, and with what."""
    given, likely = np.array([targets], dtype=np.uint8), np.array([chance], dtype=float)
    quality = np.where(given == 1, likely, 1 - likely)
    found, partners = with_swaps(np.isin([range(4)], chosen), given, known, quality, GROUP)
    return np.flatnonzero(found[0]).tolist(), partners[0].tolist()


def test_a_wrong_label_goes_with_the_likeliest_other():
    swap = ([0, 2], [2, -1, 0, -1])
    # Whichever of its cells was doubted first: the label given, either of the others, or all.
    for chosen in ([0], [1], [2], [0, 1, 2]):
        assert one(chosen, [1, 0, 0, 0], [0.1, 0.3, 0.6, 0.5]) == swap
    # A label of no group stands for itself.
    assert one([0, 3], [1, 0, 0, 0], [0.1, 0.3, 0.6, 0.9]) == ([0, 2, 3], [2, -1, 0, -1])
    assert one([3], [1, 0, 0, 0], [0.1, 0.3, 0.6, 0.9]) == ([3], [-1] * 4)


def test_the_likeliest_of_a_group_is_left():
    assert one([0], [1, 0, 0, 0], [0.15, 0.1, 0.05, 0.5]) == ([], [-1] * 4)
    assert one([1], [1, 0, 0, 0], [0.9, 0.8, 0.0, 0.5]) == ([], [-1] * 4)


def test_what_is_not_known_takes_no_place():
    known = np.array([[True, True, False, True]])
    assert one([0], [1, 0, 0, 0], [0.1, 0.3, 0.6, 0.5], known) == ([0, 1], [1, 0, -1, -1])
    nothing = [0.1, np.nan, np.nan, 0.5]
    assert one([0], [1, 0, 0, 0], nothing) == ([], [-1] * 4)


def test_data_that_break_a_group_are_mended_towards_one():
    assert one([1, 2], [0, 0, 0, 0], [0.1, 0.8, 0.9, 0.5]) == ([2], [-1] * 4)
    # Of two labels the likelier stays, even where both are doubted.
    assert one([0, 1], [1, 1, 0, 0], [0.1, 0.2, 0.9, 0.5]) == ([0], [-1] * 4)
    assert one([2], [1, 1, 0, 0], [0.1, 0.2, 0.9, 0.5]) == ([], [-1] * 4)


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_whatever_is_accepted_exactly_one_of_a_group_is_left(seed):
    rng = np.random.default_rng(seed)
    groups, n = [[0, 3], [5, 1, 4]], 12
    targets = rng.integers(0, 2, (n, 6), dtype=np.uint8)
    for group in groups:
        targets[:, group] = 0
        targets[np.arange(n), rng.choice(group, n)] = 1
    chosen = rng.random(targets.shape) < 0.4
    known = np.ones_like(chosen)
    quality = rng.random(targets.shape)
    found, partners = with_swaps(chosen, targets, known, quality, groups)
    assert np.array_equal(found[:, 2], chosen[:, 2])
    # A suggestion is accepted or not, and what goes with it too.
    accepted = np.zeros_like(found)
    for row, column in np.argwhere(found).tolist():
        other = partners[row, column]
        if other < 0 or other > column:
            accepted[row, column] = rng.random() < 0.5
            accepted[row, [column, max(other, column)]] = accepted[row, column]
    for changed in (accepted, found):
        corrected = targets ^ changed
        assert all((corrected[:, group].sum(axis=1) == 1).all() for group in groups)
    again = with_swaps(found, targets, known, quality, groups)
    assert np.array_equal(again[0], found)
    assert np.array_equal(again[1], partners)

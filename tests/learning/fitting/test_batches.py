from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.learning.fitting.batches import Batches, epoch_batches

KINDS = get_args(Batches)


@st.composite
def tables(draw):
    n, k = draw(st.integers(0, 60)), draw(st.integers(0, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = (rng.random((n, k)) < rng.random(k) ** 2).astype(np.uint8)
    known = rng.random((n, k)) >= draw(st.sampled_from([0.0, 0.3]))
    return targets, known


def skewed(n=4000, seed=0):
    """Shares from a half to a fiftieth; the first label is had by nine in ten."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, 8)) < [0.9, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02]).astype(np.uint8)
    return targets, np.ones(targets.shape, dtype=bool)


def deal(kind, table, size, seed=0):
    return epoch_batches(kind, *table, size, np.random.default_rng(seed))


@given(tables(), st.integers(1, 20), st.sampled_from(KINDS), st.integers(0, 9))
@settings(max_examples=300, deadline=None)
def test_every_kind_of_batches(table, size, kind, seed):
    batches = deal(kind, table, size, seed)
    n = len(table[0])
    rows = np.concatenate([*batches, np.arange(0)])
    assert set(rows) == set(range(n))
    if kind in {"uniform", "stratified"}:
        assert len(rows) == n
    sizes = [len(batch) for batch in batches]
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert max(sizes, default=0) <= size + 1
    if 1 in sizes:
        assert size == 1 or n == 1
    if size > 2 and n > 1:
        assert max(sizes) <= size
    again = deal(kind, table, size, seed)
    assert all(np.array_equal(a, b) for a, b in zip(batches, again, strict=True))
    other = deal(kind, table, size, seed + 1)
    assert sorted(map(len, other)) == sorted(sizes)
    assert all(np.issubdtype(batch.dtype, np.integer) for batch in batches)


@given(tables(), st.integers(1, 20), st.sampled_from(KINDS))
@settings(deadline=None)
def test_what_is_unknown_has_no_part(table, size, kind):
    targets, known = table
    lies = np.where(known, targets, 1 - targets)
    pairs = zip(deal(kind, table, size), deal(kind, (lies, known), size), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("n", "size", "sizes"),
    [
        (10, 4, [4, 3, 3]),
        (9, 4, [3, 3, 3]),
        (5, 2, [3, 2]),
        (3, 2, [3]),
        (3, 1, [1, 1, 1]),
        (1, 8, [1]),
        (0, 8, []),
    ],
)
def test_sizes(n, size, sizes):
    table = np.zeros((n, 1), dtype=np.uint8), np.ones((n, 1), dtype=bool)
    for kind in KINDS:
        assert sorted(map(len, deal(kind, table, size)), reverse=True) == sizes


@pytest.mark.parametrize("kind", KINDS)
def test_another_epoch_is_another_deal(kind):
    rng = np.random.default_rng(0)
    first, second = (epoch_batches(kind, *skewed(), 32, rng) for _ in range(2))
    assert {frozenset(batch) for batch in first}.isdisjoint(frozenset(batch) for batch in second)


def test_labels_that_exclude_each_other_are_dealt_exactly():
    targets = np.repeat(np.eye(3, dtype=np.uint8), [30, 20, 10], axis=0)
    for batch in deal("stratified", (targets, targets < 2), 6):
        assert targets[batch].sum(axis=0).tolist() == [3, 2, 1]


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_stratified_batches_are_like_the_whole(unknown):
    targets, known = skewed()
    known &= np.random.default_rng(1).random(known.shape) >= unknown
    positives = (targets == 1) & known
    shares = positives.sum(axis=0) / known.sum(axis=0)

    def deviation(kind):
        batches = deal(kind, (targets, known), 32)
        found = [positives[rows].sum(axis=0) / known[rows].sum(axis=0) for rows in batches]
        return np.abs(np.array(found) - shares).mean(axis=0)

    ratio = deviation("stratified") / deviation("uniform")
    # With 30 % unknown, both of the counts of a share are to be dealt evenly.
    assert ratio.mean() < (0.6 if unknown else 0.4)
    assert ratio.max() < 1
    if not unknown:
        batches = deal("stratified", (targets, known), 32)
        counts = np.array([targets[rows].sum(axis=0) for rows in batches])
        assert np.abs(counts - 32 * shares).max() < 2.5


def test_rare_labels_do_not_meet_in_the_same_batches():
    targets = np.zeros((1000, 2), dtype=np.uint8)
    targets[:10, 0] = targets[10:20, 1] = 1
    batches = deal("stratified", (targets, targets < 2), 10)
    both = sum(targets[batch].any(axis=0).all() for batch in batches)
    assert both < 5


def test_rare_labels_come_as_often_as_the_median_label():
    targets, known = skewed()
    counts = targets.sum(axis=0)
    times = np.bincount(np.concatenate(deal("upsampled", (targets, known), 32)))
    assert times.min() == 1
    assert (times @ targets >= 0.99 * np.median(counts)).all()
    # By hand: 8, 4 and 2 pictures of a label each, the median 4.
    targets = np.repeat(np.eye(3, dtype=np.uint8), [8, 4, 2], axis=0)
    for seed in range(5):
        rows = np.concatenate(deal("upsampled", (targets, targets < 2), 4, seed))
        assert np.bincount(rows).tolist() == [1] * 12 + [2] * 2


def test_repeat_factors_by_hand():
    # Shares 16/64, 4/64 and 1/64; the median is 4/64, so the rarest comes √4 times.
    targets = np.zeros((64, 3), dtype=np.uint8)
    targets[:16, 0] = targets[16:20, 1] = targets[0, 2] = 1
    rows = np.concatenate(deal("repeat-factor", (targets, targets < 2), 8))
    assert np.bincount(rows).tolist() == [2] + [1] * 63
    # √(32/16) = 1.41 of the rare label's 16 pictures: 7 of them come again, not always the same.
    targets = np.zeros((128, 3), dtype=np.uint8)
    targets[:64, 0] = targets[64:96, 1] = targets[96:112, 2] = 1
    again = []
    for seed in range(8):
        times = np.bincount(np.concatenate(deal("repeat-factor", (targets, targets < 2), 8, seed)))
        assert times[:96].max() == 1
        assert times[96:112].sum() == 16 + 7
        again.append(times[96:112])
    assert (np.mean(again, axis=0) < 2).all()

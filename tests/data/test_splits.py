from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.data.dataset import Dataset
from tagonaut.data.splits import iterative_stratification, split
from tagonaut.errors import DataError, TagonautError
from tagonaut.labels import LabelSet


def dataset(targets, known=None):
    targets = np.asarray(targets, dtype=np.uint8)
    n, k = targets.shape
    return Dataset(
        tuple(f"p{row}" for row in range(n)),
        tuple(Path(f"p{row}.jpg") for row in range(n)),
        targets,
        np.ones((n, k), dtype=bool) if known is None else known,
        LabelSet(tuple(f"l{label}" for label in range(k))),
        pl.DataFrame(),
    )


def random_targets(n=500, seed=0):
    shares = np.array([0.5, 0.3, 0.1, 0.04, 0.02])
    return np.random.default_rng(seed).random((n, 5)) < shares


def sizes(parts):
    return {name: int((parts == name).sum()) for name in np.unique(parts)}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("60/20/20", {"train": 300, "validation": 100, "test": 100}),
        ("80/10/10", {"train": 400, "validation": 50, "test": 50}),
        ("0.8/0.1/0.1", {"train": 400, "validation": 50, "test": 50}),
        ("200/70/51", {"train": 200, "validation": 70, "test": 51, "unused": 179}),
    ],
)
@pytest.mark.parametrize("how", [{}, {"stratify": False}, {"in_order": True}])
def test_sizes_are_exact(parts, expected, how):
    assert sizes(split(dataset(random_targets()), parts, **how)) == expected


def test_in_order_takes_the_pictures_as_they_stand():
    parts = split(dataset(random_targets(10)), "5/3/2", in_order=True)
    assert parts.tolist() == ["train"] * 5 + ["validation"] * 3 + ["test"] * 2


def test_a_seed_gives_one_split():
    data = dataset(random_targets())
    assert np.array_equal(split(data, seed=3), split(data, seed=3))
    assert not np.array_equal(split(data, seed=3), split(data, seed=4))


def deviation(positives, assigned, wanted):
    """The largest difference between a part's share of a label and its share of pictures."""
    counts = np.stack([positives[assigned == part].sum(axis=0) for part in range(len(wanted))])
    return np.abs(counts / positives.sum(axis=0) - np.array(wanted)[:, None] / len(positives)).max()


def test_stratified_splits_are_far_nearer_than_random_ones():
    positives, wanted = random_targets(2000), [1200, 400, 400]
    rng = np.random.default_rng(1)
    blind = [
        deviation(positives, rng.permutation(np.repeat(np.arange(3), wanted)), wanted)
        for _ in range(100)
    ]
    ours = deviation(positives, iterative_stratification(positives, wanted), wanted)
    assert ours < np.median(blind) / 5


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 60), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_every_row_goes_somewhere_and_sizes_hold(n, k, seed):
    rng = np.random.default_rng(seed)
    first = int(rng.integers(1, n - 1))
    wanted = [first, n - first - 1, 1]
    assigned = iterative_stratification(rng.random((n, k)) < 0.3, wanted)
    assert np.bincount(assigned, minlength=3).tolist() == wanted


def test_what_is_not_known_is_not_used():
    known = np.ones((50, 5), dtype=bool)
    known[::5] = False
    parts = split(dataset(random_targets(50), known))
    assert (parts[::5] == "unused").all()
    assert sizes(parts) == {"train": 24, "validation": 8, "test": 8, "unused": 10}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("60/40", "three numbers"),
        ("0/50/50", "three numbers"),
        ("60/20/30", "asks for 110 pictures; there are 100"),
        ("60.5/20/20", "do not add up"),
        ("a/b/c", "neither three numbers"),
        ("99/0.5/0.5", "leaves a part empty"),
    ],
)
def test_impossible_splits_are_told(parts, message):
    with pytest.raises(TagonautError, match=message):
        split(dataset(random_targets(100)[:100]), parts)


def test_splits_come_from_files(tmp_path):
    data = dataset(random_targets(6))
    (tmp_path / "s.csv").write_text("id,split\np0.jpg,train\np1,val\np2,test\np3,unused\n")
    expected = ["unused", "validation", "test", "unused", "unused", "unused"]
    with pytest.raises(DataError, match="no picture of the data is in train"):
        split(data, str(tmp_path / "s.csv"))
    (tmp_path / "s.csv").write_text("id,split\np0,train\np1,val\np2,test\np3,unused\n")
    assert split(data, str(tmp_path / "s.csv")).tolist() == ["train", *expected[1:]]
    lists = []
    for name, lines in (("a", "p4\np5\n"), ("b", "p0\n"), ("c", "p1\n")):
        (tmp_path / name).write_text(lines)
        lists.append(str(tmp_path / name))
    parts = split(data, ",".join(lists))
    assert parts.tolist() == ["validation", "test", "unused", "unused", "train", "train"]
    (tmp_path / "s.csv").write_text("id,split\np0,learn\n")
    with pytest.raises(DataError, match="not 'learn'"):
        split(data, str(tmp_path / "s.csv"))

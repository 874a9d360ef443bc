from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import tagonaut
from tagonaut.data.dataset import Dataset
from tagonaut.data.readers.table import READER
from tagonaut.data.splitting import (
    folds,
    given_folds,
    given_splits,
    held_out,
    measure_deviation,
    split,
    split_named,
    stratified,
)
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


def farthest(positives, assigned):
    """Each label's largest difference between a part's share and the whole's."""
    shares = np.stack([positives[assigned == part].mean(axis=0) for part in np.unique(assigned)])
    return np.abs(shares - positives.mean(axis=0)).max(axis=0)


def random_splits(positives, wanted, times=100):
    """The median of ``farthest`` over random splits."""
    rng, parts = np.random.default_rng(1), np.repeat(np.arange(len(wanted)), wanted)
    return np.median([farthest(positives, rng.permutation(parts)) for _ in range(times)], axis=0)


def pairs_of(positives):
    """A column for each pair of labels that at least ten rows have."""
    both = [a & b for a, b in combinations(positives.T, 2)]
    return np.stack([column for column in both if column.sum() >= 10], axis=1)


def deal(positives, wanted, groups=None):
    groups = np.arange(len(positives)) if groups is None else groups
    return stratified(positives, np.ones_like(positives), groups, wanted)


def test_labels_and_pairs_of_labels_are_far_nearer_than_in_random_splits():
    positives, wanted = random_targets(2000), [1200, 400, 400]
    ours, pairs = deal(positives, wanted), pairs_of(positives)
    assert farthest(positives, ours).max() < random_splits(positives, wanted).max() / 10
    assert farthest(pairs, ours).mean() < random_splits(pairs, wanted).mean() / 4


def test_the_amazon_table_is_split_as_evenly_as_counts_can_be(shared):
    read = READER.read(shared("data/amazon/train_v2.csv"), {})
    everything = np.ones(read.targets.shape, dtype=bool)
    data = dataset(read.targets, everything)
    parts = split(data, seed=0)
    positives = read.targets.astype(bool)
    wanted = [24287, 8096, 8096]
    assert sizes(parts) == dict(zip(("train", "validation", "test"), wanted, strict=True))
    rarest = positives.sum(axis=0).argsort()[:5]
    found, blind = farthest(positives, parts)[rarest], random_splits(positives[:, rarest], wanted)
    assert found.max() <= blind.max() / 10
    # No count is a whole picture from its ideal: of 98 pictures, 58, 20 and 20.
    ideal = positives.sum(axis=0)[:, None] * np.array(wanted) / len(positives)
    names = ("train", "validation", "test")
    counts = np.stack([positives[parts == name].sum(axis=0) for name in names], axis=1)
    assert np.abs(counts - ideal).max() < 1
    pairs = pairs_of(positives)
    assert farthest(pairs, parts).mean() < random_splits(pairs, wanted, 20).mean() / 10


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 60), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_every_row_goes_somewhere_and_sizes_hold(n, k, seed):
    rng = np.random.default_rng(seed)
    first = int(rng.integers(1, n - 1))
    wanted = [first, n - first - 1, 1]
    positives, known = rng.random((2, n, k)) < np.array([0.3, 0.8])[:, None, None]
    assigned = stratified(positives & known, known, np.arange(n), wanted)
    assert np.bincount(assigned, minlength=3).tolist() == wanted


def test_what_is_known_of_a_label_is_shared_out_as_well():
    known = np.ones((1000, 5), dtype=bool)
    known[:300, 1] = known[250:290, 4] = False
    parts = split(dataset(random_targets(1000), known))
    for label, unknown in ((1, 300), (4, 40)):
        counts = [(~known[parts == part, label]).sum() for part in ("train", "validation", "test")]
        assert np.abs(np.array(counts) - unknown * np.array([0.6, 0.2, 0.2])).max() <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_groups_stay_together(seed, stratify, in_order):
    rng = np.random.default_rng(seed)
    groups = rng.integers(-1, 60, 300)
    data = dataset(random_targets(300, seed))
    parts = split(data, groups=groups, stratify=stratify, in_order=in_order)
    assert all(len(set(parts[groups == group])) == 1 for group in range(60) if group in groups)
    assert abs(sizes(parts)["train"] - 180) <= 6
    assert abs(sizes(parts)["test"] - 60) <= 6
    turns = folds(data, 4, seed=seed, groups=groups)
    assert all(len(set(turns[groups == group])) == 1 for group in range(60) if group in groups)
    assert np.abs(np.bincount(turns) - 75).max() <= 6


def test_groups_are_stratified_too():
    positives, wanted = random_targets(4000), [2400, 800, 800]
    groups = np.arange(4000) // 3
    bound = deal(positives, wanted, groups)
    assert np.abs(np.bincount(bound[groups]) - wanted).max() <= 3
    assert farthest(positives, bound[groups]).max() < random_splits(positives, wanted).max() / 8


def test_large_groups_find_room():
    groups = np.repeat([0, 1, 2, -1], [50, 18, 18, 14])
    parts = split(dataset(random_targets(100)), groups=groups)
    assert [set(parts[groups == group]) for group in range(3)] in (
        [{"train"}, {"validation"}, {"test"}],
        [{"train"}, {"test"}, {"validation"}],
    )
    assert sizes(parts) == {"train": 60, "validation": 20, "test": 20}


def test_a_group_larger_than_every_part_is_named():
    groups = np.where(np.arange(100) < 61, 7, -1)
    with pytest.raises(DataError, match=r"group 7 \(p0, p1, p10, …\).* 61 pictures .* at most 60"):
        split(dataset(random_targets(100)), groups=groups)
    with pytest.raises(DataError, match=r"group 7 .* at most 25"):
        folds(dataset(random_targets(100)), 4, groups=groups)


def test_groups_that_leave_a_part_empty_are_told():
    groups = np.repeat([0, 1], 50)
    with pytest.raises(DataError, match="no picture of the data is in"):
        split(dataset(random_targets(100)), groups=groups)
    with pytest.raises(TagonautError, match="have a split already cannot be grouped"):
        split(dataset(random_targets(100)), "x.csv", groups=groups)


@pytest.mark.parametrize("k", [2, 5, 7])
def test_folds_share_labels_evenly(k):
    known = np.ones((502, 5), dtype=bool)
    known[[3, 40]] = False
    data = dataset(random_targets(502), known)
    found = folds(data, k, seed=1)
    assert np.flatnonzero(found < 0).tolist() == [3, 40]
    counts = np.bincount(found[found >= 0])
    assert (len(counts), counts.sum()) == (k, 500)
    assert np.ptp(counts) <= 1
    positives = data.targets[found >= 0]
    for label in range(5):
        of_label = np.bincount(found[found >= 0], positives[:, label])
        assert np.ptp(of_label) <= (1 if label > 1 else 2)
    assert np.array_equal(found, folds(data, str(k), seed=1))
    assert not np.array_equal(found, folds(data, k, seed=2))
    assert np.ptp(np.bincount(folds(data, k, stratify=False)[known[:, 0]])) <= 1


def test_too_many_or_too_few_folds_are_told():
    for k in (1, 0, "-2", 11):
        with pytest.raises(TagonautError, match="10 pictures cannot be split into"):
            folds(dataset(random_targets(10)), k)


def test_nothing_known_is_told():
    with pytest.raises(DataError, match="no picture has a known label"):
        split(dataset(np.zeros((4, 2)), np.zeros((4, 2), dtype=bool)))


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
        ("a/b/c", "not three numbers"),
        ("99/0.5/0.5", "leaves a part empty"),
    ],
)
def test_impossible_splits_are_told(parts, message):
    with pytest.raises(TagonautError, match=message):
        split(dataset(random_targets(100)[:100]), parts)


def test_splits_come_from_files(tmp_path):
    data = dataset(random_targets(6))
    (tmp_path / "s.csv").write_text("id,split\nq0,train\np1,val\np2,test\np3,unused\n")
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


def test_names_of_a_split_meet_pictures_as_everywhere(tmp_path):
    """Folders and extensions count as far as both have them; nobody gets another's split."""
    ids = ("p1", "b/1.jpg", "1.jpg", "a/2.jpg", "c/2.jpg", "3")
    paths = [tmp_path / name for name in ("p1.png", *ids[1:5], "a/3.jpg")]
    paths[-1].parent.mkdir()
    paths[-1].touch()
    data = replace(dataset(random_targets(6)), ids=ids, paths=tuple(paths))
    lines = "id,split\np1.png,train\n1,val\nc/2,test\nb/3.jpg,test\n"
    (tmp_path / "s.csv").write_text(lines)
    notes = []
    found = given_splits(data, str(tmp_path / "s.csv"), report=notes.append)
    assert found.tolist() == ["train", "unused", "validation", "unused", "test", "unused"]
    assert notes == [
        f"s.csv: 1 names are not in the data, the first: 'b/3.jpg' ({tmp_path}/s.csv:5)"
    ]
    (tmp_path / "f.csv").write_text("fold,filename\n0,p1\n1,b/1\n2,c/2.jpg\n")
    assert given_folds(data, str(tmp_path / "f.csv")).tolist() == [0, 1, -1, -1, 2, -1]
    (tmp_path / "s.csv").write_text("id,split\np1,train\n2,val\n1,test\n")
    with pytest.raises(
        DataError, match=r"s.csv:3: '2' is the name of 2 pictures: a/2.jpg, c/2.jpg"
    ):
        split(data, str(tmp_path / "s.csv"))
    (tmp_path / "s.csv").write_text("id,split\np1,train\np1.png,test\n")
    with pytest.raises(DataError, match=r"'p1.png' is in train and in test \(.*s.csv:2 and .*:3"):
        split(data, str(tmp_path / "s.csv"))


WORDS = {
    "train": ("train", "Train", "TRAIN ", "training"),
    "validation": ("val", "Valid", " validation", "dev", "development"),
    "test": ("test", "Testing", "holdout", "hold-out", "Held out"),
}


@pytest.mark.parametrize("word", [word for words in WORDS.values() for word in words])
def test_one_set_of_words_serves_tables_and_columns_and_folders(tmp_path, word):
    meant = next(name for name, words in WORDS.items() if word in words)
    others = [name for name in WORDS if name != meant]
    assert split_named(word) == meant
    data = replace(dataset(random_targets(4)), columns=pl.DataFrame({"s": [word, *others, None]}))
    expected = [meant, *others, "unused"]
    assert split(data, "column:s").tolist() == expected
    (tmp_path / "s.csv").write_text(
        "\n".join(
            ["id,Split", f"p0,{word}", *(f"p{row},{name}" for row, name in enumerate(others, 1))]
        )
    )
    assert split(data, str(tmp_path / "s.csv")).tolist() == expected
    for top in (word, *others):
        for label in "xy":
            path = tmp_path / "folders" / top / label / f"{top}.png"
            path.parent.mkdir(parents=True)
            Image.new("RGB", (4, 4), (len(top), ord(label), ord(top[1]))).save(path)
    read = tagonaut.read(tmp_path / "folders")
    assert read.labels.names == ("x", "y")
    assert sorted(read.columns["split"]) == sorted([*WORDS, *WORDS])


def test_a_name_of_two_splits_is_told(tmp_path):
    data = dataset(random_targets(6))
    (tmp_path / "s.csv").write_text("id,split\np0,train\np1,val\np0,test\n")
    with pytest.raises(DataError, match="'p0' is in train and in test"):
        split(data, str(tmp_path / "s.csv"))
    for name, line in (("a", "p0"), ("b", "p1"), ("c", "p0")):
        (tmp_path / name).write_text(line)
    with pytest.raises(DataError, match="c: 'p0' is in train and in test"):
        split(data, ",".join(str(tmp_path / name) for name in "abc"))


def with_columns(n=6, **columns):
    return replace(dataset(random_targets(n)), columns=pl.DataFrame(columns))


def test_splits_come_from_a_column_of_the_data():
    data = with_columns(part=["Train", "val", "test", "", None, "unused"])
    expected = ["train", "validation", "test", "unused", "unused", "unused"]
    assert split(data, "column:part").tolist() == expected
    with pytest.raises(TagonautError, match=r"no column 'prat' .*'part'.*; it has part"):
        split(data, "column:prat")
    with pytest.raises(DataError, match="not '3'"):
        split(with_columns(part=["train", "val", "test", "3", "", ""]), "column:part")


def test_folds_come_from_a_column_or_a_table(tmp_path):
    assert folds(with_columns(f=["1", "2", "3", "1.0", "", "3"]), "column:f").tolist() == [
        0, 1, 2, 0, -1, 2,
    ]  # fmt: skip
    (tmp_path / "f.csv").write_text("id,fold\np0,0\np1,1\np2,2\np3,1\np5,2\n")
    data = dataset(random_targets(6))
    assert folds(data, str(tmp_path / "f.csv")).tolist() == [0, 1, 2, 1, -1, 2]
    with pytest.raises(DataError, match="whole number, not 'a'"):
        folds(with_columns(f=["1", "2", "a", "", "", ""]), "column:f")
    with pytest.raises(DataError, match="at least two folds"):
        folds(with_columns(f=["1", "1", "", "", "", ""]), "column:f")


def test_a_table_of_folds_is_a_split_too(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("id,fold\np0,0\np1,1\np2,2\np3,1\np5,2\n")
    data = dataset(random_targets(6))
    first = ["test", "validation", "train", "validation", "unused", "train"]
    assert split(data, str(file)).tolist() == first
    last = ["validation", "train", "test", "train", "unused", "test"]
    assert split(data, f"{file}:2").tolist() == last
    with pytest.raises(TagonautError, match="fold 3 of 3"):
        split(data, f"{file}:3")
    with pytest.raises(TagonautError, match=r"fold 0 of 2: .* three folds or more"):
        held_out(np.array([0, 1, 1]), 0)


def test_deviation_by_hand():
    splits = np.array(["train"] * 4 + ["test"] * 2 + ["unused"] * 2)
    positives = np.array([[1, 1], [0, 1], [0, 0], [0, 0], [1, 0], [0, 0], [1, 1], [1, 1]], bool)
    known = np.ones((8, 2), dtype=bool)
    known[[2, 3], 1] = False
    found = measure_deviation(positives, known, splits)
    assert found.parts == ("train", "test")
    assert found.pictures.tolist() == [4, 2]
    assert found.positives.tolist() == [[1, 1], [2, 0]]
    assert found.shares.tolist() == [[1 / 4, 1 / 2], [1, 0]]
    assert found.whole.tolist() == [2 / 6, 2 / 4]
    assert found.absolute.tolist() == pytest.approx([1 / 6, 1 / 2])
    assert found.relative.tolist() == pytest.approx([1 / 2, 1])


def test_deviation_between_folds_without_any_known_or_positive():
    known = np.array([[1, 1], [1, 0], [1, 0], [1, 1]], dtype=bool)
    found = measure_deviation(np.zeros((4, 2), dtype=bool), known, np.array([0, 10, 10, -1]))
    assert found.parts == ("0", "10")
    assert found.shares[0].tolist() == [0, 0]
    assert np.isnan(found.shares[1]).tolist() == [False, True]
    assert found.absolute.tolist() == [0, 0]
    assert np.isnan(found.relative).all()

import csv

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tagonaut
from tagonaut.data.corrections import correct
from tagonaut.data.dataset import Dataset
from tagonaut.errors import DataError, TagonautError
from tagonaut.labels import LabelSet

HEADER = "picture,label,given,suggested,accept"


def dataset_of(targets, known=None, ids=None, labels=None):
    targets = np.array(targets, dtype=np.uint8)
    known = np.ones(targets.shape, dtype=bool) if known is None else np.array(known, dtype=bool)
    ids = ids or tuple(f"p{n}" for n in range(len(targets)))
    labels = labels or tuple("abcdefgh"[: targets.shape[1]])
    return Dataset(ids, ids, targets, known, LabelSet(labels), pl.DataFrame())


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER):
        path = tmp_path / "corrections.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def test_only_accepted_rows_are_applied(file):
    dataset = dataset_of([[1, 0], [0, 1], [0, 0]])
    found = correct(
        dataset,
        file(
            "p0,a,1,0,yes", "p0,b,0,1,", "p1,a,0,1,X", "p1,b,1,0,no", "p2,a,0,1,TRUE", "p2,b,0,1,0"
        ),
    )
    assert found.targets.tolist() == [[0, 0], [1, 1], [1, 0]]
    assert found.notes == ("corrections.csv: 3 of 6 corrections applied",)
    assert dataset.targets.tolist() == [[1, 0], [0, 1], [0, 0]]


def test_all_rows_are_applied_without_an_accept_column(file):
    found = correct(
        dataset_of([[1, 0]]), file("0,p0,b,1", "1,p0,a,0", header="given,picture,label,suggested")
    )
    assert found.targets.tolist() == [[0, 1]]


def test_what_has_changed_since_is_told_and_left(file):
    dataset = dataset_of([[1, 0], [0, 1]], known=[[1, 1], [0, 1]])
    found = correct(dataset, file("p0,a,0,1,yes", "p1,a,0,1,yes", "p1,b,1,0,yes"))
    assert found.targets.tolist() == [[1, 0], [0, 0]]
    assert found.notes[0] == "corrections.csv: 1 of 3 corrections applied"
    assert "2 corrections left" in found.notes[1]
    assert "corrections.csv:2: 'a' of 'p0' is 1, not 0" in found.notes[1]
    assert "corrections.csv:3: 'a' of 'p1' is unknown, not 0" in found.notes[1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pp,a,1,0,yes", r"corrections.csv:2, column picture: there is no picture 'pp'"),
        ("p00,aa,1,0,yes", r"column picture: there is no picture 'p00' \(did you mean 'p0'"),
        ("p0,abc,1,0,yes", r"corrections.csv:2, column label: there is no label 'abc'"),
        ("p0,a,2,0,yes", r"column given: has to be 0 or 1, not '2'"),
        ("p0,a,1,,yes", r"column suggested: has to be 0 or 1, not ''"),
        ("p0,a,1,0,perhaps", r"column accept: has to be yes or empty, not 'perhaps'"),
        ("p0,a,1,0,yes\np0,a,1,1,yes", r"corrections.csv:3: contradicts corrections.csv:2"),
    ],
)
def test_what_cannot_be_applied_is_named_with_its_line(file, line, words):
    with pytest.raises(DataError, match=words):
        correct(dataset_of([[1, 0]]), file(line))


def test_pictures_are_named_as_everywhere(file):
    dataset = dataset_of([[1], [1], [1]], ids=("p0", "a/1.jpg", "b/1.jpg"))
    found = correct(dataset, file("p0.jpg,a,1,0,yes", "b/1,a,1,0,yes"))
    assert found.targets.tolist() == [[0], [1], [0]]
    with pytest.raises(DataError, match=r"'1.jpg' is the name of 2 pictures: a/1.jpg, b/1.jpg"):
        correct(dataset, file("1.jpg,a,1,0,yes"))


def test_a_table_of_something_else_and_no_table(file, tmp_path):
    with pytest.raises(DataError, match="but this one lacks given, suggested"):
        correct(dataset_of([[1]]), file("p0,a", header="picture,label"))
    with pytest.raises(TagonautError, match="file not found"):
        correct(dataset_of([[1]]), tmp_path / "none.csv")


names = st.text(min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and "\0" not in name and name.isprintable()
)


@given(
    st.lists(names | st.sampled_from(['"', "=1+1", "a,b", "<b>", "ü"]), unique=True, min_size=1),
    st.integers(0, 2**32 - 1),
)
def test_the_corrections_of_any_flips_restore_the_targets(tmp_path_factory, ids, seed):
    rng = np.random.default_rng(seed)
    labels = ("one", 'two "quoted", with comma')
    clean = dataset_of(rng.integers(0, 2, (len(ids), 2)), ids=tuple(ids), labels=labels)
    flips = rng.random(clean.targets.shape) < 0.5
    wrong = dataset_of(clean.targets ^ flips, ids=tuple(ids), labels=labels)
    path = tmp_path_factory.mktemp("corrections") / "c.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER.split(","))
        writer.writerow([ids[0], labels[0], 0, 1, ""])
        for row, k in np.argwhere(flips):
            given_value = wrong.targets[row, k]
            writer.writerow([ids[row], labels[k], given_value, 1 - given_value, "yes"])
    assert np.array_equal(correct(wrong, path).targets, clean.targets)


def test_data_is_read_with_corrections(painted, file):
    images = painted.parent / "images"
    plain = tagonaut.read(painted, images)
    assert plain.targets[3].tolist() == [0, 1, 1]
    told = tagonaut.read(painted, images, corrections=file("p03,blue,0,1,yes", "p03,red,1,0,"))
    assert told.targets[3].tolist() == [1, 1, 1]
    assert (told.targets != plain.targets).sum() == 1
    assert "1 of 2 corrections applied" in told.notes[0]

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tagonaut_samples.cartoon.collection import draw_cartoon

from tagonaut.data.dataset import Dataset
from tagonaut.data.named_subset import choose, choose_from, read_picture_list
from tagonaut.errors import DataError, TagonautError
from tagonaut.labels import LabelSet


def written(folder, text, name="only.csv"):
    file = folder / name
    file.write_text(text)
    return file


def named(folder, *names, **more):
    return read_picture_list(written(folder, "\n".join(names), **more))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", "a.jpg\n\n  b\nsub/c.png\n"),
        ("names.csv", "filename\na.jpg\nb\nsub/c.png\n"),
        ("names", "a.jpg\nb\nsub/c.png"),
        ("table.csv", "split,image_name\ntest,a.jpg\ntest,b\ntest,sub/c.png\n"),
        ("table.tsv", "what\tn\na.jpg\t1\nb\t2\nsub/c.png\t3\n"),
        ("rows.jsonl", '{"id": "a.jpg"}\n{"id": "b"}\n{"id": "sub/c.png"}\n'),
        ("twice.txt", "a.jpg\nb\na.jpg\nsub/c.png\n"),
    ],
)
def test_names_of_a_list_or_a_table(tmp_path, name, text):
    only = read_picture_list(written(tmp_path, text, name))
    assert only.names == ("a.jpg", "b", "sub/c.png")
    assert (only.column, only.values) == (None, ())


def test_the_values_of_a_drawn_challenge_are_its_distortions(tmp_path):
    draw_cartoon(tmp_path / "film", 4, size=64, challenge=33)
    only = read_picture_list(tmp_path / "film" / "challenge.csv")
    table = pl.read_csv(tmp_path / "film" / "challenge.csv")
    assert only.column == "distortion"
    assert (
        list(zip(only.names, only.values, strict=True))
        == table.select("filename", "distortion").rows()
    )


def test_neither_tags_nor_numbers_nor_names_of_each_are_values(tmp_path):
    rows = [f"p{n},x y,{n % 2},{n % 3}.5,note {n},{'ab'[n % 2]},{'uvw'[n % 3]}" for n in range(12)]
    header = "image_name,tags,label,number,note,kind,other"
    only = read_picture_list(written(tmp_path, "\n".join([header, *rows])))
    assert (only.column, only.values) == ("kind", tuple("ab" * 6))


def test_ids_with_and_without_folder_and_extension(tmp_path):
    ids = ["a.jpg", "b", "train.1", "x/c.jpg", "y/c.jpg", "D.PNG", "e.jpg", "e.png"]
    found = choose(named(tmp_path, "a", "b.jpg", "train.1", "y/c", "in/d.png", "e.png"), ids)
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 7]
    assert (found.values, found.missing) == ((), ())


def test_a_name_of_several_pictures_is_told(tmp_path):
    with pytest.raises(DataError, match="names match several pictures") as told:
        choose(named(tmp_path, "c.jpg", "e"), ["x/c.jpg", "y/c.jpg", "e.jpg", "e.png"])
    assert told.value.faults == (
        "only.csv:1: 'c.jpg' is the name of 2 pictures: x/c.jpg, y/c.jpg",
        "only.csv:2: 'e' is the name of 2 pictures: e.jpg, e.png",
    )


def test_two_values_of_one_picture_are_told(tmp_path):
    text = "name,kind\na,x\na.jpg,y\nb,x\nc,y\n"
    only = read_picture_list(written(tmp_path, text))
    with pytest.raises(
        DataError, match=r"only.csv:3, column name: 'a.jpg' is 'a', which has another kind"
    ):
        choose(only, ["a", "b", "c"])


def test_what_is_not_here_is_told_with_the_nearest_name_or_its_place(tmp_path):
    only = named(tmp_path, "frame1.jpg", "fram2", "frame3", "zzz")
    found = choose(only, ["frame1", "frame2"], elsewhere={"frame3.jpg": "in the train split"})
    assert found.rows.tolist() == [0]
    assert found.missing == (
        "only.csv:2: no picture 'fram2' (did you mean 'frame2'?)",
        "only.csv:3: 'frame3' is in the train split",
        "only.csv:4: no picture 'zzz'",
    )
    with pytest.raises(DataError, match="none of its 4 names is the name of a picture here"):
        choose(only, ["q1", "q2"])


def test_the_pictures_of_a_data_set_with_their_values(tmp_path):
    dataset = Dataset(
        ("1", "2", "3", "4"),
        tuple(Path("images") / name for name in ("one.jpg", "two.jpg", "three.jpg", "four.jpg")),
        np.array([[1], [0], [1], [0]], dtype=np.uint8),
        np.ones((4, 1), dtype=bool),
        LabelSet(("a",)),
        pl.DataFrame(),
    )
    text = "name,kind\nfour,tiny\n1,tiny\nthree.jpg,noisy\nimages/two.jpg,noisy\n"
    subset, chosen = choose_from(dataset, read_picture_list(written(tmp_path, text)))
    assert subset.ids == ("1", "2", "3", "4")
    assert chosen.values == ("tiny", "noisy", "noisy", "tiny")
    some, chosen = choose_from(dataset, named(tmp_path, "four", "2"))
    assert (some.ids, some.targets[:, 0].tolist()) == (("2", "4"), [0, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no picture"),
        ("filename\n", "names no picture"),
        ("name,kind\na,x\na,y\nb,x\nb,x\n", "another kind than in only.csv:2"),
        ("name,kind\n,x\na,x\nb,y\nc,y\n", "only.csv:2, column name: the name is empty"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_picture_list(written(tmp_path, text))


def test_no_file(tmp_path):
    with pytest.raises(TagonautError, match="file not found"):
        read_picture_list(tmp_path / "none.txt")

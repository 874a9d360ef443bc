"""Every other way in which labelled collections lie about: COCO, VOC, folders, records, lists."""

import json
from collections import Counter

import numpy as np
import polars as pl
import pytest
from PIL import Image

import tagonaut
from tagonaut.data.readers import look, recognise
from tagonaut.errors import DataError, TagonautError


def pictures(folder, *names, colour=None):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), colour or (number, 0, 0)).save(path)
    return folder


def tags(dataset):
    return dict(zip(dataset.ids, dataset.labels.decode(dataset.targets), strict=True))


# COCO


def coco(folder, **changes):
    document = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in (7, 8, 9)],
        "categories": [{"id": 10, "name": "cat"}, {"id": 9, "name": "dog"}, {"id": 1, "name": "x"}],
        "annotations": [
            {"image_id": 7, "category_id": 9, "iscrowd": 0},
            {"image_id": 7, "category_id": 9, "iscrowd": 0},
            {"image_id": 7, "category_id": 10, "iscrowd": 1},
            {"image_id": 8, "category_id": 9, "iscrowd": 0},
        ],
        **changes,
    }
    path = pictures(folder, "val/7.png", "val/8.png", "val/9.png") / "instances.json"
    path.write_text(json.dumps(document))
    return path


def test_a_picture_has_a_category_if_any_box_has_it(tmp_path):
    dataset = tagonaut.read(coco(tmp_path))
    assert dataset.labels.names == ("x", "dog", "cat")
    assert tags(dataset) == {"7.png": ["dog", "cat"], "8.png": ["dog"], "9.png": []}
    assert dataset.known.all()
    some = tagonaut.read(coco(tmp_path), labels=["cat", "x"])
    assert some.labels.names == ("cat", "x")
    assert some.targets.tolist() == [[1, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": []}, "it has no images"),
        ({"images": {}}, "not in COCO's format"),
        ({"images": [{"id": 7}]}, r"images\[0\] has no file_name"),
        ({"images": [{"id": 7, "file_name": "a"}] * 2}, "several images have the same id"),
        ({"images": [{"file_name": "a"}]}, r"images\[0\] has no id"),
        ({"categories": [{"id": 9, "name": ""}]}, r"categories\[0\] has no name"),
        (
            {"annotations": [{"image_id": 7, "category_id": 99}]},
            "1 annotations refer to an unknown picture or category",
        ),
        (
            {"annotations": [{"image_id": [7], "category_id": 9}]},
            "1 annotations refer to an unknown picture or category",
        ),
        ({"annotations": ["box"]}, "1 annotations refer to an unknown picture or category"),
    ],
)
def test_damaged_coco_files_are_told(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        tagonaut.read(coco(tmp_path, **changes))


def test_the_real_coco_pictures_have_the_categories_of_their_boxes(shared):
    file = shared("data/coco/instances_val2017.json")
    dataset = tagonaut.read(file)
    document = json.loads(file.read_text())
    names = {category["id"]: category["name"] for category in document["categories"]}
    pairs = {(box["image_id"], names[box["category_id"]]) for box in document["annotations"]}
    assert len(dataset) == 96
    assert len(dataset.labels) == 80
    assert dict(zip(dataset.labels.names, dataset.targets.sum(axis=0), strict=True)) == {
        name: Counter(label for _, label in pairs)[name] for name in names.values()
    }


def test_pictures_lie_beside_the_folder_of_annotations(tmp_path):
    file = coco(tmp_path)
    (tmp_path / "annotations").mkdir()
    dataset = tagonaut.read(file.rename(tmp_path / "annotations" / "instances.json"))
    assert dataset.paths[0] == tmp_path / "val/7.png"


# Pascal VOC

OBJECT = "<object><name>{}</name><difficult>{}</difficult></object>"


def voc(folder, lists=True, annotations=True):
    root = pictures(folder / "VOC2007", "JPEGImages/a.jpg", "JPEGImages/b.jpg", "JPEGImages/c.jpg")
    files = {}
    if annotations:
        objects = {"a": [("cat", 0), ("cat", 1), ("dog", 1)], "b": [("dog", 0)], "c": []}
        for name, found in objects.items():
            text = "".join(OBJECT.format(*one) for one in found)
            files[f"Annotations/{name}.xml"] = f"<annotation>{text}</annotation>"
    if lists:
        files |= {
            "ImageSets/Main/train.txt": "a\n",
            "ImageSets/Main/val.txt": "b\nc\n",
            "ImageSets/Main/trainval.txt": "a\nb\nc\n",
            "ImageSets/Main/cat_trainval.txt": "a  1\nb -1\nc -1\n",
            "ImageSets/Main/dog_trainval.txt": "a  0\nb  1\nc -1\n",
        }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(("lists", "annotations"), [(True, True), (True, False), (False, True)])
def test_only_difficult_objects_leave_a_voc_label_unknown(tmp_path, lists, annotations):
    dataset = tagonaut.read(voc(tmp_path, lists, annotations))
    assert dataset.labels.names == ("cat", "dog")
    assert tags(dataset) == {"a": ["cat"], "b": ["dog"], "c": []}
    assert dataset.known.tolist() == [[True, False], [True, True], [True, True]]
    if lists:
        assert dataset.columns["split"].to_list() == ["train", "validation", "validation"]


def test_the_words_for_splits_of_a_voc_folder_are_those_of_all_others(tmp_path):
    root = voc(tmp_path)
    lists = root / "ImageSets" / "Main"
    (lists / "val.txt").rename(lists / "Valid.txt")
    (lists / "testing.txt").write_text("c\n")
    (lists / "dog_trainval.txt").rename(lists / "dog_training.txt")
    dataset = tagonaut.read(root)
    assert tags(dataset) == {"a": ["cat"], "b": ["dog"], "c": []}
    assert dataset.columns["split"].to_list() == ["train", "validation", "test"]
    assert any("1 pictures are in several splits" in note for note in dataset.notes)


def test_voc_is_found_as_it_is_unpacked(tmp_path):
    root = voc(tmp_path / "VOCdevkit")
    (root / "Annotations" / "._a.xml").write_bytes(b"\0\5\x16")
    assert tagonaut.read(tmp_path / "VOCdevkit").ids == ("a", "b", "c")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("Annotations/a.xml", "<annotation><object>", "a.xml: no element|a.xml: unclosed"),
        ("Annotations/a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "document type"),
        ("Annotations/a.xml", "<annotation><object/></annotation>", "a.xml: an object has no name"),
        (
            "ImageSets/Main/cat_trainval.txt",
            "a 2\n",
            "cat_trainval.txt:1: a line has a name and 1, 0 or -1, not 'a 2'",
        ),
        ("ImageSets/Main/train.txt", "a\nzz\n", "no picture 'zz'"),
    ],
)
def test_damaged_voc_files_are_told(tmp_path, name, text, message):
    root = voc(tmp_path)
    (root / name).write_text(text)
    with pytest.raises(DataError, match=message):
        tagonaut.read(root)


# A folder a label


def test_the_same_picture_in_two_folders_has_both_labels(tmp_path):
    pictures(tmp_path, "cat/1.png", "cat/2.png", "dog/1.png", "dog/more/3.png")
    (tmp_path / "dog" / "other name.png").write_bytes((tmp_path / "cat" / "2.png").read_bytes())
    dataset = tagonaut.read(tmp_path)
    assert tags(dataset) == {
        "cat/1.png": ["cat"],
        "cat/2.png": ["cat", "dog"],
        "dog/1.png": ["dog"],  # of the same name as another, but not the same picture
        "dog/more/3.png": ["dog"],
    }
    assert any("1 files are copies" in note for note in dataset.notes)


def test_folders_of_splits_hold_folders_of_labels(tmp_path):
    pictures(tmp_path, "train/cat/1.png", "train/dog/2.png", "val/cat/3.png", "test/dog/4.png")
    dataset = tagonaut.read(tmp_path)
    assert dataset.labels.names == ("cat", "dog")
    columns = dict(zip(dataset.ids, dataset.columns["split"], strict=True))
    assert columns["val/cat/3.png"] == "validation"


# Records, lists of paths


@pytest.mark.parametrize("form", ["tags", "columns", "booleans"])
@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "json"])
def test_records_say_the_same_as_tables(tmp_path, form, suffix):
    pictures(tmp_path, "a.png", "b.png", "c.png")
    columns = {
        "tags": {"tags": [["dirt road", "river"], ["dirt road"], []]},
        "columns": {"dirt road": [1, 1, 0], "river": [1.0, 0.0, 0.0]},
        "booleans": {"dirt road": [True, True, False], "river": [True, False, False]},
    }
    frame = pl.DataFrame({"file_name": ["a.png", "b.png", "c.png"], **columns[form]})
    path = tmp_path / f"t.{suffix}"
    write = {"parquet": "write_parquet", "jsonl": "write_ndjson", "json": "write_json"}[suffix]
    getattr(frame, write)(path)
    dataset = tagonaut.read(path)
    assert tags(dataset) == {
        "a.png": ["dirt road", "river"],
        "b.png": ["dirt road"],
        "c.png": [],
    }


def test_a_list_of_paths_is_joined_by_name(tmp_path):
    pictures(tmp_path, "one/a.png", "two/b.png", "three/c.png")
    (tmp_path / "list.txt").write_text("one/a.png\n\ntwo/b.png\n")
    (tmp_path / "t.csv").write_text("id,tags\na,x\nb,y\n")
    dataset = tagonaut.read(tmp_path / "t.csv", tmp_path / "list.txt")
    assert dataset.paths == (tmp_path / "one/a.png", tmp_path / "two/b.png")


# Spelling, groups


@pytest.mark.parametrize(
    "text",
    [
        "id,tags\na,Road river\nb,road\nc,road\n",
        "id,road,Road,river\na,0,1,1\nb,1,0,0\nc,1,,0\n",
        'id,road,"road ",river\na,0,1,1\nb,1,0,0\nc,1,0,0\n',
    ],
)
def test_labels_that_differ_in_case_or_space_are_told_and_merged_on_demand(tmp_path, text):
    pictures(tmp_path, "a.png", "b.png", "c.png")
    path = tmp_path / "t.csv"
    path.write_text(text)
    told = tagonaut.read(path)
    assert len(told.labels) == 3
    assert any("--normalise merges them" in note for note in told.notes)
    merged = tagonaut.read(path, normalise=True)
    assert sorted(merged.labels.names) == ["river", "road"]
    assert tags(merged)["a"] == list(merged.labels.names)
    assert merged.known.all()
    assert any("merged as 'road'" in note for note in merged.notes)


def test_declared_groups_are_kept_and_what_breaks_them_is_told(tmp_path, shared):
    table = shared("data/amazon/train_v2.csv")
    weather = ("clear", "haze", "cloudy", "partly_cloudy")
    dataset = look(table, tmp_path, groups=[weather])
    assert dataset.labels.groups == (weather,)
    assert dataset.notes[-1] == (
        "1 of 40,479 pictures do not have exactly one of clear, haze, cloudy, partly_cloudy:"
        " train_24448"
    )
    with pytest.raises(TagonautError, match=r"no label 'clean' .*'clear'"):
        look(table, tmp_path, groups=[("clean", "haze")])


# What there is, and what it is


def test_looking_keeps_rows_without_picture_and_pictures_without_row(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "t.csv").write_text("id,tags\na,x\ngone.png,y\n")
    dataset = look(tmp_path / "t.csv")
    assert dataset.ids == ("a", "gone.png")
    assert dataset.paths == (tmp_path / "a.png", tmp_path / "gone.png")
    assert dataset.others == (tmp_path / "b.png",)


def test_a_declared_label_that_no_picture_has_is_told(tmp_path):
    pictures(tmp_path, "cat/1.png", "dog/2.png")
    dataset = tagonaut.read(tmp_path, labels=["cat", "dgo"])
    assert any(note.startswith("no picture has: dgo (declared") for note in dataset.notes)
    with pytest.raises(TypeError, match=r"'lables'.*'labels'"):
        tagonaut.read(tmp_path, lables=["cat"])


def test_pictures_alone_have_no_labels(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    dataset = look(tmp_path)
    assert len(dataset.labels) == 0
    assert dataset.targets.shape == (2, 0)
    with pytest.raises(DataError, match="pictures without labels"):
        tagonaut.read(tmp_path)


def test_the_kind_of_a_source_is_seen(tmp_path, painted):
    assert recognise(voc(tmp_path)) == "voc"
    assert recognise(coco(tmp_path / "coco").parent) == "coco"
    assert recognise(painted) == "table"
    assert recognise(pictures(tmp_path / "f", "cat/1.png", "dog/1.png")) == "folders"
    assert recognise(pictures(tmp_path / "p", "1.png", "2.png")) == "pictures"
    assert recognise(painted.parent) == "table"
    (painted.parent / "t.csv").write_text("id,tags\n")
    with pytest.raises(TagonautError, match=r"2 tables in it \(labels.csv, t.csv\)"):
        recognise(painted.parent)


def test_the_tables_of_the_amazon_alone(shared):
    table = shared("data/amazon/train_v2.csv")
    dataset = look(table)
    counts = dict(zip(dataset.labels.names, dataset.targets.sum(axis=0).tolist(), strict=True))
    assert len(dataset) == 40_479
    assert counts["clear"] == 28_431
    assert counts["blow_down"] == 98
    mentions = dict(zip(dataset.labels.names, dataset.mentions or (), strict=True))
    assert (mentions["blow_down"], mentions["cultivation"]) == (101, 4_547)
    assert np.count_nonzero([path.is_file() for path in dataset.paths]) == 30

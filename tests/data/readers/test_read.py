import numpy as np
import pytest
from PIL import Image

import tagonaut
from tagonaut.errors import DataError, TagonautError


def pictures(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    return folder


def table(folder, text, name="t.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def tags(dataset):
    return dict(zip(dataset.ids, dataset.labels.decode(dataset.targets), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "image_name,tags\na,road river\nb,road\nc,\n",
        "image_name,tags\na.png,river road road\nb.png,road\nc.png,\n",
        'image_name,tags\na,"road, river"\nb,road\nc,\n',
        "image_name;tags\na;road river\nb;road\nc;\n",
        "image_name,tags\na,road;river\nb,road\nc,\n",
        "image_name\ttags\na\triver|road\nb\troad\nc\t\n",
        "\ufeffimage_name,tags\r\na,river road\r\nb,road\r\nc,\r\n",
        "filename,river,road\na.png,1,1\nb.png,0,1\nc.png,0,0\n",
        "id, river, road\na.png,1,1,\nb.png,0,1,\nc.png,0,0,\n",
        "id,river,road\na,True,1.0\nb,False,yes\nc,no,0.0\n",
        ",filename,river,road\n0,a.png,1,1\n1,b.png,0,1\n2,c.png,0,0\n",
        "id,place,river,road\na,x,1,1\nb,y,0,1\nc,z,0,0\n",
    ],
)
def test_tables_of_many_shapes_say_the_same(tmp_path, text):
    pictures(tmp_path, "a.png", "deep/er/b.png", "c.png")
    dataset = tagonaut.read(table(tmp_path, text))
    assert dataset.labels.names == ("river", "road")
    assert dataset.targets.tolist() == [[1, 1], [0, 1], [0, 0]]
    assert dataset.known.all()
    assert [path.name for path in dataset.paths] == ["a.png", "b.png", "c.png"]


def test_utf16_and_labels_of_two_words(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    text = "id,tags\na,ISS Structure;Día\nb,Día\n"
    dataset = tagonaut.read(table(tmp_path, text, encoding="utf-16"))
    assert tags(dataset) == {"a": ["Día", "ISS Structure"], "b": ["Día"]}


def test_other_columns_are_kept_and_told(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    dataset = tagonaut.read(table(tmp_path, "id,place,road\na,Para,1\nb,Acre,0\n"))
    assert dataset.columns["place"].to_list() == ["Para", "Acre"]
    assert any("place" in note for note in dataset.notes)
    assert dataset.subset([1]).columns["place"].to_list() == ["Acre"]


def test_an_empty_cell_of_a_label_column_is_unknown(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    dataset = tagonaut.read(table(tmp_path, "id,road,river\na,1,\nb,0,1\n"))
    assert dataset.known.tolist() == [[True, False], [True, True]]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "t.csv: the table is empty"),
        ("id,tags\n", {}, "no rows"),
        ("id,tags\na,road\na,river\n", {}, "t.csv:3: 'a' contradicts its row at t.csv:2"),
        ("id,tags\na,road\nb,road,river\n", {}, "t.csv:3: 3 cells for 2 columns"),
        ("id,tags\na,raod\n", {"labels": ["road"]}, "t.csv:2, column tags: 'raod' .*'road'"),
        ("id,tags\na,road\n", {"labels": ["raod"]}, "no row has 'raod' .*'road'"),
        ("id,road\na,1\nb,1\nc,2\n", {}, "t.csv:4, column road: '2' is neither 0 nor 1"),
        ("id,road\na,1\n", {"labels": ["rode"]}, "t.csv:1: there is no column 'rode' .*'road'"),
        ("id,tags\na,road\nnone,road\n", {}, "t.csv:3: no picture 'none'"),
        ("id,tags\nnone,road\n", {"missing": "skip"}, "none of the pictures is in"),
        ("id,tags\na,\n", {}, "column tags has no tags"),
        ("id,tags\na,\n", {"labels": ["road"], "unlabelled": "skip"}, "no picture has any of"),
        ("id,name\na,b\n", {}, "no column of tags"),
        ("id,tags,tags\na,b,c\n", {}, "several columns have the same name: tags"),
        ("id,tags\ntwice,road\n", {}, "t.csv:2: 'twice' is the name of 2 files: .*.jpg, .*.png"),
        ('id,tags\na,"road\n', {}, "t.csv:2: not a table"),
        ("id,tags\na,r\0ad\n", {}, "zero bytes"),
    ],
)  # fmt: skip
def test_bad_tables_are_told_with_file_line_and_column(tmp_path, text, options, message):
    pictures(tmp_path, "a.png", "b.png", "c.png", "x/twice.png", "twice.jpg")
    with pytest.raises(DataError, match=message):
        tagonaut.read(table(tmp_path, text), **options)


def test_text_in_another_encoding_is_told_with_its_line(tmp_path):
    path = table(tmp_path, "id,tags\na,road\nb,Tür\n", encoding="latin-1")
    with pytest.raises(DataError, match=r"t.csv:3: not UTF-8"):
        tagonaut.read(path)


def test_missing_rows_can_be_left_out_and_are_told(tmp_path):
    pictures(tmp_path, "a.png")
    dataset = tagonaut.read(table(tmp_path, "id,tags\na,road\ngone,road\n"), missing="skip")
    assert dataset.ids == ("a",)
    assert any("'gone'" in note for note in dataset.notes)


def test_identical_rows_are_merged_and_told(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    dataset = tagonaut.read(table(tmp_path, "id,tags\na,x y\nb,x\na.png,y x x\n"))
    assert tags(dataset) == {"a": ["x", "y"], "b": ["x"]}
    assert [note for note in dataset.notes if "duplicate" in note or "twice" in note] == [
        "t.csv: 1 rows name a tag twice; it counts once",
        "t.csv: 1 duplicate rows merged",
    ]


def test_a_name_with_its_folder_chooses_between_files(tmp_path):
    pictures(tmp_path, "x/a.png", "y/a.png")
    dataset = tagonaut.read(table(tmp_path, "id,tags\nx/a.png,road\n"))
    assert dataset.paths == (tmp_path / "x" / "a.png",)


def test_a_picture_without_labels_is_negative_in_tables_unless_asked(tmp_path):
    pictures(tmp_path, "a.png", "b.png")
    path = table(tmp_path, "id,tags\na,road\nb,\n")
    assert tagonaut.read(path).known.all()
    assert tagonaut.read(path, unlabelled="skip").known.tolist() == [[True], [False]]


def test_sources_that_are_not_there(tmp_path):
    with pytest.raises(TagonautError, match="file or folder not found"):
        tagonaut.read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no picture found in this folder"):
        tagonaut.read(tmp_path)
    with pytest.raises(TagonautError, match="folder, or list of pictures, not found"):
        tagonaut.read(table(tmp_path, "id,tags\na,b\n"), tmp_path / "none")


# The real collections.


def test_both_tables_of_the_aerial_collection_agree(shared):
    folder = shared("data/aerial")
    one = tagonaut.read(folder / "labels.csv", folder / "images")
    other = tagonaut.read(folder / "onehot.csv", folder / "images")
    assert len(one) == 1687
    assert one.labels == other.labels
    assert np.array_equal(one.targets, other.targets)
    assert one.paths == other.paths


def test_the_amazon_table_counts_a_tag_named_twice_once(shared):
    folder = shared("data/amazon")
    dataset = tagonaut.read(folder / "train_v2.csv", folder / "train-jpg", missing="skip")
    assert len(dataset) == 30
    assert len(dataset.labels) == 17
    assert dataset.notes[0] == "train_v2.csv: 73 rows name a tag twice; it counts once"
    with pytest.raises(DataError, match=r"train_0.jpg, .*train_0.tif"):
        tagonaut.read(folder / "train_v2.csv", folder, missing="skip")


def test_the_astronauts_table_has_spaces_and_trailing_commas(shared, tmp_path):
    source = shared("data/iss/training_data.csv")
    names = [line.partition(",")[0] for line in source.read_text().splitlines()[1:]]
    pictures(tmp_path, *names[:3])
    dataset = tagonaut.read(source, tmp_path, missing="skip")
    assert dataset.labels.names[1:3] == ("Sunrise Sunset", "ISS Structure")
    assert tags(dataset)["iss052e053681.jpg"] == ["Dock Undock"]


def test_labels_that_no_picture_has_or_all_have_are_reported(tmp_path):
    file = table(pictures(tmp_path, "a.png", "b.png"), "image_name,tags\na,day\nb,day moon\n")
    notes = tagonaut.read(file, labels=["day", "moon", "lake"]).notes
    assert any(note.startswith("no picture has: lake") for note in notes)
    assert any(note.startswith("every picture whose labels are known has: day (") for note in notes)

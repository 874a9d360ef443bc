import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tagonaut.drawing.chips.chip import draw
from tagonaut.drawing.chips.collection import draw_chips
from tagonaut.errors import TagonautError


def test_the_table_says_what_was_drawn(tmp_path: Path):
    table = draw_chips(tmp_path / "chips", 6, seed=2, size=64, start=3)
    assert table == tmp_path / "chips" / "labels.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_name"] for row in rows] == [f"chip_{k:05d}" for k in range(3, 9)]
    assert [row["tags"].split() for row in rows] == [draw(2, k, 64)[1] for k in range(3, 9)]
    assert list(rows[0]) == ["image_name", "tags"]


def test_the_pictures_are_the_chips(tmp_path: Path):
    draw_chips(tmp_path, 3, seed=2, size=80)
    files = sorted((tmp_path / "images").iterdir())
    assert [file.name for file in files] == ["chip_00000.jpg", "chip_00001.jpg", "chip_00002.jpg"]
    for k, file in enumerate(files):
        with Image.open(file) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (80, 80))
            apart = np.asarray(picture).astype(float) - np.asarray(draw(2, k, 80)[0])
        assert np.abs(apart).mean() < 6


def test_unlabelled_pictures_lie_in_the_folder_without_a_table(tmp_path: Path):
    folder = draw_chips(tmp_path / "new", 2, size=32, labelled=False, start=10)
    assert folder == tmp_path / "new"
    assert sorted(file.name for file in folder.iterdir()) == ["chip_00010.jpg", "chip_00011.jpg"]


def test_the_same_collection_twice_is_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        draw_chips(tmp_path / name, 3, seed=9, size=48)
    for file in (tmp_path / "a").rglob("*.*"):
        twin = tmp_path / "b" / file.relative_to(tmp_path / "a")
        assert file.read_bytes() == twin.read_bytes()


def test_a_folder_with_something_in_it_is_an_error_and_stays_as_it_was(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TagonautError, match="is not empty; name a new folder"):
        draw_chips(tmp_path, 2)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_an_error(tmp_path: Path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(TagonautError, match="is a file"):
        draw_chips(tmp_path / "mine", 2)
    with pytest.raises(TagonautError, match="cannot make the folder"):
        draw_chips(tmp_path / "mine" / "deeper", 2)


@pytest.mark.parametrize(("pictures", "start"), [(0, 0), (-1, 0), (1, -1)])
def test_numbers_that_make_no_collection_are_an_error(tmp_path: Path, pictures: int, start: int):
    with pytest.raises(TagonautError, match="cannot draw"):
        draw_chips(tmp_path / "new", pictures, start=start)
    assert not (tmp_path / "new").exists()


def test_a_bad_size_leaves_no_folder_behind(tmp_path: Path):
    with pytest.raises(TagonautError, match="sizes go from 32 to 512"):
        draw_chips(tmp_path / "new", 2, size=8)
    assert not (tmp_path / "new").exists()

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

import tagonaut
from tagonaut.errors import DataError

TWELVE = (
    "Volcano", "Sunrise Sunset", "ISS Structure", "Stars", "Night", "Aurora", "Movie", "Day",
    "Moon", "Inside ISS", "Dock Undock", "Cupola",
)  # fmt: skip


def photo(path, *arguments):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), "teal").save(path)
    if arguments:
        subprocess.run(["exiftool", "-q", "-overwrite_original", *arguments, path], check=True)


@pytest.fixture
def photos(tmp_path):
    photo(tmp_path / "a.jpg", "-IPTC:Keywords=Day", "-IPTC:Keywords=Day", "-XMP-dc:Subject=Moon")
    photo(tmp_path / "sub" / "b.jpg", "-XMP-lr:HierarchicalSubject=Surface|Volcano")
    photo(tmp_path / "c.jpg", "-IPTC:Keywords=Hurricane")
    photo(tmp_path / "d.jpg")
    return tmp_path


def test_three_fields_count_once_each_and_absent_is_unknown(photos):
    dataset = tagonaut.read(photos, labels=["Volcano", "Day", "Moon", "Surface"])
    assert dataset.ids == ("a.jpg", "c.jpg", "d.jpg", "sub/b.jpg")
    tags = dataset.labels.decode(dataset.targets)
    assert tags == [["Day", "Moon"], [], [], ["Volcano", "Surface"]]
    assert dataset.known.all(axis=1).tolist() == [True, False, False, True]
    assert not dataset.known[1:3].any()
    asked = tagonaut.read(photos, labels=["Volcano", "Day"], unlabelled="negative")
    assert asked.known.all()


def test_keywords_that_are_common_enough_are_labels(photos):
    dataset = tagonaut.read(photos, min_count=1)
    assert dataset.labels.names == ("Day", "Hurricane", "Moon", "Surface", "Volcano")
    with pytest.raises(DataError, match=r"no keyword occurs in 10 photos or more.*Day \(1\)"):
        tagonaut.read(photos)


def test_photos_that_are_declared_to_hold_keywords_and_do_not(painted):
    with pytest.raises(DataError, match="the photos have no keywords"):
        tagonaut.read(painted.parent, format="keywords")


def test_a_photo_that_cannot_be_read_is_told_and_left_out(photos):
    (photos / "e.jpg").symlink_to(photos / "nowhere")
    dataset = tagonaut.read(photos, labels=["Day"])
    assert "e.jpg" not in dataset.ids
    assert any("e.jpg" in note and "left out" in note for note in dataset.notes)


def test_the_astronauts_photos_have_their_true_tags(shared, tmp_path):
    shutil.copytree(shared("data/iss/photos"), tmp_path / "photos")
    dataset = tagonaut.read(tmp_path / "photos", labels=TWELVE)
    tags = dict(zip(dataset.ids, dataset.labels.decode(dataset.targets), strict=True))
    assert tags == {
        "iss040e116901.jpg": ["Aurora"],
        "iss052e006649.jpg": ["Aurora", "Movie"],
        "iss052e072152.jpg": ["Volcano", "Day"],
        "iss053e003185.jpg": ["Movie", "Day"],
        "iss053e120369.jpg": [],
    }
    unknown = [
        name for name, known in zip(dataset.ids, dataset.known, strict=True) if not known.any()
    ]
    assert unknown == ["iss053e120369.jpg"]
    assert np.array_equal(dataset.known.any(axis=1), dataset.known.all(axis=1))
    asked = tagonaut.read(tmp_path / "photos", labels=TWELVE, unlabelled="negative")
    assert asked.known.all()


def test_names_that_differ_in_case_or_unicode_form_are_one_label(tmp_path):
    for number, name in enumerate(["Café", "Cafe\u0301", "CAFÉ", "Café"]):
        photo(tmp_path / f"{number}.jpg", f"-XMP-dc:Subject={name}")
    dataset = tagonaut.read(tmp_path, min_count=1)
    assert dataset.labels.names == ("Café",)
    assert dataset.targets.sum() == 4
    assert any("merged as 'Café'" in note for note in dataset.notes)


def test_labels_that_are_declared_stay_apart(tmp_path):
    photo(tmp_path / "a.jpg", "-XMP-dc:Subject=Day", "-XMP-dc:Subject=Moon")
    photo(tmp_path / "b.jpg", "-XMP-dc:Subject=day", "-XMP-dc:Subject=Moon")
    dataset = tagonaut.read(tmp_path, labels=["Day", "day"])
    assert dataset.labels.decode(dataset.targets) == [["Day"], ["day"]]


@pytest.mark.parametrize("sidecar", ["a.jpg.xmp", "a.xmp"])
def test_the_keywords_of_a_sidecar_count_with_its_photos(tmp_path, sidecar):
    photo(tmp_path / "a.jpg", "-XMP-dc:Subject=Day")
    photo(tmp_path / "b.jpg")
    command = ["exiftool", "-q", "-XMP-dc:Subject=Moon", "-XMP-dc:Subject=Day"]
    subprocess.run([*command, tmp_path / sidecar], check=True)
    dataset = tagonaut.read(tmp_path, min_count=1)
    assert dataset.ids == ("a.jpg", "b.jpg")
    assert dataset.labels.decode(dataset.targets) == [["Day", "Moon"], []]


def test_keywords_in_sidecars_alone_are_recognised(tmp_path):
    photo(tmp_path / "a.jpg")
    command = ["exiftool", "-q", "-XMP-dc:Subject=Moon", tmp_path / "a.jpg.xmp"]
    subprocess.run(command, check=True)
    assert tagonaut.read(tmp_path, min_count=1).labels.names == ("Moon",)


def test_a_damaged_sidecar_leaves_its_photo_out_and_is_told(tmp_path):
    photo(tmp_path / "a.jpg", "-XMP-dc:Subject=Day")
    photo(tmp_path / "b.jpg", "-XMP-dc:Subject=Day")
    (tmp_path / "a.jpg.xmp").write_text("no XMP")
    dataset = tagonaut.read(tmp_path, min_count=1)
    assert dataset.ids == ("b.jpg",)
    assert any("a.jpg" in note and "left out" in note for note in dataset.notes)


def test_sidecars_of_files_that_are_not_read_are_told(tmp_path):
    photo(tmp_path / "a.jpg", "-XMP-dc:Subject=Day")
    (tmp_path / "raw").mkdir()
    for name in ("a.jpg.xmp", "raw/b.CR2.xmp"):
        subprocess.run(["exiftool", "-q", "-XMP-dc:Subject=Moon", tmp_path / name], check=True)
    notes = tagonaut.read(tmp_path, min_count=1).notes
    assert any(note.startswith("1 sidecars belong to no picture that is read") for note in notes)

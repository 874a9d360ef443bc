from pathlib import Path

import pytest
from PIL import Image

from tagonaut.data.pictures import PictureIndex, given_pictures
from tagonaut.errors import TagonautError


@pytest.fixture
def collection(tmp_path):
    for name in ("one/1.jpg", "one/sub/2.jpg", "two/1.jpg", "3.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["one"], ["1.jpg", "sub/2.jpg"]),
        (["one", "two"], ["one/1.jpg", "one/sub/2.jpg", "two/1.jpg"]),
        (["one/1.jpg", "two/1.jpg"], ["one/1.jpg", "two/1.jpg"]),
        (["one/1.jpg"], ["1.jpg"]),
        (["two", "3.jpg"], ["two/1.jpg", "3.jpg"]),
        (["one/sub", "one/1.jpg"], ["sub/2.jpg", "1.jpg"]),
    ],
)
@pytest.mark.parametrize("relative", [False, True])
def test_no_two_pictures_have_one_name(collection, monkeypatch, given, names, relative):
    monkeypatch.chdir(collection)
    places = [collection / name for name in given]
    found = given_pictures(
        [place.relative_to(collection) for place in places] if relative else places
    )
    assert list(found.names) == names
    assert [path.is_file() for path in found.paths] == [True] * len(names)
    assert found.notes == ()


def test_a_picture_that_is_given_twice_is_taken_once(collection):
    found = given_pictures(
        [collection / "one", collection / "one" / "sub", collection / "one/1.jpg"]
    )
    assert found.names == ("1.jpg", "sub/2.jpg")
    assert found.notes == ("2 pictures are given more than once, and are read once",)


def test_a_path_that_is_not_there_is_named(collection):
    with pytest.raises(TagonautError, match=r"none: file or folder not found"):
        given_pictures([collection / "one", collection / "none"])


def test_files_are_found_by_folders_above_their_own_and_by_case(collection, monkeypatch):
    monkeypatch.chdir(collection / "one")
    (collection / "one" / "A.jpg").write_bytes((collection / "3.jpg").read_bytes())
    (collection / "one" / "a.JPG").write_bytes((collection / "3.jpg").read_bytes())
    index = PictureIndex.of(Path())
    assert index.find("one/1.jpg") == [Path("1.jpg")]
    assert index.find("two/1.jpg") == []
    assert index.find("a.JPG") == index.find("a") == [Path("a.JPG")]
    assert index.find("A.jpg") == [Path("A.jpg")]
    assert len(index.find("a.jpg")) == 2


def test_what_programs_and_people_leave_out_is_not_read_and_is_counted(collection):
    for name in ("@eaDir/1.jpg", "one/._1.jpg", "one/raw/9.jpg", "two/Thumbs/1.jpg"):
        path = collection / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((collection / "3.jpg").read_bytes())
    (collection / "one" / ".tagonautignore").write_text("/raw/\n")
    found = given_pictures([collection])
    assert found.names == ("3.jpg", "one/1.jpg", "one/sub/2.jpg", "two/1.jpg")
    assert found.notes == ("passed over: 3 excluded folders (@eaDir 1, raw 1, Thumbs 1)",)
    (collection / "two" / ".tagonautignore").write_text("1.jpg")
    assert given_pictures([collection]).notes[1:] == ("passed over: 1 excluded photos (.jpg 1)",)
    (collection / "two" / ".tagonautignore").write_bytes(b"\0")
    with pytest.raises(TagonautError, match=r"two: its \.tagonautignore is not text"):
        given_pictures([collection])

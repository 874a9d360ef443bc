import os
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import clear_temporaries, make_folder, temporary
from tagonaut.tagging.files import walk_photos
from tagonaut.tagging.summary import Outcome, Summary, shown, try_photo

NAMES = [
    "a.jpg",
    "a/1.JPG",
    "a/10.jpeg",
    "a/2.tif",
    "a.d/x.png",
    "b/c/d/e.webp",
    "b/c.gif",
    "x.jpg/inside.bmp",
    "é.jpe",
    "\n.tiff",
    os.fsdecode(b"\xff.jpg"),
]


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def walked(folder: Path, **named):
    entered, problems = [], []
    found = walk_photos(
        folder, enter=entered.append, report=lambda *problem: problems.append(problem), **named
    )
    return [os.fspath(path) for path in found], entered, problems


def test_pictures_come_in_the_order_of_their_bytes(tmp_path):
    tree(tmp_path, *NAMES, "notes.txt", "jpg", ".tagonaut/x.jpg", "a/.tagonaut/x.jpg")
    found, entered, problems = walked(tmp_path)
    assert found == sorted(NAMES, key=os.fsencode)
    assert problems == []
    assert len(entered) == len(set(entered)) == 7


def test_links_are_not_followed_to_folders(tmp_path):
    tree(tmp_path, "real/a.jpg")
    (tmp_path / "real" / "loop.jpg").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "broken.jpg").symlink_to("nowhere")
    (tmp_path / "photo.jpg").symlink_to("real/a.jpg")
    assert walked(tmp_path)[0] == ["broken.jpg", "photo.jpg", "real/a.jpg"]


def test_a_folder_can_be_left_out(tmp_path):
    tree(tmp_path, "a.jpg", "out/b.jpg", "sub/out/c.jpg")
    found, _, _ = walked(tmp_path, leave_out=tmp_path / "sub" / ".." / "out")
    assert found == ["a.jpg", "sub/out/c.jpg"]


def test_what_cannot_be_walked_is_reported(tmp_path, monkeypatch):
    tree(tmp_path, "a.jpg", "locked/b.jpg", "z.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    scandir = os.scandir

    def refusing(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found, _, problems = walked(tmp_path)
    assert found == ["a.jpg", "z.jpg"]
    assert problems == [
        (Path("pipe.jpg"), "not a file"),
        (Path("locked"), "the folder cannot be read (Permission denied)"),
    ]
    with pytest.raises(TagonautError, match="cannot be read"):
        walked(tmp_path / "locked")


def test_nothing_is_listed_ahead(tmp_path):
    tree(tmp_path, "a/1.jpg", "b/2.jpg")
    names = walk_photos(tmp_path, enter=lambda folder: None, report=lambda *problem: None)
    assert os.fspath(next(names)) == "a/1.jpg"
    tree(tmp_path, "b/3.jpg")
    assert [os.fspath(name) for name in names] == ["b/2.jpg", "b/3.jpg"]


def test_deep_folders(tmp_path):
    deep = tmp_path / "/".join(["d"] * 900)
    deep.mkdir(parents=True)
    (deep / "a.jpg").touch()
    assert len(walked(tmp_path)[0]) == 1


def test_only_temporaries_of_ours_are_cleared(tmp_path):
    with temporary(tmp_path) as path:
        path.touch()
        left = path.with_name(path.name + "_exiftool_tmp")
        left.touch()
        mine = [".tagonaut-notes", ".tagonaut-0123456789abcdef.jpg", "a.jpg_exiftool_tmp"]
        tree(tmp_path, *mine)
        folder = tmp_path / ".tagonaut-0123456789abcdef"
        folder.mkdir()
        clear_temporaries(tmp_path)
        assert sorted(os.listdir(tmp_path)) == sorted([*mine, folder.name])  # noqa: PTH208


def test_folders_are_made_and_files_in_the_way_told(tmp_path):
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").touch()
    found = try_photo(Path("x"), make_folder, tmp_path / "file" / "b")
    assert isinstance(found, Outcome)
    assert found.kind == "failed"


def test_names_and_reasons_are_one_line():
    assert shown(Path("a\nb/é\u202e.jpg")) == "a\\nb/é\\u202e.jpg"
    assert shown(Path(os.fsdecode(b"\xff.jpg"))) == "\\xff.jpg"
    summary = Summary()
    for _ in range(2000):
        summary.add(Outcome(Path("a"), "failed", reason="two\nlines"))
    assert (summary.failed, len(summary.failures)) == (2000, 1000)
    assert summary.failures[0] == ("a", "two lines")

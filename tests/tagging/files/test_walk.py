import os
from pathlib import Path

import pytest

from tagonaut.data.ignoring import Rules
from tagonaut.data.passed_over import PassedOver
from tagonaut.errors import TagonautError
from tagonaut.files.atomic import clear_temporaries, make_folder, temporary
from tagonaut.tagging.files import Parts, Selected, count_photos, walk_photos
from tagonaut.tagging.summary import Outcome, Summary, shown, try_photo
from tests.tagging.scorer import colour

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


def test_what_is_passed_over_is_counted(tmp_path):
    tree(
        *(tmp_path, "a.jpg", "b.mov", "c.svg", "notes.txt", "a.jpg.xmp", "@eaDir/a.jpg"),
        *("sub/._a.jpg", "sub/b.jpg", "raw/c.nef", "raw/keep.jpg", "2019/d.jpg", "2019/e.tif"),
    )
    (tmp_path / ".tagonautignore").write_text("raw/*\n!keep.jpg\n")
    (tmp_path / "link").symlink_to("sub")
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    passed = PassedOver()
    selected = Selected(Rules.of(exclude=["*.tif"], only=["2019", "raw", "sub"]), links=False)
    found, _, problems = walked(tmp_path, selected=selected, passed=passed)
    assert (found, problems) == (["2019/d.jpg", "raw/keep.jpg", "sub/b.jpg"], [])
    assert passed.counts == {
        "excluded folders": {"@eaDir": 1},
        "excluded photos": {".nef": 1, ".jpg": 1, ".tif": 1},
        "photos that --only does not choose": {".jpg": 2},
        "symbolic links to folders": {"link": 1},
        "videos": {".mov": 1},
        "pictures of formats that are not read": {".svg": 1},
        "other files": {".txt": 1},
    }
    assert count_photos(tmp_path, ended=lambda: False, selected=selected) == 3


def test_a_folder_whose_patterns_cannot_be_used_is_left_out(tmp_path):
    """Photos that somebody wanted left out are not tagged because the file is damaged."""
    tree(tmp_path, "a.jpg", "sub/b.jpg")
    (tmp_path / "sub" / ".tagonautignore").write_bytes(b"*\0")
    found, _, problems = walked(tmp_path)
    assert (found, problems) == (["a.jpg"], [(Path("sub"), "its .tagonautignore is not text")])


def test_jpegs_under_any_name_are_found_by_their_content(tmp_path):
    jpeg = colour(tmp_path / "IMG_1", "red").read_bytes()
    for name in ("photo.backup", "film.thm", "film.mov"):
        (tmp_path / name).write_bytes(jpeg)
    (tmp_path / "text").write_text("no picture")
    os.mkfifo(tmp_path / "pipe")
    assert walked(tmp_path)[0] == []
    selected = Selected(any_name=True)
    assert walked(tmp_path, selected=selected)[0] == ["IMG_1", "photo.backup"]
    assert count_photos(tmp_path, ended=lambda: False, selected=selected) == 2


def test_only_parts_are_walked(tmp_path):
    tree(tmp_path, "a.jpg", "x/b.jpg", "x/y/c.jpg", "x/y/d.jpg", "z/e.jpg", "xx/f.jpg")
    selected = Selected(parts=Parts(frozenset({Path("x/y/c.jpg"), Path("z"), Path("none")})))
    found, entered, _ = walked(tmp_path, selected=selected)
    assert found == ["x/y/c.jpg", "z/e.jpg"]
    assert entered == [Path(), Path("x"), Path("x/y"), Path("z")]
    assert count_photos(tmp_path, ended=lambda: False, selected=selected) == 2

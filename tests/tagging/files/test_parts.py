"""Parts of an archive, under its one journal."""

import io
import os
import sys
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.files import find_parts, read_paths
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import fields
from tests.tagging.scorer import ByColour, colour


@pytest.fixture
def archive(tmp_path):
    """A tagged archive that got more photos since."""
    folder = tmp_path / "archive"
    colour(folder / "a.jpg", "red")
    tag_folder(ByColour(), folder, TagOptions(in_place=True))
    for name in ("2019/1.jpg", "2019/deep/2.jpg", "2020/3.jpg"):
        colour(folder / name, "green")
    return folder


def parts(found):
    return None if found.parts.paths is None else {str(path) for path in found.parts.paths}


def test_the_archive_is_found_upward(archive, monkeypatch):
    monkeypatch.chdir(archive / "2019")
    for given, expected in (
        ([archive / "2019"], {"2019"}),
        ([archive / "2019" / "1.jpg", Path("deep")], {"2019/1.jpg", "2019/deep"}),
        ([Path()], {"2019"}),
        ([Path("..")], None),
        ([archive], None),
        ([archive / "2019", archive], None),
    ):
        found = find_parts(given)
        assert found.root.samefile(archive)
        assert (parts(found), found.faults) == (expected, ())


def test_odd_paths_are_a_line_each(archive, tmp_path):
    outside = colour(tmp_path / "outside.jpg", "red")
    (archive / "link").symlink_to(tmp_path)
    (archive / "2020" / "4.jpg").symlink_to("3.jpg")
    given = [
        archive / "2019", archive / "2019", archive / "2019" / "1.jpg", archive / "none.jpg",
        outside, archive / "link", archive / "link" / "outside.jpg", archive / "2020" / "4.jpg",
    ]  # fmt: skip
    found = find_parts(given)
    assert parts(found) == {"2019"}
    assert [(path.name, reason.partition(str(archive))[0]) for path, reason in found.faults] == [
        ("none.jpg", "there is no such file or folder"),
        ("outside.jpg", "it is not in "),
        ("link", "a symbolic link: left alone"),
        ("outside.jpg", "it is not in "),
        ("4.jpg", "a symbolic link: left alone"),
    ]
    assert found.notes == ("2 paths are named more than once: done once",)
    with pytest.raises(TagonautError, match=r"none.jpg: there is no such .* \(and 1 more\)"):
        find_parts([archive / "none.jpg", archive / "link"])


def test_without_an_archive_its_folder_is_named(tmp_path):
    photo = colour(tmp_path / "new" / "sub" / "1.jpg", "red")
    assert find_parts([tmp_path / "new"]).root == tmp_path / "new"
    listed = find_parts([tmp_path / "new"], [photo])
    assert (listed.root, parts(listed)) == (tmp_path / "new", {"sub/1.jpg"})
    for given, lines in (([photo], None), ([photo.parent, tmp_path], None), ([], [photo])):
        with pytest.raises(TagonautError, match="name the folder of the whole archive"):
            find_parts(given, lines)


def test_a_part_is_tagged_and_untagged_under_the_archives_journal(archive, tool):
    found = find_parts([archive / "2019"])
    options = TagOptions(in_place=True, parts=found.parts.paths)
    summary = tag_folder(ByColour(), found.root, options)
    assert (summary.seen, summary.written) == (2, 2)
    assert not (archive / "2019" / ".tagonaut").exists()
    assert summary.scores == archive / "scores.parquet"
    assert fields(tool, archive / "2020" / "3.jpg")[0].subject is None
    whole = tag_folder(ByColour(), archive, TagOptions(in_place=True))
    assert (whole.nothing_to_do, whole.written) == (3, 1)
    one = find_parts([archive / "2019" / "deep"]).parts.paths
    assert untag_folder(archive, UntagOptions(parts=one)).written == 1
    first, second = fields(tool, archive / "2019" / "1.jpg", archive / "2019" / "deep" / "2.jpg")
    assert first.subject and second.subject is None


def test_a_photo_that_has_a_sidecar_is_untagged_by_its_own_name(archive):
    tag_folder(ByColour(), archive, TagOptions(sidecar=True))
    part = find_parts([archive / "2019" / "1.jpg"]).parts.paths
    assert untag_folder(archive, UntagOptions(parts=part)).written == 1
    assert not (archive / "2019" / "1.jpg.xmp").exists()
    assert (archive / "2020" / "3.jpg.xmp").exists()
    untag_folder(archive, UntagOptions(exclude=("2020",), only=("*.jpg",)))
    left = {path.name for path in archive.rglob("*.xmp")}
    assert left == {"3.jpg.xmp"}


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg"]),
        (b"\xef\xbb\xbfa.jpg\r\n\r\nb.jpg", ["a.jpg", "b.jpg"]),
        (b"a\nb.jpg\0c.jpg\0", ["a\nb.jpg", "c.jpg"]),
        (b"\xff.jpg\n", [os.fsdecode(b"\xff.jpg")]),
    ],
)
def test_lists_of_paths(tmp_path, monkeypatch, data, names):
    (tmp_path / "list").write_bytes(data)
    assert [str(path) for path in read_paths(tmp_path / "list")] == names
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert [str(path) for path in read_paths(Path("-"))] == names
    with pytest.raises(TagonautError, match="cannot be read"):
        read_paths(tmp_path / "none")


def test_folders_of_a_list_are_resolved_once(tmp_path, monkeypatch):
    photos = [colour(tmp_path / "photos" / f"{number}.jpg") for number in range(20)]
    resolved = []
    resolve = Path.resolve
    monkeypatch.setattr(Path, "resolve", lambda path: resolved.append(path) or resolve(path))
    found = find_parts([tmp_path / "photos"], photos, upward=False)
    assert found.parts.paths == {Path(photo.name) for photo in photos}
    assert len(resolved) < 5


def test_a_list_of_millions_of_lines_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(1 << 20))
    (tmp_path / "list").write_bytes(b"a\n" * 1_000)
    assert len(read_paths(tmp_path / "list")) == 1_000
    (tmp_path / "list").write_bytes(b"a\n" * 2_000)
    with pytest.raises(TagonautError, match="TAGONAUT_MAX_MEMORY"):
        read_paths(tmp_path / "list")

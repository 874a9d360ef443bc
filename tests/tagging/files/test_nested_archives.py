"""An archive within another, and copies that would come among the photos."""

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, fields
from tests.tagging.scorer import ByColour, colour, expected


def test_a_folder_of_an_archive_is_not_tagged_by_itself(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "sub" / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    before = contents(photos)
    elsewhere = colour(tmp_path / "more" / "b.jpg", "red").parent
    for given in (
        (photos / "sub", TagOptions(in_place=True)),
        (photos / "sub", TagOptions(sidecar=True)),
        (elsewhere, TagOptions(to=photos / "not" / "there yet")),
    ):
        with pytest.raises(TagonautError, match=f"lies in {photos}, which was tagged as a whole"):
            tag_folder(ByColour("other"), *given)
    assert contents(photos) == before
    # From there, it is a folder as any other.
    assert (
        tag_folder(ByColour("other"), photos / "sub", TagOptions(to=tmp_path / "out")).copied == 1
    )
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).nothing_to_do == 1


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_archive_in_the_folder_is_left_alone_and_told(tmp_path, tool, dry_run):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    inner = colour(photos / "y" / "sub" / "b.jpg", "green")
    colour(photos / "y" / "z.jpg", "blue")
    tag_folder(ByColour(), inner.parent, TagOptions(in_place=True))
    before = inner.read_bytes()
    temporary = inner.with_name(".tagonaut-0123456789abcdef")
    temporary.touch()  # as of a run that is at work there
    summary = tag_folder(ByColour("other"), photos, TagOptions(in_place=True, dry_run=dry_run))
    ((name, reason),) = summary.failures
    assert name == "y/sub"
    assert "has a journal of its own: left alone" in reason
    assert (summary.written, summary.failed) == (2, 1)
    assert inner.read_bytes() == before
    assert temporary.exists()
    assert untag_folder(inner.parent).written == 1
    assert fields(tool, inner)[0].iptc is None


def test_copies_among_which_there_is_an_archive(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "sub/b.jpg"):
        colour(photos / name, "red")
    tag_folder(ByColour(), photos / "sub", TagOptions(to=out / "sub"))
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert [name for name, _ in summary.failures] == ["sub"]
    assert fields(tool, out / "a.jpg", out / "sub" / "b.jpg")[0].iptc == expected("red")
    # An archive among the photos is none among the copies.
    tag_folder(ByColour(), photos / "sub", TagOptions(in_place=True))
    second = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "second"))
    assert (second.written, second.copied, second.failed) == (1, 1, 0)


def test_copies_do_not_come_among_the_photos(tmp_path):
    photo = colour(tmp_path / "photos" / "sub" / "sub" / "a.jpg", "red")
    before = contents(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "photos")
    for to in (tmp_path / "photos", link):
        with pytest.raises(TagonautError, match="copies would come among the photos"):
            tag_folder(ByColour(), photo.parents[1], TagOptions(to=to))
    assert contents(tmp_path / "photos") == {
        name.removeprefix("photos/"): content for name, content in before.items()
    }

import os
import shutil
import string
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import stamp
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, fields, leftovers, snapshot
from tests.tagging.scorer import ByColour, colour, expected


@pytest.mark.parametrize("in_place", [True, False])
def test_real_photos_give_back_the_very_fields(shared, tmp_path, tool, in_place):
    """Promise: untag restores a field exactly if nobody has changed it since.

    Promise: a current IPTCDigest stays current, a stale one stale unless IPTC and XMP agree.
    """
    originals = shared("data/iss/photos")
    photos = tmp_path / "photos"
    shutil.copytree(originals, photos, copy_function=shutil.copyfile)
    photos.chmod(0o755)
    before = dict(zip(names(originals), fields(tool, *files(originals)), strict=True))
    named = {"in_place": True} if in_place else {"to": tmp_path / "out"}
    root = photos if in_place else tmp_path / "out"
    summary = tag_folder(ByColour(), photos, TagOptions(**named))
    assert (summary.written, summary.failed) == (5, 0)
    for name, photo in zip(names(root), files(root), strict=True):
        (found,) = fields(tool, photo)
        assert found.iptc == found.subject
        assert found.iptc[: len(before[name].iptc)] == before[name].iptc
        assert found.digest == found.true_digest
        check_pixels(originals / name, photo)
    assert tag_folder(ByColour(), photos, TagOptions(**named)).nothing_to_do == 5
    assert untag_folder(root).written == 5
    after = dict(zip(names(root), fields(tool, *files(root)), strict=True))
    assert after == before
    for name, photo in zip(names(root), files(root), strict=True):
        check_pixels(originals / name, photo)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jpg"))


def names(folder: Path) -> list[str]:
    return [photo.name for photo in files(folder)]


def test_several_runs_are_taken_back_together(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject^=", "-IPTCDigest=" + "01" * 16)
    (before,) = fields(tool, photo)
    for run, names in (("one", ("A", "B", "C", "D")), ("two", ("é", "B", "C", "D2"))):
        assert tag_folder(ByColour(run, names), photos, TagOptions(in_place=True)).written == 1
    assert fields(tool, photo)[0].iptc == ("old", "A", "D", "é", "D2")
    assert untag_folder(photos).written == 1
    assert fields(tool, photo) == [before]


def test_only_ours_goes_from_what_a_person_changed(tmp_path, tool):
    """Promise: untag removes only Tagonaut's words from a field that somebody has changed."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red", "blue")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject=old")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    edit(photo, "-IPTC:Keywords+=theirs", "-XMP-dc:Subject+=theirs", "-XMP-xmp:Rating=3")
    assert untag_folder(photos).written == 1
    (found,) = fields(tool, photo)
    assert found.iptc == found.subject == ("old", "theirs")
    assert untag_folder(photos).seen == 0


def test_a_person_took_everything_away_already(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    edit(photo, "-IPTC:all=", "-XMP:all=")
    before = photo.read_bytes()
    assert untag_folder(photos).nothing_to_do == 1
    assert photo.read_bytes() == before


def test_what_is_gone_or_replaced_by_a_link_is_told(tmp_path):
    photos = tmp_path / "photos"
    for name in "abc":
        colour(photos / f"{name}.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    (photos / "a.jpg").unlink()
    (photos / "b.jpg").rename(tmp_path / "b.jpg")
    (photos / "b.jpg").symlink_to(tmp_path / "b.jpg")
    before = (tmp_path / "b.jpg").read_bytes()
    summary = untag_folder(photos)
    assert (summary.written, summary.failed) == (1, 2)
    assert (tmp_path / "b.jpg").read_bytes() == before
    assert not leftovers(photos)


def equal_photos(folder: Path, *tags: str) -> dict[str, bytes]:
    """Tagged photos of equal size and time, ``a.jpg`` and on; their content before."""
    folder.mkdir()
    photos = [folder / f"{letter}.jpg" for letter in string.ascii_lowercase[: len(tags)]]
    for photo, tag in zip(photos, tags, strict=True):
        Image.new("RGB", (24, 24), tag).save(photo)
        os.utime(photo, ns=(10**18, 10**18))
    originals = {photo.name: photo.read_bytes() for photo in photos}
    tagger = ByColour(names=("one", "two", "six", "ten"))
    tag_folder(tagger, folder, TagOptions(in_place=True, keep_time=True))
    assert len({stamp(photo) for photo in photos}) == 1
    assert not {*originals.values()} & {photo.read_bytes() for photo in photos}
    return originals


@pytest.mark.parametrize("kind", ["unlike", "alike", "one is gone"])
def test_moved_photos_of_equal_size_and_time(tmp_path, kind):
    photos = tmp_path / "photos"
    originals = equal_photos(photos, "red", "red" if kind == "alike" else "blue")
    (new := photos / "new").mkdir()
    for name in originals:
        (photos / name).rename(new / f"moved {name}")
    gone = kind == "one is gone"
    if gone:
        (new / "moved b.jpg").unlink()
    summary = untag_folder(photos)
    assert [name for name, _ in summary.failures] == (["b.jpg"] if gone else [])
    assert summary.written == (1 if gone else 2)
    for path in new.iterdir():
        assert path.read_bytes() == originals[path.name.removeprefix("moved ")]


@pytest.mark.parametrize("other", ["red", "blue"])
def test_a_photo_that_is_gone_is_told_though_another_has_its_size_and_time(tmp_path, other):
    photos = tmp_path / "photos"
    originals = equal_photos(photos, "red", other)
    (photos / "a.jpg").unlink()
    summary = untag_folder(photos)
    assert [name for name, _ in summary.failures] == ["a.jpg"]
    assert (photos / "b.jpg").read_bytes() == originals["b.jpg"]


def test_tags_again_after_they_were_taken_back(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    for _ in range(2):
        assert tag_folder(ByColour(), photos, TagOptions(to=out)).written == 1
        assert fields(tool, out / "a.jpg")[0].subject == expected("red")
        assert untag_folder(out).written == 1
        assert (out / "a.jpg").read_bytes() == (photos / "a.jpg").read_bytes()


def test_a_folder_that_was_never_tagged_is_told_so(tmp_path):
    with pytest.raises(TagonautError, match="was not tagged"):
        untag_folder(tmp_path)
    assert snapshot(tmp_path) == {}

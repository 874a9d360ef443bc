"""Some of what was written is taken back: by run, by label, by time."""

import time

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.pipeline import tag_folder
from tagonaut.tagging.undo import untag_folder

from .folders import edit, fields
from .scorer import ByColour, colour

ONE, TWO = "one-0123456789ab", "two-0123456789ab"


@pytest.fixture
def photos(tmp_path):
    """Tags of two runs, of unlike labels; a person's before, between and behind them."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    colour(photos / "b.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject=old", "-IPTCDigest=" + "01" * 16)
    for run, names in ((ONE, ("A", "B", "C", "D")), (TWO, ("é", "B2", "C2", "D2"))):
        assert tag_folder(ByColour(run, names), photos, in_place=True).written == 2
    return photos


def words(tool, photos):
    found = fields(tool, photos / "a.jpg", photos / "b.jpg")
    assert all(one.iptc == one.subject for one in found)
    return [one.iptc for one in found]


ALL = [("old", "A", "D", "é", "D2"), ("A", "B", "é", "B2")]


def test_by_run(photos, tool):
    """Promise: untag takes by run, by label and by time exactly what is asked for."""
    assert words(tool, photos) == ALL
    summary = untag_folder(photos, runs=["runs/one"])
    assert dict(summary.changed) == {"A": 2, "B": 1, "D": 1}
    assert words(tool, photos) == [("old", "é", "D2"), ("é", "B2")]
    assert untag_folder(photos, runs=[ONE]).seen == 0
    assert untag_folder(photos, runs=["two"]).written == 2
    assert words(tool, photos) == [("old",), None]
    assert untag_folder(photos).seen == 0
    with pytest.raises(TagonautError, match=r"no tags were written here by a run 'three'"):
        untag_folder(photos, runs=["three"])


def test_by_label_or_tag(photos, tool):
    """Promise: untag takes by run, by label and by time exactly what is asked for."""
    choice = Choice(mapping={"x": "Any|Ex"}, labels=("x",))
    tag_folder(ByColour("three", ("x", "y", "z", "w")), photos, in_place=True, choice=choice)
    assert fields(tool, photos / "b.jpg")[0].hierarchical[-1] == "Any|Ex"
    assert untag_folder(photos, labels=["A", "x", "none"]).written == 2
    assert words(tool, photos) == [("old", "D", "é", "D2"), ("B", "é", "B2")]
    assert not any("Ex" in path for path in fields(tool, photos / "b.jpg")[0].hierarchical)
    # Who asks for them again gets them.
    tag_folder(ByColour(ONE, ("A", "B", "C", "D")), photos, in_place=True)
    assert words(tool, photos) == [("old", "D", "é", "D2", "A"), ("B", "é", "B2", "A")]


def test_by_time(photos, tool):
    """Promise: untag takes by run, by label and by time exactly what is asked for."""
    between = time.time()
    tag_folder(ByColour("three", ("x", "y", "z", "w")), photos, in_place=True)
    assert untag_folder(photos, since=between + 3600).seen == 0
    assert untag_folder(photos, until=between - 3600).seen == 0
    assert untag_folder(photos, since=between).written == 2
    assert words(tool, photos) == ALL
    assert untag_folder(photos, until=between, labels=["é", "x"]).written == 2
    assert words(tool, photos) == [("old", "A", "D", "D2"), ("A", "B", "B2")]


def test_the_rest_is_taken_back_to_the_very_fields(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject^=", "-IPTCDigest=" + "01" * 16)
    (before,) = fields(tool, photo)
    for run, names in (("one", ("A", "B", "C", "D")), ("two", ("é", "B", "C", "D2"))):
        tag_folder(ByColour(run, names), photo.parent, in_place=True)
    for label in ("A", "D2", "é"):
        assert untag_folder(photo.parent, labels=[label]).written == 1
    assert fields(tool, photo)[0].iptc == ("old", "D")
    assert untag_folder(photo.parent).written == 1
    assert fields(tool, photo) == [before]


def test_a_tag_taken_back_and_then_written_by_a_person_stays(photos, tool):
    untag_folder(photos, labels=["A"])
    edit(photos / "a.jpg", "-IPTC:Keywords+=A", "-XMP-dc:Subject+=A")
    untag_folder(photos)
    assert words(tool, photos) == [("old", "A"), None]


def test_a_dry_run_tells_and_takes_nothing(photos, tool):
    summary = untag_folder(photos, labels=["A"], dry_run=True)
    assert (summary.written, dict(summary.changed)) == (2, {"A": 2})
    assert words(tool, photos) == ALL

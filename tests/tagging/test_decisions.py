"""What people decided about tags of ours: taken away, put back, taken over by their programs."""

import pytest

from tagonaut.tagging.archive import journal_of, opened
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.pipeline import tag_folder
from tagonaut.tagging.undo import untag_folder

from .folders import edit, fields
from .scorer import ByColour, colour

ONLY_GREEN = Choice(labels=("green",))


@pytest.fixture
def photo(tmp_path):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tag_folder(ByColour(), photo.parent, in_place=True)
    return photo


def state(photo):
    with opened(photo.parent, journal_of(photo.parent)) as journal:
        return journal.facts(b"a.jpg")


@pytest.mark.parametrize(
    "edits",
    [
        ("-XMP-lr:HierarchicalSubject=Colours|red",),
        ("-XMP-digiKam:TagsList=Colours/red",),
        ("-XMP-dc:Subject+=red",),
        ("-XPKeywords=mine;red",),
    ],
)
def test_a_tag_that_a_person_took_over_is_not_taken_back(photo, tool, edits):
    edit(photo, *edits)
    summary = tag_folder(ByColour(), photo.parent, in_place=True, choice=ONLY_GREEN)
    assert summary.failed == 0
    assert set(fields(tool, photo)[0].subject) == {"red", "green"}
    assert state(photo) == {"red": "confirmed", "green": "written"}
    assert untag_folder(photo.parent).written == 1
    assert "red" in fields(tool, photo)[0].subject
    assert "red" in fields(tool, photo)[0].iptc
    assert "green" not in fields(tool, photo)[0].subject
    assert "green" not in fields(tool, photo)[0].iptc


def test_a_tag_that_is_said_to_be_confirmed_stays(photo, tool):
    with opened(photo.parent, journal_of(photo.parent)) as journal:
        journal.confirm(b"a.jpg", ["red", "never"])
    tag_folder(ByColour(), photo.parent, in_place=True, choice=ONLY_GREEN)
    assert fields(tool, photo)[0].iptc == ("red", "green")
    untag_folder(photo.parent)
    assert fields(tool, photo)[0].iptc == fields(tool, photo)[0].subject == ("red",)
    assert state(photo) == {"red": "confirmed", "green": "undone"}
    # Nothing is left that would be ours.
    assert untag_folder(photo.parent).seen == 0


def test_a_confirmed_tag_is_in_a_copy_that_is_made_anew(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red", "green")
    tag_folder(ByColour(), photos, to=out)
    with opened(out, journal_of(out)) as journal:
        journal.confirm(b"a.jpg", ["red"])
    colour(photos / "a.jpg", "green", "blue", size=32)
    tag_folder(ByColour(), photos, to=out)
    assert fields(tool, out / "a.jpg")[0].subject == ("green", "blue", "red")
    untag_folder(out)
    assert fields(tool, out / "a.jpg")[0].subject == ("red",)


def test_a_tag_taken_away_and_put_back_is_a_persons(photo, tool):
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, in_place=True)
    assert state(photo)["red"] == "refused"
    edit(photo, "-IPTC:Keywords+=red", "-XMP-dc:Subject+=red")
    tag_folder(ByColour("run-3"), photo.parent, in_place=True, choice=ONLY_GREEN)
    assert fields(tool, photo)[0].subject == ("green", "red")
    untag_folder(photo.parent)
    assert fields(tool, photo)[0].subject == fields(tool, photo)[0].iptc == ("red",)


def test_a_confirmed_tag_that_a_person_then_takes_away_stays_away(photo, tool):
    with opened(photo.parent, journal_of(photo.parent)) as journal:
        journal.confirm(b"a.jpg", ["red"])
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, in_place=True)
    assert fields(tool, photo)[0].subject == ("green",)
    assert state(photo)["red"] == "refused"


def test_what_a_person_wrote_is_not_ours_to_take_away(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    tag_folder(ByColour(), photo.parent, in_place=True)
    tag_folder(ByColour(), photo.parent, in_place=True, choice=Choice(labels=("blue",)))
    assert fields(tool, photo)[0].iptc == fields(tool, photo)[0].subject == ("red",)


def test_edits_in_a_copy_outlive_a_change_of_the_source(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, to=out)
    edit(out / "a.jpg", "-XMP-dc:Subject+=theirs", "-IPTC:Keywords+=theirs")
    # A run that has nothing to write, and has seen the edit.
    tag_folder(ByColour("run-2"), photos, to=out)
    colour(photos / "a.jpg", "green", size=40)
    summary = tag_folder(ByColour("run-3"), photos, to=out)
    assert "changed" in summary.failures[0][1]
    assert "theirs" in fields(tool, out / "a.jpg")[0].subject

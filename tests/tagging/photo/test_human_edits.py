"""What people decided about tags of ours: taken away, put back, taken over by their programs."""

import pytest

from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import journal_of, open_locked
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, fields, states
from tests.tagging.scorer import ByColour, colour

ONLY_GREEN = Choice(labels=("green",))


@pytest.fixture
def photo(tmp_path):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    return photo


def state(photo):
    with open_locked(photo.parent, journal_of(photo.parent)) as journal:
        return states(journal, b"a.jpg")


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
    """Promise: a tag that a person confirmed is not removed."""
    edit(photo, *edits)
    summary = tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, choice=ONLY_GREEN))
    assert summary.failed == 0
    assert set(fields(tool, photo)[0].subject) == {"red", "green"}
    assert state(photo) == {"red": "confirmed", "green": "written"}
    assert untag_folder(photo.parent).written == 1
    assert "red" in fields(tool, photo)[0].subject
    assert "red" in fields(tool, photo)[0].iptc
    assert "green" not in fields(tool, photo)[0].subject
    assert "green" not in fields(tool, photo)[0].iptc


def test_a_tag_that_is_said_to_be_confirmed_stays(photo, tool):
    """Promise: a tag that a person confirmed is not removed."""
    with open_locked(photo.parent, journal_of(photo.parent)) as journal:
        journal.confirm(b"a.jpg", ["red", "never"])
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, choice=ONLY_GREEN))
    assert fields(tool, photo)[0].iptc == ("red", "green")
    untag_folder(photo.parent)
    assert fields(tool, photo)[0].iptc == fields(tool, photo)[0].subject == ("red",)
    assert state(photo) == {"red": "confirmed", "green": "undone"}
    # Nothing is left that would be ours.
    assert untag_folder(photo.parent).seen == 0


def test_a_confirmed_tag_is_in_a_copy_that_is_made_anew(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red", "green")
    tag_folder(ByColour(), photos, TagOptions(to=out))
    with open_locked(out, journal_of(out)) as journal:
        journal.confirm(b"a.jpg", ["red"])
    colour(photos / "a.jpg", "green", "blue", size=32)
    tag_folder(ByColour(), photos, TagOptions(to=out))
    assert fields(tool, out / "a.jpg")[0].subject == ("green", "blue", "red")
    untag_folder(out)
    assert fields(tool, out / "a.jpg")[0].subject == ("red",)


def test_a_tag_taken_away_and_put_back_is_a_persons(photo, tool):
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert state(photo)["red"] == "refused"
    edit(photo, "-IPTC:Keywords+=red", "-XMP-dc:Subject+=red")
    tag_folder(ByColour("run-3"), photo.parent, TagOptions(in_place=True, choice=ONLY_GREEN))
    assert fields(tool, photo)[0].subject == ("green", "red")
    untag_folder(photo.parent)
    assert fields(tool, photo)[0].subject == fields(tool, photo)[0].iptc == ("red",)


def test_a_confirmed_tag_that_a_person_then_takes_away_stays_away(photo, tool):
    with open_locked(photo.parent, journal_of(photo.parent)) as journal:
        journal.confirm(b"a.jpg", ["red"])
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert fields(tool, photo)[0].subject == ("green",)
    assert state(photo)["red"] == "refused"


def test_what_a_person_wrote_is_not_ours_to_take_away(tmp_path, tool):
    """Promise: tags that people wrote are never removed, reordered or written a second time."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, choice=Choice(labels=("blue",))))
    assert fields(tool, photo)[0].iptc == fields(tool, photo)[0].subject == ("red",)


def test_edits_in_a_copy_outlive_a_change_of_the_source(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(to=out))
    edit(out / "a.jpg", "-XMP-dc:Subject+=theirs", "-IPTC:Keywords+=theirs")
    # A run that has nothing to write, and has seen the edit.
    tag_folder(ByColour("run-2"), photos, TagOptions(to=out))
    colour(photos / "a.jpg", "green", size=40)
    summary = tag_folder(ByColour("run-3"), photos, TagOptions(to=out))
    assert "changed" in summary.failures[0][1]
    assert "theirs" in fields(tool, out / "a.jpg")[0].subject


FURTHER = (
    *("-XMP-lr:HierarchicalSubject=Places|Sea", "-XMP-digiKam:TagsList=Places/Sea"),
    *("-XPKeywords=Sea", "-XMP-microsoft:LastKeywordXMP=Sea"),
)
FIELDS = ("iptc", "subject", "hierarchical", "tags_list", "xp", "last_keywords")


@pytest.fixture
def rich(tmp_path):
    """A photo that is tagged in every field that there is."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=Sea", "-XMP-dc:Subject=Sea", *FURTHER)
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    return photo


def where(photo, tool, tag):
    (found,) = fields(tool, photo)
    return {name for name in FIELDS if tag in (getattr(found, name) or ())}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("iptc", "-IPTC:Keywords-=red"),
        ("subject", "-XMP-dc:Subject-=red"),
        ("hierarchical", "-XMP-lr:HierarchicalSubject-=red"),
        ("tags_list", "-XMP-digiKam:TagsList-=red"),
        ("xp", "-XPKeywords=Sea;green"),
        ("last_keywords", "-XMP-microsoft:LastKeywordXMP-=red"),
    ],
)
def test_a_tag_taken_from_any_one_field_is_refused(rich, tool, name, taken):
    """Promise: a tag that a person removed is not written again."""
    assert where(rich, tool, "red") == {*FIELDS}
    edit(rich, taken)
    for run in ("run-2", "run-3"):
        # The second writes, and so knows the field without the tag as its own.
        names = ("red", "green", "blue", f"new {run}")
        tagger = ByColour(run, names if run == "run-3" else ByColour().labels.names)
        tagger.decide = lambda scores: scores >= 0.2
        summary = tag_folder(tagger, rich.parent, TagOptions(in_place=True))
        assert "'red' was taken away by a person: not written again" in summary.notes
        # No field gets it again, and none loses it that they left it in.
        assert where(rich, tool, "red") == {*FIELDS} - {name}
        assert state(rich)["red"] == "refused"
    untag_folder(rich.parent)
    assert where(rich, tool, "red") == set()
    assert where(rich, tool, "Sea") >= {"iptc", "subject", "xp", "last_keywords"}


def test_put_back_into_the_one_field_it_is_a_persons(rich, tool):
    edit(rich, "-XMP-digiKam:TagsList-=red")
    tag_folder(ByColour("run-2"), rich.parent, TagOptions(in_place=True))
    edit(rich, "-XMP-digiKam:TagsList+=Colours/red")
    summary = tag_folder(ByColour("run-3"), rich.parent, TagOptions(in_place=True))
    assert summary.notes == []
    assert where(rich, tool, "red") == {*FIELDS} - {"tags_list"}


@pytest.mark.parametrize(
    "dropped", ["-XMP-digiKam:TagsList=", "-XPKeywords=", "-XMP-lr:HierarchicalSubject="]
)
def test_a_field_that_a_program_dropped_is_no_decision(rich, tool, dropped):
    edit(rich, dropped)
    summary = tag_folder(ByColour("run-2"), rich.parent, TagOptions(in_place=True))
    assert (summary.failed, summary.notes) == (0, [])
    assert state(rich) == {"red": "written", "green": "written"}


def test_a_field_that_never_had_the_tag_is_no_decision(tmp_path, tool):
    """XPKeywords cannot hold a semicolon, IPTC no long keyword."""
    names = ("a;b", "green" + "n" * 70, "blue", "dark")
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-XPKeywords=Sea", "-XMP-lr:HierarchicalSubject=Places|Sea")
    for run in ("run-1", "run-2"):
        summary = tag_folder(ByColour(run, names), photo.parent, TagOptions(in_place=True))
        assert not any("taken away" in note for note in summary.notes)
    assert {*state(photo).values()} == {"written"}
    assert summary.nothing_to_do == 1


def test_moved_below_another_keyword_a_tag_is_not_taken_away(rich, tool):
    edit(rich, "-XMP-lr:HierarchicalSubject=Places|Sea", "-XMP-lr:HierarchicalSubject+=red|deep")
    edit(rich, "-XMP-lr:HierarchicalSubject+=Colours|green")
    assert tag_folder(ByColour("run-2"), rich.parent, TagOptions(in_place=True)).notes == []
    assert state(rich)["red"] == "written"


def test_in_a_sidecar_a_tag_taken_away_and_put_back_is_a_persons(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    sidecar = photo.with_name("a.jpg.xmp")
    tag_folder(ByColour(), photo.parent, TagOptions(sidecar=True))
    edit(sidecar, "-XMP-dc:Subject-=red", "-XMP-lr:HierarchicalSubject-=red")
    summary = tag_folder(ByColour("run-2"), photo.parent, TagOptions(sidecar=True))
    assert summary.notes == ["'red' was taken away by a person: not written again"]
    edit(sidecar, "-XMP-dc:Subject+=red", "-XMP-lr:HierarchicalSubject+=red")
    assert tag_folder(ByColour("run-3"), photo.parent, TagOptions(sidecar=True)).notes == []
    untag_folder(photo.parent)
    assert fields(tool, sidecar)[0].subject == ("red",)


def several(field, *words):
    return tuple(f"-{field}={word}" for word in words)


@pytest.mark.parametrize("one_more", [False, True])
@pytest.mark.parametrize(
    ("name", "mirror"),
    [
        ("tags_list", several("XMP-digiKam:TagsList", "mine", "red", "green")),
        ("hierarchical", several("XMP-lr:HierarchicalSubject", "mine", "red", "green")),
        ("xp", ("-XPKeywords=mine;red;green",)),
        ("last_keywords", several("XMP-microsoft:LastKeywordXMP", "mine", "red", "green")),
    ],
)
def test_a_mirror_of_all_keywords_is_no_decision(tmp_path, tool, name, mirror, one_more):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    edit(photo, *mirror)
    if one_more:
        # It writes, and so knows the mirror as a field that was there.
        tag_folder(ByColour("run-2", ("A", "B", "C", "D")), photo.parent, TagOptions(in_place=True))
    choice = Choice(labels=("green",))
    summary = tag_folder(ByColour("run-3"), photo.parent, TagOptions(in_place=True, choice=choice))
    assert dict(summary.taken) == {"red": 1}
    assert where(photo, tool, "red") == set()
    assert state(photo)["green"] == "written"
    untag_folder(photo.parent)
    (found,) = fields(tool, photo)
    # Nor do the tags come back from there.
    assert found.iptc == found.subject == getattr(found, name) == ("mine",)


def test_what_a_person_adds_to_a_mirror_is_confirmed(photo, tool):
    """Promise: a tag that a person confirmed is not removed."""
    edit(photo, *several("XMP-digiKam:TagsList", "red", "green"))
    tag_folder(ByColour("run-2", ("A", "B", "C", "D")), photo.parent, TagOptions(in_place=True))
    edit(photo, "-XMP-digiKam:TagsList+=Colours/red")
    untag_folder(photo.parent)
    assert "red" in fields(tool, photo)[0].subject
    assert where(photo, tool, "green") == set()


@pytest.mark.parametrize("dropped", ["-IPTC:all=", "-XMP:all="])
def test_a_flat_field_that_a_program_dropped_is_no_decision(photo, tool, dropped):
    edit(photo, dropped)
    summary = tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert (summary.failed, summary.notes) == (0, [])
    assert state(photo) == {"red": "written", "green": "written"}
    (found,) = fields(tool, photo)
    assert found.iptc == found.subject == ("red", "green")


def test_beside_a_dropped_field_the_other_still_tells(photo, tool):
    """Promise: a tag that a person removed is not written again."""
    edit(photo, "-IPTC:all=", "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert state(photo) == {"red": "refused", "green": "written"}
    assert where(photo, tool, "red") == set()


def test_all_keywords_taken_from_both_fields_are_refused(photo, tool):
    """Promise: a tag that a person removed is not written again."""
    edit(photo, "-IPTC:Keywords=", "-XMP-dc:Subject=")
    tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert state(photo) == {"red": "refused", "green": "refused"}
    assert where(photo, tool, "red") == where(photo, tool, "green") == set()

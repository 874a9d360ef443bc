"""Some of what was written is taken back: by run, by label, by time."""

import time

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, fields
from tests.tagging.scorer import NAMES, ByColour, colour

ONE, TWO = "one-0123456789ab", "two-ba9876543210"


@pytest.fixture
def photos(tmp_path):
    """Tags of two runs, of unlike labels; a person's before, between and behind them."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    colour(photos / "b.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject=old", "-IPTCDigest=" + "01" * 16)
    for run, names in ((ONE, ("A", "B", "C", "D")), (TWO, ("é", "B2", "C2", "D2"))):
        assert tag_folder(ByColour(run, names), photos, TagOptions(in_place=True)).written == 2
    return photos


def words(tool, photos):
    found = fields(tool, photos / "a.jpg", photos / "b.jpg")
    assert all(one.iptc == one.subject for one in found)
    return [one.iptc for one in found]


ALL = [("old", "A", "D", "é", "D2"), ("A", "B", "é", "B2")]


def test_by_run(photos, tool):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    assert words(tool, photos) == ALL
    summary = untag_folder(photos, UntagOptions(runs=("runs/one",)))
    assert dict(summary.changed) == {"A": 2, "B": 1, "D": 1}
    assert words(tool, photos) == [("old", "é", "D2"), ("é", "B2")]
    assert untag_folder(photos, UntagOptions(runs=(ONE,))).seen == 0
    assert untag_folder(photos, UntagOptions(runs=("two",))).written == 2
    assert words(tool, photos) == [("old",), None]
    assert untag_folder(photos).seen == 0
    with pytest.raises(TagonautError, match=r"no tags were written here by a run 'three'"):
        untag_folder(photos, UntagOptions(runs=("three",)))


def test_by_label_or_tag(photos, tool):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    choice = Choice(mapping={"x": "Any|Ex"}, labels=("x",))
    tag_folder(
        ByColour("three", ("x", "y", "z", "w")), photos, TagOptions(in_place=True, choice=choice)
    )
    assert fields(tool, photos / "b.jpg")[0].hierarchical[-1] == "Any|Ex"
    assert untag_folder(photos, UntagOptions(labels=("A", "x"))).written == 2
    assert words(tool, photos) == [("old", "D", "é", "D2"), ("B", "é", "B2")]
    assert not any("Ex" in path for path in fields(tool, photos / "b.jpg")[0].hierarchical)
    # Who asks for them again gets them.
    tag_folder(ByColour(ONE, ("A", "B", "C", "D")), photos, TagOptions(in_place=True))
    assert words(tool, photos) == [("old", "D", "é", "D2", "A"), ("B", "é", "B2", "A")]


def test_by_time(photos, tool):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    between = time.time()
    tag_folder(ByColour("three", ("x", "y", "z", "w")), photos, TagOptions(in_place=True))
    assert untag_folder(photos, UntagOptions(since=between + 3600)).seen == 0
    assert untag_folder(photos, UntagOptions(until=between - 3600)).seen == 0
    assert untag_folder(photos, UntagOptions(since=between)).written == 2
    assert words(tool, photos) == ALL
    assert untag_folder(photos, UntagOptions(until=between, labels=("é", "x"))).written == 2
    assert words(tool, photos) == [("old", "A", "D", "D2"), ("A", "B", "B2")]


def test_the_rest_is_taken_back_to_the_very_fields(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject^=", "-IPTCDigest=" + "01" * 16)
    (before,) = fields(tool, photo)
    for run, names in (("one", ("A", "B", "C", "D")), ("two", ("é", "B", "C", "D2"))):
        tag_folder(ByColour(run, names), photo.parent, TagOptions(in_place=True))
    for label in ("A", "D2", "é"):
        assert untag_folder(photo.parent, UntagOptions(labels=(label,))).written == 1
    assert fields(tool, photo)[0].iptc == ("old", "D")
    assert untag_folder(photo.parent).written == 1
    assert fields(tool, photo) == [before]


def test_a_tag_taken_back_and_then_written_by_a_person_stays(photos, tool):
    untag_folder(photos, UntagOptions(labels=("A",)))
    edit(photos / "a.jpg", "-IPTC:Keywords+=A", "-XMP-dc:Subject+=A")
    untag_folder(photos)
    assert words(tool, photos) == [("old", "A"), None]


def test_a_dry_run_tells_and_takes_nothing(photos, tool):
    summary = untag_folder(photos, UntagOptions(labels=("A",), dry_run=True))
    assert (summary.written, dict(summary.changed)) == (2, {"A": 2})
    assert words(tool, photos) == ALL


@pytest.fixture
def below(tmp_path):
    """A tag that a person had given already; a run puts it below another, and adds no keyword."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, *(f"-{name}={word}" for name in FLAT for word in ("red", "green")))
    choice = Choice(prefix="AI|")
    summary = tag_folder(ByColour(ONE), photo.parent, TagOptions(in_place=True, choice=choice))
    assert dict(summary.changed) == {"red": 1, "green": 1}
    return photo


FLAT = ("IPTC:Keywords", "XMP-dc:Subject")


@pytest.mark.parametrize("asked", [{"runs": ("one",)}, {"labels": ("red", "green")}, {"since": 0}])
def test_a_tag_that_only_a_further_field_gained(below, tool, asked):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    assert fields(tool, below)[0].hierarchical == ("AI|red", "AI|green")
    assert untag_folder(below.parent, UntagOptions(**asked)).written == 1
    (found,) = fields(tool, below)
    assert (found.iptc, found.subject, found.hierarchical) == (("red", "green"),) * 2 + ((),)


def test_a_later_run_takes_it_from_the_further_field_alone(below, tool):
    choice = Choice(labels=("green",), prefix="AI|")
    summary = tag_folder(ByColour(TWO), below.parent, TagOptions(in_place=True, choice=choice))
    assert dict(summary.taken) == {"red": 1}
    (found,) = fields(tool, below)
    assert (found.subject, found.hierarchical) == (("red", "green"), ("AI|green",))


def test_a_tag_stays_that_of_the_run_that_wrote_it(tmp_path, tool):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tag_folder(ByColour(ONE), photo.parent, TagOptions(in_place=True))
    tag_folder(ByColour(TWO), photo.parent, TagOptions(in_place=True, choice=Choice(prefix="AI|")))
    untag_folder(photo.parent, UntagOptions(runs=("two",)))
    assert fields(tool, photo)[0].subject == ("red", "green")


NONE = Choice(min_score=1)


@pytest.mark.parametrize("asked", [{"runs": ("one",)}, {"since": 0}])
def test_scores_are_taken_back_too(tmp_path, tool, asked):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    for choice in (NONE, Choice()):
        tag_folder(
            ByColour(ONE), photo.parent, TagOptions(in_place=True, choice=choice, write_scores=True)
        )
        assert len(fields(tool, photo)[0].scores) == 4
        assert untag_folder(photo.parent, UntagOptions(**asked)).written == 1
        (found,) = fields(tool, photo)
        assert (found.subject, found.scores) == (None, ())


@pytest.mark.parametrize(("run", "names", "left"), [(TWO, NAMES, 0), (TWO, ("A", *NAMES[1:]), 4)])
def test_a_run_without_scores_takes_away_those_of_its_labels(tmp_path, tool, run, names, left):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    tag_folder(
        ByColour(ONE), photo.parent, TagOptions(in_place=True, choice=NONE, write_scores=True)
    )
    for _ in range(2):
        tag_folder(ByColour(run, names), photo.parent, TagOptions(in_place=True, choice=NONE))
        assert len(fields(tool, photo)[0].scores) == left


def test_a_tag_of_several_labels_is_known_by_those_that_gave_it(tmp_path, tool):
    """Promise: untag by run, label or time removes exactly the selected tags."""
    photos = tmp_path / "photos"
    one, both = colour(photos / "a.jpg", "red"), colour(photos / "b.jpg", "red", "green")
    choice = Choice(mapping={"red": "Warm", "green": "Warm"}, labels=("red", "green"))
    tag_folder(ByColour(ONE), photos, TagOptions(in_place=True, choice=choice))
    assert untag_folder(photos, UntagOptions(labels=("green",))).written == 1
    assert [found.subject for found in fields(tool, one, both)] == [("Warm",), None]
    assert untag_folder(photos, UntagOptions(labels=("red",))).written == 1
    assert fields(tool, one)[0].subject is None
    tag_folder(ByColour(ONE), photos, TagOptions(in_place=True, choice=choice))
    # Of a tag that stands for another label too, a run that does not know that one says nothing.
    others = ByColour(TWO, ("A", "green", "B", "C"))
    tag_folder(others, photos, TagOptions(in_place=True, choice=Choice(labels=("B",))))
    assert [found.subject for found in fields(tool, one, both)] == [("Warm",), ("Warm",)]
    tag_folder(ByColour(TWO), photos, TagOptions(in_place=True, choice=Choice(labels=("blue",))))
    assert [found.subject for found in fields(tool, one, both)] == [None, None]


def test_a_persons_tag_that_a_run_once_put_below_another_does_not_stand_in_the_way(below, tool):
    """All else is still taken back to the very fields."""
    (before,) = fields(tool, below)
    names = ("é", "B", "C", "D")
    tag_folder(ByColour(TWO, names), below.parent, TagOptions(in_place=True))
    untag_folder(below.parent, UntagOptions(labels=("red", "green")))
    untag_folder(below.parent)
    (found,) = fields(tool, below)
    assert (found.subject, found.iptc, found.charset) == (before.subject, before.iptc, None)


def test_a_tag_below_another_that_a_person_stands_by_stays(below, tool):
    """Promise: a tag that a person confirmed is not removed."""
    edit(below, "-XMP-digiKam:TagsList=AI/red", "-XMP-digiKam:TagsList+=Colours/red")
    untag_folder(below.parent)
    assert fields(tool, below)[0].hierarchical == ("AI|red",)

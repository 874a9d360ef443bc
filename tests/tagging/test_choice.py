import numpy as np
import pytest

from tagonaut.errors import TagonautError
from tagonaut.metadata.tags import Tag
from tagonaut.tagging.choice import Choice, read_map
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import edit, fields
from tests.tagging.scorer import ByColour, colour, expected

LABELS = ("Day", "Night", "Moon", "Cupola")


def chosen(choice: Choice, scores=(0.9, 0.8, 0.7, 0.6), decided=(1, 1, 1, 0)):
    found = choice.choose(LABELS, np.array(scores, np.float32), np.array(decided, bool))
    return {"/".join(tag.components): round(score, 6) for tag, score in found.items()}


@pytest.mark.parametrize(
    ("named", "tags"),
    [
        ({}, {"Day": 0.9, "Night": 0.8, "Moon": 0.7}),
        ({"labels": ("Moon", "Cupola", "Day")}, {"Day": 0.9, "Moon": 0.7}),
        ({"min_score": 0.8}, {"Day": 0.9, "Night": 0.8}),
        ({"top": 1}, {"Day": 0.9}),
        ({"top": 9}, {"Day": 0.9, "Night": 0.8, "Moon": 0.7}),
        ({"mapping": {"Night": " Time | Night "}, "top": 2}, {"Day": 0.9, "Time/Night": 0.8}),
        ({"mapping": {"Night": "Sky", "Moon": "Sky"}}, {"Day": 0.9, "Sky": 0.8}),
        ({"mapping": {"Night": "Sky", "Moon": "Sky"}, "top": 2}, {"Day": 0.9, "Sky": 0.8}),
        ({"labels": ("Night",), "prefix": "auto:"}, {"auto:Night": 0.8}),
        ({"labels": ("Night",), "prefix": "AI|"}, {"AI/Night": 0.8}),
        (
            {"labels": ("Night",), "prefix": "AI|m:", "mapping": {"Night": "Time|Night"}},
            {"AI/Time/m:Night": 0.8},
        ),
    ],
)
def test_what_is_chosen(named, tags):
    assert chosen(Choice(**named)) == tags


def test_the_labels_that_gave_a_tag():
    choice = Choice(mapping=dict.fromkeys(LABELS, "Sky"), min_score=0.8)
    scores, decided = np.array((0.9, 0.8, 0.7, 0.9), np.float32), np.array((1, 1, 1, 0), bool)
    assert choice.reasons(LABELS, scores, decided) == {"Sky": ("Day", "Night")}


def test_the_first_of_equal_scores_is_on_top():
    assert chosen(Choice(top=2), (0.5, 0.7, 0.5, 0.5), (1, 1, 1, 1)) == {"Day": 0.5, "Night": 0.7}


def test_a_bar_in_a_label_is_no_level():
    choice = Choice()
    assert choice.tag_of("a|b") == Tag("a|b")


def test_other_choices_are_other_runs():
    choices = [
        Choice(),
        Choice(labels=("Day",)),
        Choice(min_score=0.5),
        Choice(top=2),
        Choice(mapping={"Night": "Time|Night"}),
        Choice(mapping={"Night": "Night"}, prefix="x"),
        Choice(prefix="x"),
    ]
    ids = [choice.run_id("run", LABELS) for choice in choices]
    assert len({*ids, Choice().run_id("run", LABELS, scores=True)}) == len(ids) + 1
    assert ids[0] == "run"
    same = [
        (Choice(labels=("Day", "Night")), Choice(labels=("Night", "Day", "Day"))),
        (Choice(labels=LABELS), Choice()),
        (Choice(mapping={"Night": "Time|Night"}), Choice(mapping={"Night": "Time | Night"})),
    ]
    assert all(one.run_id("r", LABELS) == other.run_id("r", LABELS) for one, other in same)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"min_score": 1.5}, "0 to 1"),
        ({"top": 0}, "one at least"),
        ({"labels": ()}, "no labels"),
        ({"mapping": {"Night": "Time|"}}, "no tag"),
        ({"mapping": {"Night": "|Night"}}, "no tag"),
        ({"mapping": {"Night": " "}}, "no tag"),
        ({"prefix": "a\n"}, "has control characters"),
        ({"labels": ("Nigth",)}, "did you mean 'Night'"),
        ({"mapping": {"nite": "x"}}, "no label 'nite'"),
    ],
)
def test_choices_that_cannot_be(named, message):
    with pytest.raises(TagonautError, match=message):
        Choice(**named).check(LABELS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("map.csv", '﻿label,tag\nNight,Time|Night\n\n"Night, late", Late \n'),
        (
            "map.csv",
            "Night,Time|Night\nNight,Time|Night\n'x',y\n".replace("'x',y", '"Night, late",Late'),
        ),
        ("map.toml", 'Night = "Time|Night"\n"Night, late" = "Late"\n'),
    ],
)
def test_maps(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_map(tmp_path / name) == {"Night": "Time|Night", "Night, late": "Late"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "a,b\nNight\n", "m.csv:2: 1 columns"),
        ("m.csv", "a,b,c\n", "3 columns"),
        ("m.csv", "a,b\na,c\n", "'a' for the second time"),
        ("m.csv", '"a', "not a table"),
        ("m.toml", "Night =", "not TOML"),
        ("m.toml", "[Time]\nNight = 1\n", "a line reads"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_maps_that_cannot_be_read(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(TagonautError, match=message):
        read_map(tmp_path / name)


def test_another_choice_does_the_work_and_the_same_does_nothing(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red", "green")
    other = colour(photos / "b.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    choice = Choice(labels=("green", "Café crème"), mapping={"green": "Colour|grün"}, prefix="ai:")
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True, choice=choice))
    assert summary.written == 2
    assert dict(summary.taken) == {"red": 2, "green": 1, "Café crème": 1}
    found, second = fields(tool, photo, other)
    assert found.iptc == found.subject == ("mine", "ai:grün")
    assert found.hierarchical == ("mine", "Colour|ai:grün")
    assert second.subject == ("ai:Café crème",)
    scorer = ByColour()
    again = tag_folder(scorer, photos, TagOptions(in_place=True, choice=choice))
    assert (again.nothing_to_do, scorer.prepared) == (2, [])
    # And back: what the first run chose, once.
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 2
    (found,) = fields(tool, photo)
    assert found.iptc == found.subject == ("mine", "red", "green")


def test_weaker_tags_go_when_a_higher_score_is_asked_for(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    assert fields(tool, photo)[0].subject == expected("red")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, choice=Choice(min_score=0.8)))
    assert fields(tool, photo)[0].subject == ("red",)


def test_tags_of_labels_that_a_run_does_not_know_stay(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    names = ("A", "B", "C", "red")
    tag_folder(ByColour("run-2", names), photo.parent, TagOptions(in_place=True))
    # The second run knows "red", and does not see it; of "green" it knows nothing.
    assert fields(tool, photo)[0].subject == ("green", "A", "B")


@pytest.mark.parametrize(
    "text",
    [
        "label;tag\nNight;Time|Night, dark\nDay;Time|Day, bright\n",
        "label\ttag\nNight\tTime|Night, dark\nDay\tTime|Day, bright\n",
        'label,tag\nNight,"Time|Night, dark"\nDay,"Time|Day, bright"\n',
        'Night;"Time|Night, dark"\r\nDay;"Time|Day, bright"\r\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_maps_of_any_delimiter(tmp_path, text, encoding):
    (tmp_path / "map.csv").write_bytes(text.encode(encoding))
    expected = {"Night": "Time|Night, dark", "Day": "Time|Day, bright"}
    assert read_map(tmp_path / "map.csv") == expected


def test_a_map_that_two_delimiters_fit_is_refused(tmp_path):
    (tmp_path / "map.csv").write_text("Night;a,b\nDay;c,d\n")
    with pytest.raises(TagonautError, match="',' and ';' each part all rows in two"):
        read_map(tmp_path / "map.csv")

"""A run by its content, and choices that give fewer tags than earlier ones."""

from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import Journal, find_runs, journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields, states
from tests.tagging.scorer import ByColour, colour, expected

DIGEST = "0123456789ab"
BOTH = expected("red")


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    for name in "abc":
        colour(folder / f"{name}.jpg", "red")
    return folder


def tag(photos, run="run-1", agree=None, **options):
    options = {"in_place": True} | options
    tagger = ByColour(run)
    summary = tag_folder(tagger, photos, TagOptions(**options), agree=agree)
    return summary, len(tagger.prepared)


def subjects(tool, *photos):
    return [found.subject for found in fields(tool, *photos)]


@pytest.mark.parametrize("choice", [Choice(), Choice(labels=("red",))])
def test_a_run_whose_folder_was_renamed_scores_no_photo_anew(photos, choice):
    tag(photos, f"before-{DIGEST}", choice=choice)
    before = contents(photos)
    summary, scored = tag(photos, f"after-{DIGEST}", choice=choice)
    assert (scored, summary.nothing_to_do, summary.failed) == (0, 3, 0)
    assert any(f"tagged here as before-{DIGEST}" in note for note in summary.notes)
    assert contents(photos) == before
    colour(photos / "d.jpg", "red")
    assert tag(photos, f"after-{DIGEST}", choice=choice)[1] == 1
    assert untag_folder(photos, UntagOptions(runs=(f"before-{DIGEST}",))).written == 4
    assert tag(photos, "after-ba9876543210", choice=choice)[1] == 4


def test_photos_that_two_names_of_a_run_have_finished_are_done(photos):
    """Journals of earlier versions have an id for each name of the folder."""
    tag(photos, f"one-{DIGEST}")
    with Journal(journal_of(photos)) as journal, journal._changing() as execute:
        execute(f"UPDATE photos SET run = 'two-{DIGEST}' WHERE path = ?", (b"b.jpg",))
        execute(f"INSERT INTO runs SELECT 'two-{DIGEST}', labels, choice FROM runs")
    for name in ("one", "two", "three"):
        assert tag(photos, f"{name}-{DIGEST}")[1] == 0


def test_a_run_is_found_by_the_content_of_its_folder(run, tmp_path):
    from tagonaut.tagger import Tagger

    known = [Tagger.load(run).run_id.replace(run.name, "before"), "before-000000000000"]
    moved = run.rename(tmp_path / "another name")
    assert find_runs(str(moved), known) == (known[0],)


def test_what_only_adds_takes_nothing_away(photos, tool):
    tag(photos)
    summary, _ = tag(photos, choice=Choice(labels=("red",)), add=True)
    assert not summary.taken
    assert not summary.notes
    assert subjects(tool, photos / "a.jpg") == [BOTH]
    summary, _ = tag(photos, choice=Choice(labels=("red",)))
    assert summary.taken == {"Café crème": 3}
    assert subjects(tool, photos / "a.jpg") == [("red",)]


def test_what_only_adds_takes_nothing_from_copies_that_are_made_anew(photos, tmp_path, tool):
    out = tmp_path / "out"
    place = {"in_place": False, "to": out}
    tag(photos, **place)
    edit(photos / "a.jpg", "-XMP-xmp:Rating=4")
    tag(photos, choice=Choice(labels=("red",)), add=True, **place)
    assert subjects(tool, out / "a.jpg", out / "b.jpg") == [tuple(sorted(BOTH, reverse=True)), BOTH]
    with Journal(journal_of(out), read_only=True) as journal:
        assert set(states(journal, b"a.jpg").values()) == {"written"}


LESS = [
    (Choice(labels=("red", "green")), "3 tags", "Café crème (3)"),
    (Choice(min_score=0.8), "3 tags", "Café crème (3)"),
    (Choice(labels=("green",)), "6 tags", "Café crème (3), red (3)"),
]


@pytest.mark.parametrize(("choice", "number", "named"), LESS)
def test_what_a_narrower_choice_takes_away_is_told_before(photos, choice, number, named):
    tag(photos)
    before, told = contents(photos), []

    def disagree(line):
        told.append(line)
        assert contents(photos) == before
        return False

    with pytest.raises(TagonautError, match="nothing was done"):
        tag(photos, choice=choice, agree=disagree)
    assert contents(photos) == before
    (line,) = told
    assert line.startswith(number)
    assert named in line
    assert "--add" in line
    summary, _ = tag(photos, choice=choice, dry_run=True, agree=disagree)
    assert line in summary.notes
    summary, _ = tag(photos, choice=choice)
    assert line in summary.notes
    assert summary.taken.total() == int(number[0])
    assert not tag(photos, choice=choice, agree=disagree)[0].notes


@pytest.mark.parametrize(
    "choice", [Choice(), Choice(labels=("red", "green", "blue", "Café crème"))]
)
def test_a_choice_that_is_no_narrower_asks_nothing(photos, choice):
    tag(photos, choice=Choice(labels=("red",)))
    assert not tag(photos, choice=choice, agree=lambda line: False)[0].notes


def test_scores_of_another_run_are_not_judged(photos):
    """The new run may give a higher score: then the tag stays."""
    tag(photos)
    assert not tag(photos, "run-2", choice=Choice(min_score=0.99))[0].notes


@pytest.mark.parametrize(
    "part", [{"parts": frozenset({Path("new")})}, {"only": ("new",)}, {"exclude": ("[abc].jpg",)}]
)
def test_only_the_photos_that_the_command_means_are_counted(photos, part):
    colour(photos / "new" / "d.jpg", "red")
    tag(photos)
    summary, _ = tag(photos, choice=Choice(labels=("red",)), dry_run=True, **part)
    assert [note for note in summary.notes if note.startswith("1 tag")]
    assert not tag(photos, choice=Choice(labels=("red",)), parts=frozenset({Path("x")}))[0].notes

"""A label that differs from a photo's word in capitals or Unicode form alone is that word."""

import unicodedata

import pytest

from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import Journal, journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, fields
from tests.tagging.scorer import ByColour, colour

DECOMPOSED = unicodedata.normalize("NFD", "CAFÉ Crème")


def tag(photo, run="run-1", **options):
    return tag_folder(ByColour(run), photo.parent, TagOptions(**({"in_place": True} | options)))


@pytest.fixture
def photo(tmp_path):
    return colour(tmp_path / "photos" / "a.jpg", "red")


def words(tool, photo):
    found = fields(tool, photo)[0]
    return found.iptc, found.subject


@pytest.mark.parametrize("person", ["Red", "RED"])
def test_a_persons_spelling_stays_alone(photo, tool, person):
    edit(photo, f"-IPTC:Keywords={person}", f"-XMP-dc:Subject={person}")
    tag(photo)
    assert words(tool, photo) == ((person, "Café crème"),) * 2
    assert tag(photo, "run-2").written == 0
    untag_folder(photo.parent)
    assert words(tool, photo) == ((person,),) * 2


def test_a_decomposed_word_is_the_same(photo, tool):
    edit(photo, f"-XMP-dc:Subject={DECOMPOSED}")
    tag(photo)
    assert words(tool, photo) == ((DECOMPOSED, "red"),) * 2
    untag_folder(photo.parent)
    assert words(tool, photo) == (None, (DECOMPOSED,))


def test_a_word_that_was_written_beside_a_persons_goes(photo, tool):
    tag(photo)
    edit(photo, "-IPTC:Keywords+=Red", "-XMP-dc:Subject+=Red")
    assert tag(photo, "run-2").taken == {"red": 1}
    assert words(tool, photo) == (("Café crème", "Red"),) * 2


def test_a_word_whose_capitals_a_person_changed_stays_so(photo, tool):
    tag(photo)
    edits = ("-IPTC:Keywords-=red", "-XMP-dc:Subject-=red", "-IPTC:Keywords+=Red")
    edit(photo, *edits, "-XMP-dc:Subject+=Red")
    tag(photo, "run-2")
    assert words(tool, photo) == (("Red", "Café crème"),) * 2
    tag(photo, "run-3")
    assert words(tool, photo) == (("Red", "Café crème"),) * 2


def test_a_word_in_another_spelling_is_known_by_its_label(photo, tool):
    """The person has it in a hierarchy, and the flat fields get it from us."""
    edit(photo, "-XMP-lr:HierarchicalSubject=Colours|Red")
    tag(photo)
    assert "Red" in words(tool, photo)[1]
    with Journal(journal_of(photo.parent), read_only=True) as journal:
        labels = {fact.tag: fact.label for fact in journal.facts(b"a.jpg")}
    assert labels == {"Red": "red", "Café crème": "Café crème"}
    untag_folder(photo.parent, UntagOptions(labels=("red",)))
    assert words(tool, photo) == (("Café crème",),) * 2


def test_words_above_others_are_spelled_as_in_the_photo(photo, tool):
    edit(photo, "-XMP-lr:HierarchicalSubject=Colours|Red", "-XMP-dc:Subject=Red")
    tag(photo, choice=Choice(labels=("red",), mapping={"red": "colours|red"}))
    assert fields(tool, photo)[0].hierarchical == ("Colours|Red",)


def test_in_a_new_sidecar_the_photos_own_spelling_is_written(photo, tool):
    edit(photo, "-IPTC:Keywords=Red", "-XMP-dc:Subject=Red")
    tag(photo, in_place=False, sidecar=True)
    assert "red" not in fields(tool, photo.with_name("a.jpg.xmp"))[0].subject


def test_of_two_labels_that_are_one_word_the_first_is_written(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tagger = ByColour("run-1", ("red", "Red", "blue", "x"))
    tag_folder(tagger, photo.parent, TagOptions(in_place=True))
    assert words(tool, photo) == (("red",),) * 2

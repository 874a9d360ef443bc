"""Tags that a run wrote are no truth to learn from, until a person confirms them."""

import shutil
from pathlib import Path

import pytest

import tagonaut
from tagonaut.errors import DataError
from tagonaut.tagging.journal import journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, snapshot
from tests.tagging.scorer import ByColour, colour

LABELS = ["red", "green", "Café crème", "hand"]


@pytest.fixture
def photos(tmp_path):
    """Photo a has only tags of ours, b and c a person's too; all are tagged in place."""
    folder = tmp_path / "photos"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        colour(folder / name, "red")
    edit(folder / "b.jpg", "-IPTC:Keywords=hand", "-XMP-dc:Subject=hand")
    edit(folder / "c.jpg", "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    tag_folder(ByColour(), folder, TagOptions(in_place=True))
    return folder


def cells(dataset):
    """By picture, the tags that it is known to have, and the labels that are unknown."""
    names = dataset.labels.names
    return {
        name: (
            {label for label, yes, sure in zip(names, row, known, strict=True) if yes and sure},
            {label for label, sure in zip(names, known, strict=True) if not sure},
        )
        for name, row, known in zip(dataset.ids, dataset.targets, dataset.known, strict=True)
    }


ALL = {*LABELS}
TRUTH = {
    "a.jpg": (set(), ALL),
    "b.jpg": ({"hand"}, {"red", "Café crème"}),
    "c.jpg": ({"red"}, {"Café crème"}),
}


def test_tags_of_ours_are_unknown(photos):
    before = snapshot(photos)
    dataset = tagonaut.read(photos, labels=LABELS)
    assert cells(dataset) == TRUTH
    (note,) = [note for note in dataset.notes if "written by Tagonaut" in note]
    assert note.startswith("5 tags on 3 photos")
    assert "--trust-own-tags" in note
    trusted = tagonaut.read(photos, labels=LABELS, machine_tags=None)
    assert cells(trusted)["a.jpg"] == ({"red", "Café crème"}, set())
    assert snapshot(photos) == before


def test_a_part_of_an_archive_has_its_journal(photos):
    (photos / "part").mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).rename(photos / "part" / name)
    assert cells(tagonaut.read(photos / "part", labels=LABELS)) == TRUTH


def test_a_copy_of_an_archive_within_another_folder_has_its_journal(photos):
    assert cells(tagonaut.read(photos.parent, labels=LABELS)) == {
        f"photos/{name}": truth for name, truth in TRUTH.items()
    }


def test_a_confirmed_tag_is_true(photos):
    edit(photos / "a.jpg", "-XPKeywords=red")
    assert cells(tagonaut.read(photos, labels=LABELS))["a.jpg"] == ({"red"}, {"Café crème"})


def test_tags_below_others_are_ours_with_those_above(photos):
    from tagonaut.tagging.choice import Choice

    options = TagOptions(in_place=True, choice=Choice(prefix="AI|"))
    tag_folder(ByColour("run-2"), photos, options)
    found = cells(tagonaut.read(photos, labels=["AI", "hand", "red"]))
    assert found["b.jpg"] == ({"hand"}, {"AI", "red"})


def test_only_tags_of_ours_are_no_labels_at_all(photos):
    (photos / "b.jpg").unlink()
    (photos / "c.jpg").unlink()
    with pytest.raises(DataError, match=r"no keywords.*\n.*2 tags on 1 photos"):
        tagonaut.read(photos, min_count=1)


def test_a_journal_that_is_not_here_is_told(photos):
    journal = journal_of(photos)
    shutil.move(journal, journal.with_suffix(".away"))
    dataset = tagonaut.read(photos, labels=LABELS)
    assert cells(dataset)["a.jpg"] == ({"red", "Café crème"}, set())
    assert any("cannot be told from people's" in note for note in dataset.notes)
    assert not journal.exists()


@pytest.mark.parametrize("then", ["another run", "untag"])
def test_copies_are_no_truth_whatever_became_of_the_photo(tmp_path, then):
    photos = tmp_path / "photos"
    photo = colour(photos / "a" / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=hand", "-XMP-dc:Subject=hand")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    shutil.copytree(photos / "a", photos / "z")
    if then == "untag":
        untag_folder(photos, UntagOptions(parts=frozenset({Path("a")})))
    else:
        other = ByColour("run-2", ("red", "green", "blue", "other"))
        tag_folder(other, photos, TagOptions(in_place=True, only=("a",)))
    assert cells(tagonaut.read(photos / "z", labels=LABELS)) == {"a.jpg": TRUTH["b.jpg"]}


def test_a_link_into_the_archive_changes_nothing(photos, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(photos)
    assert cells(tagonaut.read(link, labels=LABELS)) == TRUTH

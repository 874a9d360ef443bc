"""A tree of copies or of sidecars belongs to one folder of photos, and follows its sidecars."""

import shutil

import pytest

from tagonaut.errors import TagonautError
from tagonaut.metadata.keywords import read_keywords
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import journal_of, open_read_only
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import contents, edit, snapshot
from tests.tagging.photo.test_sidecars import THEIRS, subjects
from tests.tagging.scorer import ByColour, colour, expected

RED = expected("red")
MODES = ("to", "sidecar_dir")


@pytest.fixture(params=MODES)
def options(request, tmp_path):
    return TagOptions(**{request.param: tmp_path / "tree"})


def test_photos_of_another_folder_are_refused(tmp_path, options):
    for size, name in enumerate(("one", "other"), 24):
        colour(tmp_path / name / "a.jpg", "red", size=size)
    tag_folder(ByColour(), tmp_path / "one", options)
    before = snapshot(tmp_path / "tree")
    with pytest.raises(TagonautError, match=r"one, and .*other is another folder: nothing done"):
        tag_folder(ByColour(), tmp_path / "other", options)
    with pytest.raises(TagonautError, match="another folder"):
        tag_folder(ByColour(), tmp_path, options)
    assert snapshot(tmp_path / "tree") == before


def test_a_folder_in_it_is_a_part_of_it(tmp_path, options):
    photos = tmp_path / "photos"
    colour(photos / "2019/a.jpg", "red")
    tag_folder(ByColour(), photos, options)
    before = contents(tmp_path / "tree")
    assert tag_folder(ByColour(), photos / "2019", options).nothing_to_do == 1
    assert contents(tmp_path / "tree") == before
    colour(photos / "b.jpg", "red")
    colour(photos / "2019/c.jpg", "red")
    assert tag_folder(ByColour(), photos / "2019", options).written == 1
    added = {*contents(tmp_path / "tree")} - {*before}
    assert [name.removesuffix(".xmp") for name in added] == ["2019/c.jpg"]


def test_a_moved_folder_goes_on(tmp_path, options):
    photos, moved = tmp_path / "photos", tmp_path / "moved"
    colour(photos / "2019/a.jpg", "red")
    tag_folder(ByColour(), photos, options)
    photos.rename(moved)
    assert tag_folder(ByColour(), moved / "2019", options).nothing_to_do == 1
    assert tag_folder(ByColour(), moved, options).nothing_to_do == 1


def test_the_same_photos_on_another_disk_go_on(tmp_path, options):
    photos, copy = tmp_path / "photos", tmp_path / "copy"
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, options)
    shutil.copytree(photos, copy)
    assert tag_folder(ByColour(), copy, options).nothing_to_do == 1


def test_a_link_at_the_old_place_tells_that_it_is_the_same_folder(tmp_path, options):
    photos, copy = tmp_path / "photos", tmp_path / "copy"
    for size, folder in enumerate((photos, copy), 24):
        colour(folder / "a.jpg", "red", size=size)
    tag_folder(ByColour(), photos, options)
    photos.rename(tmp_path / "gone")
    with pytest.raises(TagonautError, match="symbolic link"):
        tag_folder(ByColour(), copy, options)
    photos.symlink_to(copy)
    tag_folder(ByColour(), copy, options)
    photos.unlink()
    assert tag_folder(ByColour(), copy, options).nothing_to_do == 1


def test_a_sidecar_that_is_edited_or_comes_later_reaches_the_tree(tmp_path, options):
    photos, tree = tmp_path / "photos", tmp_path / "tree"
    for name in ("a.jpg", "b.jpg"):
        colour(photos / name, "red")
    sidecar = photos / "a.jpg.xmp"
    sidecar.write_text(THEIRS)
    tag_folder(ByColour(), photos, options)
    sidecar.write_text(THEIRS.replace("theirs", "new theirs"))
    (photos / "b.jpg.xmp").write_text(THEIRS)
    assert tag_folder(ByColour(), photos, options).failed == 0
    assert subjects(tree / "a.jpg.xmp", tree / "b.jpg.xmp") == [
        ("new theirs", *RED),
        ("theirs", *RED),
    ]
    scorer = ByColour()
    assert tag_folder(scorer, photos, options).nothing_to_do == 2
    assert scorer.prepared == []
    with open_read_only(tree, journal_of(tree)) as journal:
        assert {fact.state for fact in journal.facts(b"a.jpg.xmp")} == {"written"}


def test_a_sidecar_that_both_sides_edited_is_left_alone(tmp_path, options):
    photos, tree = tmp_path / "photos", tmp_path / "tree"
    colour(photos / "a.jpg", "red")
    (photos / "a.jpg.xmp").write_text(THEIRS)
    tag_folder(ByColour(), photos, options)
    (photos / "a.jpg.xmp").write_text(THEIRS.replace("theirs", "new theirs"))
    ours = tree / "a.jpg.xmp"
    ours.write_text(ours.read_text().replace("theirs", "another word"))
    before = ours.read_bytes()
    summary = tag_folder(ByColour(), photos, options)
    assert summary.failed == 1
    assert "it has changed, and so has" in summary.failures[0][1]
    assert ours.read_bytes() == before


def test_tags_that_stay_in_a_new_copy_keep_their_run_label_and_place(tmp_path, tool):
    photos, tree = tmp_path / "photos", tmp_path / "tree"
    photo = colour(photos / "a.jpg", "red")
    (tmp_path / "map.csv").write_text("red,Farbe|Rot\n")
    choice = Choice.of(None, None, None, tmp_path / "map.csv", "")
    tag_folder(ByColour("one-aaaaaaaaaaaa"), photos, TagOptions(to=tree, choice=choice))
    edit(photo, "-XMP-dc:Title=new")
    other = ByColour("two-bbbbbbbbbbbb", names=("x", "y", "z", "night"))
    tag_folder(other, photos, TagOptions(to=tree, add=True))
    assert "Farbe|Rot" in read_keywords(tool, tree / "a.jpg").hierarchical
    with open_read_only(tree, journal_of(tree)) as journal:
        (fact,) = (one for one in journal.facts(b"a.jpg") if one.tag == "Rot")
    assert (fact.label, fact.run.partition("+")[0]) == ("red", "one-aaaaaaaaaaaa")
    narrower = Choice.of(("green",), None, None, None, "")
    tag_folder(ByColour("one-aaaaaaaaaaaa"), photos, TagOptions(to=tree, choice=narrower))
    assert read_keywords(tool, tree / "a.jpg").subject == ("x", "night")

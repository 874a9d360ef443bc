"""Which sidecars get the tags, how new ones are called, and where they lie."""

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.metadata.packets import DARKTABLE, LIGHTROOM
from tests.tagging.folders import contents, edit, fields, leftovers, snapshot
from tests.tagging.photo.test_sidecars import THEIRS, subjects
from tests.tagging.raw_files import dng
from tests.tagging.scorer import ByColour, colour, expected

RED = expected("red")
IN_PLACE = TagOptions(in_place=True)


@pytest.fixture
def photos(tmp_path):
    """Photos with sidecars of darktable's and of Lightroom's, with both, and with none."""
    folder = tmp_path / "photos"
    for name in ("dark.jpg", "light.jpg", "sub/both.jpg", "none.jpg"):
        colour(folder / name, "red")
    for name in ("dark.jpg.xmp", "light.xmp", "sub/both.jpg.xmp", "sub/both.xmp"):
        (folder / name).write_text(THEIRS)
    return folder


SIDECARS = ("dark.jpg.xmp", "light.xmp", "sub/both.jpg.xmp", "sub/both.xmp")


def test_sidecars_that_are_there_get_the_tags_of_photos_tagged_in_place(photos):
    before = contents(photos)
    summary = tag_folder(ByColour(), photos, IN_PLACE)
    assert (summary.seen, summary.written, summary.failed) == (4, 4, 0)
    assert subjects(*(photos / name for name in SIDECARS)) == [("theirs", *RED)] * 4
    assert not (photos / "none.jpg.xmp").exists()
    scorer = ByColour()
    again = tag_folder(scorer, photos, IN_PLACE)
    assert (again.nothing_to_do, scorer.prepared) == (4, [])
    # Their programs rewrite them: then the tags are looked for again.
    (photos / "light.xmp").write_text(THEIRS.replace("+0.35", "+0.70"))
    again = tag_folder(ByColour(), photos, IN_PLACE)
    assert (again.nothing_to_do, again.failed) == (4, 0)
    back = untag_folder(photos)
    assert (back.seen, back.written, back.failed) == (4, 4, 0)
    assert (back.originals, back.only_fields) == (4, 0)
    after = contents(photos)
    after.pop("scores.parquet")
    assert after.pop("light.xmp") != before.pop("light.xmp")
    assert after == before
    assert not leftovers(photos)


def test_a_sidecar_of_others_is_left_alone(photos):
    """The photo's stem is shared, and the sidecar names another extension."""
    colour(photos / "light.png", "red", form="PNG")
    dng(photos / "dark.dng")
    (photos / "dark.xmp").write_text(LIGHTROOM.replace("CR2", "DNG"))
    tag_folder(ByColour(), photos, IN_PLACE)
    assert (photos / "light.xmp").read_text() == THEIRS
    assert subjects(photos / "dark.jpg.xmp") == [("theirs", *RED)]


def test_a_decision_in_the_photo_or_its_sidecar_stays(photos, tool):
    tag_folder(ByColour(), photos, IN_PLACE)
    edit(photos / "dark.jpg", "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    edit(photos / "light.xmp", "-XMP-dc:Subject-=red")
    assert tag_folder(ByColour("run-2"), photos, IN_PLACE).failed == 0
    rest = tuple(tag for tag in RED if tag != "red")
    assert fields(tool, photos / "dark.jpg")[0].subject == rest
    assert subjects(photos / "dark.jpg.xmp", photos / "light.xmp") == [("theirs", *rest)] * 2


def test_a_sidecar_that_cannot_be_written_is_told_with_its_photo(photos):
    (photos / "dark.jpg.xmp").write_text("not XMP")
    summary = tag_folder(ByColour(), photos, IN_PLACE)
    assert (summary.seen, summary.written, summary.failed) == (4, 3, 1)
    ((name, reason),) = summary.failures
    assert name == "dark.jpg"
    assert reason.startswith("its sidecar dark.jpg.xmp: ")
    assert subjects(photos / "dark.jpg") == [RED]


def test_a_sidecar_that_was_not_reached_gets_its_tags_later(photos, monkeypatch):
    """As after a kill between a photo and its sidecar."""
    with monkeypatch.context() as patch:
        patch.setattr("tagonaut.tagging.tag.write_beside", lambda *_, **__: [])
        assert tag_folder(ByColour(), photos, IN_PLACE).written == 4
    assert subjects(photos / "dark.jpg.xmp") == [("theirs",)]
    summary = tag_folder(ByColour(), photos, IN_PLACE)
    assert (summary.written, summary.nothing_to_do) == (3, 1)
    assert subjects(*(photos / name for name in SIDECARS)) == [("theirs", *RED)] * 4


def test_a_dry_run_counts_them_with_their_photos(photos):
    before = snapshot(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True, dry_run=True))
    assert (summary.seen, summary.written) == (4, 4)
    assert summary.changed["red"] == 4
    assert snapshot(photos) == before


def test_copies_take_their_sidecars_along_and_what_stays_behind_is_told(photos, tmp_path):
    out = tmp_path / "out"
    (photos / "film.MP4").touch()
    (photos / "sub" / "film2.mp4").touch()
    (photos / "README").touch()
    (photos / "alone.xmp").write_text(THEIRS)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    before = snapshot(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (summary.seen, summary.written, summary.failed) == (5, 4, 1)
    assert snapshot(photos) == before
    assert subjects(*(out / name for name in SIDECARS)) == [("theirs", *RED)] * 4
    assert "Exposure2012" in (out / "light.xmp").read_text()
    assert summary.notes == [
        "not copied, as they are no photos: 1 without suffix, 2 .mp4, 1 .xmp",
        "photos that failed were not copied",
    ]
    scorer = ByColour()
    again = tag_folder(scorer, photos, TagOptions(to=out))
    assert (again.nothing_to_do, [path.name for path in scorer.prepared]) == (4, ["broken.jpg"])
    back = untag_folder(out)
    assert (back.seen, back.written, back.failed, back.originals) == (4, 4, 0, 4)
    after = contents(out)
    after.pop("scores.parquet")
    assert after.items() <= contents(photos).items()
    assert len(after) == 8


def test_new_sidecars_are_called_as_adobe_calls_them(photos):
    colour(photos / "twice.jpg", "red")
    colour(photos / "twice.png", "red", form="PNG")
    options = TagOptions(sidecar=True, sidecar_name="adobe")
    before = contents(photos)
    summary = tag_folder(ByColour(), photos, options)
    assert (summary.seen, summary.written, summary.failed) == (6, 4, 2)
    way_out = "left alone; --sidecar-name darktable gives each file its own"
    assert summary.failures == [
        ("twice.jpg", f"twice.xmp could be the sidecar of twice.png too: {way_out}"),
        ("twice.png", f"twice.xmp could be the sidecar of twice.jpg too: {way_out}"),
    ]
    assert subjects(photos / "none.xmp", photos / "light.xmp") == [RED, ("theirs", *RED)]
    assert not (photos / "none.jpg.xmp").exists()
    assert tag_folder(ByColour(), photos, options).nothing_to_do == 4
    # Whatever name is asked for later, the one that is there goes on.
    assert tag_folder(ByColour(), photos, TagOptions(sidecar=True)).nothing_to_do == 4
    assert untag_folder(photos).originals == 6
    after = contents(photos)
    after.pop("scores.parquet")
    assert after == before


def test_a_sidecar_of_another_file_is_not_taken_for_a_new_one(photos):
    (photos / "none.xmp").write_text(LIGHTROOM)
    options = TagOptions(sidecar=True, sidecar_name="adobe")
    summary = tag_folder(ByColour(), photos, options)
    assert summary.failures == [
        (
            "none.jpg",
            "none.xmp is the sidecar of another file: left alone; --sidecar-name darktable writes"
            " none.jpg.xmp",
        )
    ]
    assert (photos / "none.xmp").read_text() == LIGHTROOM


@pytest.mark.parametrize("name", ["darktable", "adobe"])
def test_a_tree_of_sidecars_elsewhere(photos, tmp_path, name):
    tree = tmp_path / "tree"
    dng(photos / "sub" / "raw.dng")
    options = TagOptions(sidecar_dir=tree, sidecar_name=name)
    before = snapshot(tmp_path)
    summary = tag_folder(ByColour(), photos, options)
    assert (summary.seen, summary.written, summary.failed) == (5, 5, 0)
    new = (
        ("none.jpg.xmp", "sub/raw.dng.xmp") if name == "darktable" else ("none.xmp", "sub/raw.xmp")
    )
    there = {*new, "dark.jpg.xmp", "light.xmp", "sub/both.jpg.xmp"}
    assert contents(tree).keys() - {"scores.parquet"} == there
    assert subjects(tree / new[0], tree / "light.xmp") == [RED, ("theirs", *RED)]
    scorer = ByColour()
    assert tag_folder(scorer, photos, options).nothing_to_do == 5
    assert scorer.prepared == []
    other = TagOptions(sidecar_dir=tree)
    assert tag_folder(ByColour("run-2"), photos, other).failed == 0
    assert contents(tree).keys() - {"scores.parquet"} == there
    # One that was moved within the tree is found.
    (tree / "moved").mkdir()
    (tree / new[0]).rename(tree / "moved" / new[0])
    back = untag_folder(tree)
    assert (back.seen, back.failed, back.originals) == (5, 0, 5)
    after = snapshot(tmp_path)
    assert {path: after[path] for path in before} == before
    rest = contents(tree)
    rest.pop("scores.parquet")
    assert rest == {path: before[f"photos/{path}"][2] for path in there - {*new}}
    assert not leftovers(tree)


@pytest.mark.parametrize("place", ["photos", "."])
def test_a_tree_of_sidecars_is_not_among_the_photos(photos, place):
    with pytest.raises(TagonautError, match=r"is the folder of the photos|would come among"):
        tag_folder(ByColour(), photos, TagOptions(sidecar_dir=photos.parent / place))
    with pytest.raises(TagonautError, match="exactly one"):
        TagOptions(sidecar_dir=photos, in_place=True)


def test_it_is_said_which_way_dng_files_go(photos):
    dng(photos / "raw.dng")
    note = tag_folder(ByColour(), photos, IN_PLACE).notes
    assert len(note) == 1
    assert note[0].startswith("DNG files are never changed: their tags are in sidecars")
    assert subjects(photos / "raw.dng.xmp") == [RED]


def test_the_fields_of_darktable_stay(photos):
    """Other programs' histories are in the sidecars that get tags."""
    (photos / "dark.jpg.xmp").write_text(DARKTABLE)
    tag_folder(ByColour(), photos, IN_PLACE)
    found = (photos / "dark.jpg.xmp").read_text()
    assert found.count("darktable:") == DARKTABLE.count("darktable:") > 0
    assert RED[0] in subjects(photos / "dark.jpg.xmp")[0]

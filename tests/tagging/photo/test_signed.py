"""Photos with Content Credentials, whose signatures are of every byte."""

import pytest

from tagonaut.errors import MetadataError
from tagonaut.metadata import sidecars
from tagonaut.metadata.formats import is_signed
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo.first_look import SIGNED_NOTE
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.metadata.signed import in_app11, manifest
from tests.tagging.folders import edit, fields, snapshot
from tests.tagging.photo.test_sidecars import THEIRS, subjects
from tests.tagging.scorer import ByColour, colour, expected


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    sign(colour(folder / "a.jpg", "red"))
    colour(folder / "b.jpg", "red")
    return folder


def sign(photo):
    data = photo.read_bytes()
    photo.write_bytes(data[:2] + in_app11(manifest()) + data[2:])
    assert is_signed(photo)
    return photo


def test_in_place_they_get_sidecars_and_that_is_said_once(photos, tool):
    sign(colour(photos / "c.jpg", "green"))
    before = snapshot(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert (summary.written, summary.failed) == (3, 0)
    assert summary.notes == [SIGNED_NOTE]
    assert "--sidecar" in SIGNED_NOTE
    assert "--break-signatures" in SIGNED_NOTE
    after = snapshot(photos)
    assert (after["a.jpg"], after["c.jpg"]) == (before["a.jpg"], before["c.jpg"])
    assert subjects(photos / "a.jpg.xmp") == [expected("red")]
    assert fields(tool, photos / "b.jpg")[0].subject == expected("red")
    scorer = ByColour()
    assert tag_folder(scorer, photos, TagOptions(in_place=True)).nothing_to_do == 3
    assert scorer.prepared == []
    assert untag_folder(photos).written == 3
    assert snapshot(photos)["a.jpg"] == before["a.jpg"]
    assert not (photos / "a.jpg.xmp").exists()


def test_copies_are_made_as_they_are_with_a_sidecar(photos, tmp_path, tool):
    out = tmp_path / "out"
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (summary.written, summary.notes) == (2, [SIGNED_NOTE])
    assert (out / "a.jpg").read_bytes() == (photos / "a.jpg").read_bytes()
    assert subjects(out / "a.jpg.xmp") == [expected("red")]
    assert fields(tool, out / "b.jpg")[0].subject == expected("red")
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).nothing_to_do == 2


def test_whoever_asks_for_it_gets_them_written(photos, tool):
    broken = TagOptions(in_place=True, break_signatures=True)
    summary = tag_folder(ByColour(), photos, broken)
    assert (summary.written, summary.notes) == (2, [])
    assert fields(tool, photos / "a.jpg")[0].subject == expected("red")
    assert not (photos / "a.jpg.xmp").exists()
    # It is broken: another run goes on where the tags are.
    summary = tag_folder(ByColour("run-2"), photos, TagOptions(in_place=True))
    assert (summary.notes, summary.failed) == ([], 0)
    assert not (photos / "a.jpg.xmp").exists()
    assert untag_folder(photos).written == 2
    # Without tags of ours it counts as signed, which it may be again.
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).notes == [SIGNED_NOTE]
    assert (photos / "a.jpg.xmp").exists()


def test_a_photo_that_was_signed_after_it_was_tagged_stays_valid(photos):
    options = TagOptions(in_place=True)
    assert tag_folder(ByColour(), photos, options).written == 2
    edit(photos / "b.jpg", "-XMP-xmp:Rating=3")
    signed = sign(photos / "b.jpg").read_bytes()
    assert tag_folder(ByColour("run-2"), photos, options).failed == 0
    assert (photos / "b.jpg").read_bytes() == signed


def test_with_sidecars_nothing_is_said(photos):
    summary = tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    assert (summary.written, summary.notes) == (2, [])


@pytest.mark.parametrize("options", [{"in_place": True}, {"sidecar": True}])
def test_all_its_sidecars_get_the_tags(photos, options):
    both = photos / "a.jpg.xmp", photos / "a.xmp"
    for sidecar in both:
        sidecar.write_text(THEIRS)
    tag_folder(ByColour(), photos, TagOptions(**options))
    assert subjects(*both) == [("theirs", *expected("red"))] * 2
    scorer = ByColour()
    assert tag_folder(scorer, photos, TagOptions(**options)).nothing_to_do == 2
    assert scorer.prepared == []
    untag_folder(photos)
    assert [sidecar.read_text() for sidecar in both] == [THEIRS] * 2


def test_their_folder_is_listed_once(photos, monkeypatch):
    for number in range(5):
        sign(colour(photos / f"{number}.jpg", "red"))
    listed = []

    def by_stem(folder):
        listed.append(folder)
        return sidecars.by_stem(folder)

    monkeypatch.setattr("tagonaut.tagging.tag.by_stem", by_stem)
    monkeypatch.setattr("tagonaut.tagging.photo.first_look.by_stem", None)
    adobe = TagOptions(in_place=True, sidecar_name="adobe")
    assert tag_folder(ByColour(), photos, adobe).failed == 0
    assert listed == [photos]
    assert (photos / "4.xmp").exists()


def test_beyond_a_limit_nobody_knows_whether_it_is_signed(photos, monkeypatch):
    data = (photos / "a.jpg").read_bytes()
    (photos / "a.jpg").write_bytes(data[:2] + 2000 * b"\xff\xec\0\2" + data[2:])
    assert is_signed(photos / "a.jpg")
    before = snapshot(photos)["a.jpg"]
    monkeypatch.setenv("TAGONAUT_MAX_PARTS", "1")
    with pytest.raises(MetadataError, match="TAGONAUT_MAX_PARTS"):
        is_signed(photos / "a.jpg")
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert "TAGONAUT_MAX_PARTS" in dict(summary.failures)["a.jpg"]
    assert snapshot(photos)["a.jpg"] == before

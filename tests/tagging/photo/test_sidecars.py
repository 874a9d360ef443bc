"""Tags in files beside the photos: asked for, or where a photo cannot be written."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.pixels.decode import decode
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.files.raw import preview
from tagonaut.tagging.journal import journal_of, open_locked
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields, leftovers, snapshot
from tests.tagging.raw_files import RED_ABOVE, dng
from tests.tagging.scorer import ByColour, colour, expected
from tests.tagging.test_kill import run

# As Lightroom writes one.
THEIRS = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35">
   <dc:subject><rdf:Bag><rdf:li>theirs</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def subjects(*paths):
    """As ExifTool's command line reads them."""
    found = []
    for path in paths:
        command = ["exiftool", "-config", "", "-s3", "-sep", "|", "-XMP-dc:Subject", str(path)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        found.append(tuple(told.split("|")) if told else ())
    return found


def test_a_sidecar_that_may_not_be_written_is_left_alone(tmp_path):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    own = photo.with_name("a.jpg.xmp")
    own.write_text(THEIRS)
    own.chmod(0o444)
    summary = tag_folder(ByColour(), photo.parent, TagOptions(sidecar=True))
    assert summary.failures == [
        ("a.jpg", "its sidecar a.jpg.xmp may not be written: left alone"),
    ]
    assert own.read_text() == THEIRS


def test_sidecars_and_back(tmp_path):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    colour(photos / "sub" / "b.PNG", "blue", form="PNG")
    (photos / "sub" / "b.PNG.xmp").write_text(THEIRS)
    photo.with_name("b.jpg").hardlink_to(photo)
    before = snapshot(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    assert (summary.written, summary.failed) == (3, 0)
    after = snapshot(photos)
    unlike = {"sub", "sub/b.PNG.xmp"}
    assert {name: after[name] for name in before.keys() - unlike} == {
        name: before[name] for name in before.keys() - unlike
    }
    # Readers of a sidecar may look nowhere else: it has the photo's own keywords too.
    assert subjects(photos / "a.jpg.xmp", photos / "sub" / "b.PNG.xmp") == [
        ("mine", "red", "green"),
        ("theirs", *expected("blue")),
    ]
    assert "Exposure2012" in (photos / "sub" / "b.PNG.xmp").read_text()
    scorer = ByColour()
    assert tag_folder(scorer, photos, TagOptions(sidecar=True)).nothing_to_do == 3
    assert scorer.prepared == []
    assert list(pl.read_parquet(photos / "scores.parquet")["picture"]) == [
        "a.jpg",
        "b.jpg",
        "sub/b.PNG",
    ]
    back = untag_folder(photos)
    assert (back.written, back.failed) == (3, 0)
    rest = contents(photos)
    rest.pop("scores.parquet")
    assert rest == {name: content for name, (_, _, content) in before.items() if content}
    assert not leftovers(photos)
    # And once more.
    assert tag_folder(ByColour(), photos, TagOptions(sidecar=True)).written == 3


def test_only_ours_goes_from_a_sidecar_that_a_person_changed(tmp_path):
    """Promise: untag removes only Tagonaut's words from a field that somebody has changed."""
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red", "green")
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    sidecar = photos / "a.jpg.xmp"
    edit(sidecar, "-XMP-dc:Subject-=green", "-XMP-dc:Subject+=theirs", "-XMP-xmp:Rating=3")
    assert tag_folder(ByColour("run-2"), photos, TagOptions(sidecar=True)).failed == 0
    assert subjects(sidecar) == [("red", "theirs")]
    choice = Choice(labels=("blue",))
    tag_folder(ByColour("run-2"), photos, TagOptions(sidecar=True, choice=choice))
    assert subjects(sidecar) == [("theirs",)]
    tag_folder(ByColour("run-3"), photos, TagOptions(sidecar=True))
    assert untag_folder(photos).written == 1
    assert subjects(sidecar) == [("theirs",)]
    assert "Rating" in sidecar.read_text()


def test_a_photo_of_no_tags_gets_no_sidecar(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    choice = Choice(labels=("blue",))
    assert (
        tag_folder(ByColour(), photos, TagOptions(sidecar=True, choice=choice)).nothing_to_do == 1
    )
    scorer = ByColour()
    assert tag_folder(scorer, photos, TagOptions(sidecar=True, choice=choice)).nothing_to_do == 1
    assert scorer.prepared == []
    assert sorted(os.listdir(photos)) == [".tagonaut", "a.jpg", "scores.parquet"]  # noqa: PTH208


def test_read_only_photos_get_sidecars(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    colour(photos / "b.jpg", "red")
    photo.chmod(0o444)
    before = snapshot(photos)["a.jpg"]
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert (summary.written, summary.failed) == (2, 0)
    note = "read-only photos are not changed: their tags are in sidecars beside them"
    assert summary.notes == [note]
    assert snapshot(photos)["a.jpg"] == before
    assert subjects(photos / "a.jpg.xmp") == [expected("red")]
    assert (photos / "a.jpg.xmp").stat().st_mode & 0o777 == 0o644
    # One that was tagged before it was protected is not tagged twice.
    (photos / "b.jpg").chmod(0o444)
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).nothing_to_do == 2
    assert not (photos / "b.jpg.xmp").exists()
    # A copy is ours.
    copies = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "out"))
    assert (copies.written, copies.copied) == (1, 1)
    assert fields(tool, tmp_path / "out" / "a.jpg")[0].iptc == expected("red")


def test_raw_files_in_place_and_copied(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photo = dng(photos / "a.DNG")
    (photos / "a.xmp").write_text(THEIRS)
    dng(photos / "b.dng")
    before = snapshot(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (summary.written, summary.failed) == (2, 0)
    assert snapshot(photos) == before
    assert (out / "a.DNG").read_bytes() == photo.read_bytes()
    assert (out / "a.DNG").stat().st_mtime_ns == photo.stat().st_mtime_ns
    tags = expected("red")
    assert subjects(out / "a.xmp", out / "b.dng.xmp") == [("theirs", *tags), tags]
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).nothing_to_do == 2
    (out / "b.dng").unlink()
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).failed == 0
    assert (out / "b.dng").exists()
    dng(photos / "b.dng", RED_ABOVE[::-1])
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).failed == 0
    assert (out / "b.dng").read_bytes() == (photos / "b.dng").read_bytes()
    assert untag_folder(out).failed == 0
    assert (out / "a.xmp").read_text() == THEIRS
    assert not (out / "b.dng.xmp").exists()
    before = snapshot(photos)
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).failed == 0
    after = snapshot(photos)
    assert all(after[name] == before[name] for name in ("a.DNG", "b.dng"))
    assert subjects(photos / "a.xmp", photos / "b.dng.xmp")[0] == ("theirs", *tags)
    assert "Exposure2012" in (photos / "a.xmp").read_text()


def test_raw_files_of_others_in_the_target_are_left_alone(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    dng(photos / "a.dng")
    theirs = dng(out / "a.dng", RED_ABOVE[::-1])
    before = theirs.read_bytes()
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).failed == 1
    assert theirs.read_bytes() == before
    theirs.write_bytes((photos / "a.dng").read_bytes())
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).failed == 0


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_preview_of_a_raw_file_is_upright(tmp_path, orientation):
    with (
        ExifTool() as tool,
        preview(tool, dng(tmp_path / "a.dng", orientation=orientation)) as file,
    ):
        pixels = decode(file).astype(int)
    red = pixels[..., 0] > 120
    assert pixels.shape[:2] == ((32, 48) if orientation in {1, 3} else (48, 32))
    half = {1: red[:14], 3: red[-14:], 6: red[:, -14:], 8: red[:, :14]}[orientation]
    assert half.all()
    assert 0.55 < red.mean() < 0.7


def test_a_raw_file_without_a_picture_is_told(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "a.nef", "red", form="TIFF")
    (photos / "b.cr2").write_bytes(b"II*\0nothing")
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert summary.failed == 2
    assert all("without an embedded picture" in reason for _, reason in summary.failures)


@pytest.mark.parametrize("step", ["Journal.begin", "take_place"])
def test_killed_in_the_middle_of_sidecars(tmp_path, step):
    """Promise: a kill at any instant leaves every photo as it was or completely tagged."""
    photos = tmp_path / "photos"
    for number in range(3):
        colour(photos / f"{number}.jpg", "red")
    before = contents(photos)
    assert run("sidecar", photos, step, "2") == -signal.SIGKILL
    assert tag_folder(ByColour(), photos, TagOptions(sidecar=True)).failed == 0
    names = [photos / f"{number}.jpg.xmp" for number in range(3)]
    assert subjects(*names) == [expected("red")] * 3
    begun = "Journal.begin" if step == "Journal.begin" else "sync_folder"
    assert run("untag", photos, begun, "2") == -signal.SIGKILL
    assert untag_folder(photos).failed == 0
    assert not leftovers(photos)
    with open_locked(photos, journal_of(photos)) as journal:
        assert list(journal.tagged()) == []
    rest = contents(photos)
    rest.pop("scores.parquet")
    assert rest == before


def tagged_twice(photos):
    """Photos that were tagged in place, and then in sidecars; the contents before."""
    for number in range(12):
        colour(photos / f"{number}.jpg", "red")
    # Sorts between a photo and its sidecar.
    colour(photos / "1.jpg-b.jpg", "red")
    before = contents(photos)
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 13
    assert tag_folder(ByColour("run-2"), photos, TagOptions(sidecar=True)).written == 13
    return before


def test_a_photo_and_its_sidecar_are_taken_back_as_one(tmp_path):
    photos = tmp_path / "photos"
    before = tagged_twice(photos)

    back = untag_folder(photos)
    assert (back.seen, back.written, back.failed, back.originals) == (13, 13, 0, 13)
    after = contents(photos)
    after.pop("scores.parquet")
    assert after == before
    assert untag_folder(photos).seen == 0


def test_a_photo_and_its_sidecar_that_were_moved_are_taken_back_as_one(tmp_path):
    photos = tmp_path / "photos"
    before = tagged_twice(photos)
    (photos / "new").mkdir()
    for name in ("3.jpg", "3.jpg.xmp", "4.jpg", "5.jpg.xmp"):
        (photos / name).rename(photos / "new" / name)
    back = untag_folder(photos)
    assert (back.seen, back.written, back.failed) == (13, 13, 0)
    after = contents(photos)
    after.pop("scores.parquet")
    assert after == {
        f"new/{name}" if name in {"3.jpg", "4.jpg"} else name: content
        for name, content in before.items()
    }


def test_the_tags_of_one_run_are_taken_from_where_it_wrote_them(tmp_path):
    photos = tmp_path / "photos"
    tagged_twice(photos)
    assert untag_folder(photos, UntagOptions(runs=("run-2",))).written == 13
    assert subjects(photos / "3.jpg") == [expected("red")]
    assert not (photos / "3.jpg.xmp").exists()


def test_what_fails_of_a_sidecar_is_told_with_its_photo(tmp_path):
    photos = tmp_path / "photos"
    before = tagged_twice(photos)
    (photos / "3.jpg.xmp").write_text("no XMP at all")
    back = untag_folder(photos)
    assert (back.seen, back.written, back.failed) == (13, 12, 1)
    ((name, reason),) = back.failures
    assert name == "3.jpg"
    assert reason.startswith("its sidecar 3.jpg.xmp: ")
    assert before.items() <= contents(photos).items()


@pytest.mark.parametrize("name", ["a.jpg.xmp", "a.xmp"])
@pytest.mark.parametrize("how", ["moved", "copied"])
def test_the_photo_of_a_moved_or_copied_sidecar_is_untagged_by_its_name(tmp_path, name, how):
    """Only the sidecar has tags; it goes with the photo, whatever program named it."""
    photos = tmp_path / "photos"
    colour(photos / "x" / "a.jpg", "red")
    sidecar = photos / "x" / name
    sidecar.write_text(THEIRS)
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    there = photos / "y"
    if how == "moved":
        sidecar.parent.rename(there)
    else:
        shutil.copytree(sidecar.parent, there)
    asked = UntagOptions(parts=frozenset({Path("y/a.jpg")}))
    for options in (replace(asked, dry_run=True), asked):
        summary = untag_folder(photos, options)
        assert (summary.seen, summary.written) == (1, 1)
        assert [name for name, _ in summary.examples] == ["y/a.jpg"]
    assert (there / name).read_text() == THEIRS


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_copied_photo_and_its_sidecar_are_one(tmp_path, dry_run):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    (photos / "a.xmp").write_text(THEIRS)
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    for suffix in ("jpg", "xmp"):
        shutil.copyfile(photo.with_suffix(f".{suffix}"), photos / f"b.{suffix}")
    summary = untag_folder(photos, UntagOptions(dry_run=dry_run))
    assert (summary.seen, summary.written, summary.originals) == (2, 2, 2)


def test_photos_that_keep_a_tag_are_not_as_before(tmp_path):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    photo.with_name("a.jpg.xmp").write_text(THEIRS)
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    summary = untag_folder(photo.parent, UntagOptions(labels=("red",)))
    assert (summary.written, summary.originals, summary.only_fields) == (1, 0, 0)

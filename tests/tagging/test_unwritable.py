"""Photos that cannot be written: told in each run, decoded once, with a sidecar on demand."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
import tifffile
from PIL import Image

from tagonaut.errors import MetadataError, TagonautError
from tagonaut.metadata import writing
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.sidecars import read_sidecar
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import unwritable
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit
from tests.tagging.scorer import ByColour, colour, expected

IN_PLACE = TagOptions(in_place=True)
OR_SIDECAR = TagOptions(in_place=True, or_sidecar=True)
REASONS = {
    "a.bmp": "keywords cannot be written into a BMP file",
    "b.tif": "keywords cannot be written into a BigTIFF file",
}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    colour(folder / "a.bmp", "red", form="BMP")
    with Image.open(folder / "a.bmp") as image:
        pixels = np.asarray(image)
    tifffile.imwrite(folder / "b.tif", pixels, bigtiff=True, photometric="rgb")
    colour(folder / "c.jpg", "green")
    return folder


def test_what_cannot_be_written_is_decoded_once_and_told_in_each_run(photos, monkeypatch):
    before = contents(photos)
    first, second = ByColour(), ByColour()
    assert dict(tag_folder(first, photos, IN_PLACE).failures) == REASONS
    assert len(first.prepared) == 3
    summary = tag_folder(second, photos, IN_PLACE)
    assert (dict(summary.failures), summary.nothing_to_do) == (REASONS, 1)
    assert second.prepared == []
    assert {name: contents(photos)[name] for name in REASONS} == {
        name: before[name] for name in REASONS
    }
    # A photo that was changed may be writable now, and a later version may know more.
    os.utime(photos / "a.bmp", ns=(1, 1))
    third, fourth = ByColour(), ByColour()
    tag_folder(third, photos, IN_PLACE)
    assert third.prepared == [photos / "a.bmp"]
    monkeypatch.setattr(unwritable, "_version", lambda: "99")
    tag_folder(fourth, photos, IN_PLACE)
    assert len(fourth.prepared) == 2


@pytest.mark.parametrize("known", [False, True])
def test_what_cannot_be_written_gets_a_sidecar_on_demand(photos, tool, known):
    before = contents(photos)
    if known:
        tag_folder(ByColour(), photos, IN_PLACE)
    summary = tag_folder(ByColour(), photos, OR_SIDECAR)
    assert (summary.failed, summary.written) == (0, 2 if known else 3)
    assert "photos that cannot be written have their tags in sidecars beside them" in summary.notes
    for name in REASONS:
        assert read_sidecar(tool, photos / f"{name}.xmp").subject == expected("red")
    again = ByColour()
    assert tag_folder(again, photos, OR_SIDECAR).nothing_to_do == 3
    assert again.prepared == []
    assert untag_folder(photos).written == 3
    after = contents(photos)
    assert {name: after.get(name) for name in before if name != "c.jpg"} == {
        name: before[name] for name in before if name != "c.jpg"
    }
    assert not list(photos.glob("*.xmp"))


def test_copies_of_what_cannot_be_written_are_not_tried_again(photos, tmp_path):
    options = TagOptions(to=tmp_path / "out")
    assert dict(tag_folder(ByColour(), photos, options).failures) == REASONS
    again = ByColour()
    assert dict(tag_folder(again, photos, options).failures) == REASONS
    assert again.prepared == []


def test_a_picture_without_a_preview_is_counted_and_asked_for_once(photos):
    (photos / "d.psd").write_bytes(b"8BPS\0\1" + bytes(20))
    (photos / "e.jxl").write_bytes(b"\xff\x0a" + bytes(20))
    for _ in range(2):
        summary = tag_folder(ByColour(), photos, OR_SIDECAR)
        assert summary.failed == 0
        assert (
            summary.passed.counts
            == {"pictures without an embedded preview that can be read": {".psd": 1, ".jxl": 1}}
            or "other files" in summary.passed.counts
        )
    journal = tag_folder(ByColour(), photos, OR_SIDECAR).journal
    with closing(sqlite3.connect(journal)) as database:
        assert len(database.execute("SELECT path FROM unwritable").fetchall()) == 4


def test_or_sidecar_is_for_photos_in_place(tmp_path):
    with pytest.raises(TagonautError, match="--or-sidecar is for --in-place"):
        TagOptions(sidecar=True, or_sidecar=True)


PLAIN_SUBJECT = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject>plain</dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def tag(folder, options=IN_PLACE):
    """The summary of a run, and the names of the photos that it decoded."""
    tagger = ByColour()
    return tag_folder(tagger, folder, options), [path.name for path in tagger.prepared]


def test_an_exiftool_that_fails_at_the_trial_of_untag_is_not_held_against_the_photo(
    tmp_path, monkeypatch
):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    (tmp_path / "plain.xmp").write_text(PLAIN_SUBJECT)
    edit(photo, f"-xmp<={tmp_path}/plain.xmp")
    written, made = writing._written, []

    def dies(tool, source, target, *rest):
        if source in made:  # the trial, which is made from the new file
            raise MetadataError("ExifTool ended without an answer")
        made.append(target)
        return written(tool, source, target, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_written", dies)
        ((_, reason),) = tag(photo.parent)[0].failures
    assert reason == "ExifTool ended without an answer"
    assert tag(photo.parent)[0].written == 1


def refusing(said):
    """ExifTool, that refuses to write, and says so."""
    execute = ExifTool.execute

    def refuse(self, arguments, **named):
        if "-o" in arguments:
            return b"", f"Error: {said} - x\n"
        return execute(self, arguments, **named)

    return refuse


@pytest.mark.parametrize(
    ("said", "is_noted"),
    [("Error reading PNG image data", False), ("Corrupted PNG image", False), ("No way", True)],
)
def test_what_a_disk_may_have_done_is_not_remembered(tmp_path, monkeypatch, said, is_noted):
    photo = colour(tmp_path / "photos" / "a.png", "red", form="PNG")
    with monkeypatch.context() as patch:
        patch.setattr(ExifTool, "execute", refusing(said))
        assert tag(photo.parent)[0].failed == 1
        # A sidecar is of use in any case.
        assert tag(photo.parent, OR_SIDECAR)[0].written == 1
    assert tag(photo.parent)[1] == ([] if is_noted else ["a.png"])


def test_a_disk_that_gives_other_bytes_at_the_next_reading_is_not_believed(tmp_path, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.png", "red", form="PNG")
    with monkeypatch.context() as patch:
        patch.setattr(ExifTool, "execute", refusing("No way"))
        patch.setattr("tagonaut.tagging.tag.digest", lambda path: "of other bytes")
        assert tag(photo.parent)[0].failed == 1
    assert tag(photo.parent)[0].written == 1


def test_a_full_disk_is_the_reason_and_not_the_photo(tmp_path, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.png", "red", form="PNG")

    def full(source, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ExifTool, "execute", refusing("Error writing output file"))
        patch.setattr(writing.shutil, "copyfile", full)
        ((_, reason),) = tag(photo.parent)[0].failures
        assert reason == "cannot be read or written (No space left on device)"
    assert tag(photo.parent)[0].written == 1


def test_what_a_choice_cannot_write_is_remembered_for_that_choice_alone(tmp_path, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.png", "red", form="PNG")
    with monkeypatch.context() as patch:
        patch.setattr(ExifTool, "execute", refusing("No way"))
        tag(photo.parent)
    assert tag(photo.parent)[1] == []
    red = TagOptions(in_place=True, choice=Choice(labels=("red",)))
    assert tag(photo.parent, red)[0].written == 1


def test_another_exiftool_may_know_more(photos, monkeypatch):
    tag(photos)
    assert tag(photos)[1] == []
    monkeypatch.setattr(ExifTool, "version", lambda self: "99.0")
    assert tag(photos)[1] == ["a.bmp", "b.tif"]


@pytest.fixture
def damaged(tmp_path):
    """Photos that are decoded, and of which ExifTool reads or writes nothing."""
    folder = tmp_path / "damaged"
    for name, form, cut in (("g.gif", "GIF", 1), ("w.png", "PNG", 6)):
        photo = colour(folder / name, "red", form=form)
        photo.write_bytes(photo.read_bytes()[:-cut])
    return folder


def test_damaged_photos_get_sidecars_and_are_decoded_once(damaged, tool):
    before = contents(damaged)
    summary, decoded = tag(damaged, OR_SIDECAR)
    assert (summary.failures, summary.written, len(decoded)) == ([], 2, 2)
    for name in before:
        assert read_sidecar(tool, damaged / f"{name}.xmp").subject == expected("red")
    assert {name: contents(damaged)[name] for name in before} == before
    summary, decoded = tag(damaged, OR_SIDECAR)
    assert (summary.nothing_to_do, decoded) == (2, [])


def test_a_sidecar_survives_a_photo_whose_own_words_cannot_be_read(damaged):
    summary, _ = tag(damaged, TagOptions(sidecar=True))
    assert (summary.failures, summary.written) == ([], 2)
    (note,) = [note for note in summary.notes if "its own keywords could not be read" in note]
    assert "g.gif" in note


def test_a_check_that_fails_twice_is_remembered_and_a_sidecar_helps(tmp_path, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.png", "red", form="PNG")
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_MOST_GROWTH", -(1 << 30))
        ((_, reason),) = tag(photo.parent)[0].failures
        assert reason.startswith("writing would have made the file")
        assert tag(photo.parent)[1] == []
        assert tag(photo.parent, OR_SIDECAR)[0].written == 1


@pytest.mark.parametrize("options", [IN_PLACE, TagOptions(sidecar=True)])
def test_a_broken_sidecar_is_told_in_each_run_and_read_once(tmp_path, options):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    sidecar = photo.with_name("a.jpg.xmp")
    sidecar.write_text("no xmp")
    first, decoded = tag(photo.parent, options)
    assert (first.failed, decoded) == (1, ["a.jpg"])
    again, decoded = tag(photo.parent, options)
    assert (again.failures, decoded) == (first.failures, [])
    assert "the sidecar is no XMP" in again.failures[0][1]
    sidecar.unlink()
    assert tag(photo.parent, options)[0].failed == 0


def test_a_limit_that_can_be_raised_is_not_held_against_a_sidecar(tmp_path, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    photo.with_name("a.jpg.xmp").write_text(PLAIN_SUBJECT)
    with monkeypatch.context() as patch:
        patch.setenv("TAGONAUT_MAX_DEPTH", "2")
        assert "TAGONAUT_MAX_DEPTH" in tag(photo.parent)[0].failures[0][1]
    assert tag(photo.parent)[0].failed == 0

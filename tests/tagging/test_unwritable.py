"""Photos that cannot be written: told in each run, decoded once, with a sidecar on demand."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
import tifffile
from PIL import Image

from tagonaut.errors import TagonautError
from tagonaut.metadata.sidecars import read_sidecar
from tagonaut.tagging.journal import unwritable
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents
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

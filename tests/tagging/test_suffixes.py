"""Suffixes of the same few formats: read as what they are."""

import shutil
import subprocess

import pytest

from tagonaut.data.picture_names import PictureNames
from tagonaut.data.pictures import find_pictures
from tagonaut.tagging.files import RAW_SUFFIXES
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import fields
from tests.tagging.raw_files import dng
from tests.tagging.scorer import ByColour, colour, expected

JPEGS = (".jfif", ".jpe", ".jif", ".jps", ".insp", ".mpo", ".JFIF")


def test_jpegs_under_other_suffixes_are_tagged(tmp_path, tool):
    photos = [colour(tmp_path / f"a{number}{suffix}", "red") for number, suffix in enumerate(JPEGS)]
    if len(list(tmp_path.iterdir())) != len(JPEGS):
        pytest.skip("a file system that takes A for a")
    summary = tag_folder(ByColour(), tmp_path, TagOptions(in_place=True))
    assert (summary.written, summary.failed, summary.passed.counts) == (len(JPEGS), 0, {})
    assert [found.iptc for found in fields(tool, *photos)] == [expected("red")] * len(JPEGS)
    assert {path.name for path in find_pictures(tmp_path)} == {photo.name for photo in photos}
    assert PictureNames(["x/IMG_1.jfif"]).find("IMG_1") == [0]


def test_heic_from_cameras_is_tagged(tmp_path, tool):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    colour(tmp_path / "a.hif", "red", form="HEIF", size=64)
    assert tag_folder(ByColour(), tmp_path, TagOptions(in_place=True)).written == 1
    assert fields(tool, tmp_path / "a.hif")[0].subject == expected("red")


@pytest.mark.parametrize("suffix", [".nrw", ".crw", ".3fr", ".rwl", ".psd", ".jxl"])
def test_pictures_with_a_preview_get_sidecars(tmp_path, tool, suffix):
    # What is in the file decides: ExifTool finds the preview of a DNG under any name.
    photo = dng(tmp_path / f"a{suffix}")
    before = photo.read_bytes()
    summary = tag_folder(ByColour(), tmp_path, TagOptions(in_place=True))
    assert (summary.written, summary.failed) == (1, 0)
    assert photo.read_bytes() == before
    assert (tmp_path / f"a{suffix}.xmp").exists()


def test_a_photoshop_files_thumbnail_is_its_preview(tmp_path, tool):
    jpeg = colour(tmp_path / "p.jpg", "red", size=64).read_bytes()
    (tmp_path / "p.jpg").unlink()
    size = len(jpeg) + 28
    head = (1).to_bytes(4, "big") + b"".join(
        value.to_bytes(4, "big") for value in (64, 64, 192, 64 * 192, len(jpeg))
    )
    resource = b"8BIM" + (1036).to_bytes(2, "big") + b"\0\0" + size.to_bytes(4, "big")
    resource += head + (24).to_bytes(2, "big") + (1).to_bytes(2, "big") + jpeg + b"\0" * (size % 2)
    psd = b"8BPS\0\1" + bytes(6) + b"\0\3" + (64).to_bytes(4, "big") * 2 + b"\0\x08\0\3"
    psd += bytes(4) + len(resource).to_bytes(4, "big") + resource + bytes(4) + bytes(2)
    (tmp_path / "a.psd").write_bytes(psd)
    summary = tag_folder(ByColour(), tmp_path, TagOptions(in_place=True))
    assert (summary.written, summary.failed, summary.passed.counts) == (1, 0, {})
    assert "red" in (tmp_path / "a.psd.xmp").read_text()
    assert (tmp_path / "a.psd").read_bytes() == psd


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="asks ExifTool")
def test_the_suffixes_of_raw_files_are_exiftools():
    known = subprocess.run(["exiftool", "-listf"], capture_output=True, text=True, check=True)
    names = {f".{name.lower()}" for name in known.stdout.partition("\n")[2].split()}
    # Two that ExifTool knows by their content alone.
    assert RAW_SUFFIXES - names <= {".srf", ".cs1", ".k25", ".kdc", ".dcr", ".ari"}

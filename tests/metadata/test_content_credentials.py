"""Which photos are signed with Content Credentials."""

from pathlib import Path

import pytest

from tagonaut.metadata.formats import is_signed
from tests.metadata import signed
from tests.metadata.pictures import FORMATS, exiftool, make, put

FIXTURE = Path(__file__).parents[3] / "shared" / "data" / "odd-photos" / "d2-c2pa-C.jpg"


@pytest.mark.parametrize("form", FORMATS)
def test_an_embedded_manifest_is_found_in_every_format(tmp_path, form):
    photo = signed.sign(tmp_path / "photo", form)
    assert is_signed(photo)
    told = exiftool("-a", "-G1", "-s", "-JUMBF:all", photo)
    if form in {"JPEG", "PNG"}:
        # Older versions of ExifTool know it nowhere else.
        assert "JUMDLabel" in told


@pytest.mark.parametrize("form", [*FORMATS, "PNG packed"])
def test_a_manifest_elsewhere_is_found_by_the_photos_xmp(tmp_path, form):
    assert is_signed(signed.with_remote(tmp_path / "photo", form))


@pytest.mark.parametrize("form", FORMATS)
def test_other_photos_are_not_signed(tmp_path, form):
    assert not is_signed(put(make(tmp_path / "photo", form), subject=["c2pa", "provenance"]))
    # A manifest that somebody has removed.
    inside = signed.REMOTE.replace("https://example.org/manifest.c2pa", "self#jumbf=/c2pa/urn:1")
    assert not is_signed(signed.with_remote(tmp_path / "other", form, inside))


def test_other_jumbf_boxes_and_damaged_files_are_not_signed(tmp_path):
    other = signed.manifest(bytes(16), b"acme")
    assert not is_signed(signed.jpeg_with(tmp_path / "other", signed.in_app11(other)))
    photo = signed.sign(tmp_path / "photo", "JPEG")
    photo.write_bytes(photo.read_bytes()[:30])
    assert not is_signed(photo)
    assert not is_signed(tmp_path / "absent")
    assert not is_signed(tmp_path)


def test_a_remote_manifest_as_an_element_and_with_another_prefix(tmp_path):
    element = signed.REMOTE.replace("dcterms:provenance=", "dcterms:title=").replace(
        "/></rdf:RDF>",
        '><t:provenance xmlns:t="http://purl.org/dc/terms/">'
        " https://example.org/m</t:provenance></rdf:Description></rdf:RDF>",
    )
    assert is_signed(signed.with_remote(tmp_path / "photo", "JPEG", element))


@pytest.mark.skipif(not FIXTURE.exists(), reason="the odd photos are not here")
def test_a_photo_that_was_really_signed():
    assert is_signed(FIXTURE)

"""What metadata points at must be found there afterwards: previews, raw data, EXIF of a TIFF."""

import struct
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.formats import points_outside
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.unchanged import check_pixels, check_previews
from tagonaut.metadata.writing import write_copy
from tests.metadata.jpegs import JPEG, directory, segment, write
from tests.metadata.pictures import exiftool, make, noise


def minolta(path: Path) -> Path:
    """A camera's JPEG with a preview behind the picture, as the notes in EXIF say."""
    make_name = b"Minolta Co., Ltd.\0"
    place = 8 + 2 + 2 * 12 + 4
    exif = place + len(make_name)
    notes = exif + 2 + 12 + 4

    def block(preview: int) -> bytes:
        first = directory((0x010F, 2, len(make_name), place), (0x8769, 4, 1, exif))
        kept = directory((0x0088, 4, 1, preview), (0x0089, 4, 1, len(JPEG)))
        second = directory((0x927C, 7, len(kept), notes))
        return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + first + make_name + second + kept)

    size = len(JPEG) + len(block(0))
    # Offsets count from behind the segment's name.
    return write(path, block(size - 12), end=JPEG)


def write_tagged(tool, photo: Path, form: str = "JPEG"):
    before = read_keywords(tool, photo)
    tagged = photo.with_name("tagged")
    return before, write_copy(tool, photo, tagged, before, plan(before, ["Day"], form))


def test_a_preview_that_would_not_be_found_any_more_stops_the_write(tool, tmp_path):
    photo = minolta(tmp_path / "photo")
    found = exiftool("-s3", "-PreviewImageLength", "-PreviewImage", photo).splitlines()
    assert found[0] == str(len(JPEG))
    assert f"Binary data {len(JPEG)} bytes" in found[1]
    assert points_outside(photo)
    with pytest.raises(MetadataError, match=r"PreviewImageStart.*--sidecar"):
        write_tagged(tool, photo)


def with_picture(path: Path, size: int, *, folder: bool) -> Path:
    """A JPEG whose EXIF has a picture of 40 bytes, and says that it has ``size``."""
    place, inner = 8 + 2 + 12 + 4, b"\xff\xd8\xff" + bytes(35) + b"\xff\xd9"
    begin = place + 2 + 2 * 12 + 4
    picture = directory((0x0201, 4, 1, begin), (0x0202, 4, 1, size))
    first = directory((0x8769, 4, 1, place)) if folder else directory((0x0112, 3, 1, 1))
    if not folder:
        first = first[:-4] + place.to_bytes(4, "little")
    return write(path, segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + first + picture + inner))


@pytest.mark.parametrize("folder", [False, True])
def test_a_picture_in_exif_that_ends_behind_it_is_looked_at(tool, tmp_path, folder):
    assert not points_outside(with_picture(tmp_path / "inside.jpg", 40, folder=folder))
    photo = with_picture(tmp_path / "photo", 41, folder=folder)
    assert points_outside(photo)
    # Bytes of the next segment are shown as a part of it: those would be others.
    with pytest.raises(MetadataError, match=r"points at: .*--sidecar"):
        write_tagged(tool, with_picture(tmp_path / "photo", 300, folder=folder))


def test_a_photo_without_such_notes_costs_no_further_look(tool, tmp_path):
    assert not points_outside(make(tmp_path / "a.jpg", exif=True))
    assert not points_outside(write(tmp_path / "b.jpg"))
    # A thumbnail in EXIF, and pictures with an index.
    noise(64).save(tmp_path / "c.jpg", "MPO", save_all=True, append_images=[noise(32, seed=1)])
    assert not points_outside(tmp_path / "c.jpg")
    assert points_outside(write(tmp_path / "d.jpg", segment(0xE1, b"FLIR\0\1\0\0")))


def test_what_can_be_extracted_is_compared(tool, tmp_path):
    photo = minolta(tmp_path / "photo")
    check_previews(tool, photo, photo)
    other = tmp_path / "other"
    other.write_bytes(photo.read_bytes()[:-2] + b"xx")
    with pytest.raises(MetadataError, match="PreviewImage"):
        check_previews(tool, photo, other)


@pytest.fixture
def tiff(tmp_path):
    photo = make(tmp_path / "photo.tif", "TIFF")
    more = ["-Artist=Anna", "-ExposureTime=1/125", "-GPSLatitude=52", "-GPSLatitudeRef=N"]
    exiftool("-q", "-overwrite_original", *more, "-UserComment=a comment", photo)
    return photo


def test_all_exif_of_a_tiff_stays(tool, tiff):
    shown = ("-a", "-G1", "-EXIF:all", "-x", "IPTC-NAA", "-x", "ApplicationNotes")
    left_out = ("-x", "StripOffsets")
    before, after = write_tagged(tool, tiff, "TIFF")
    tagged = tiff.with_name("tagged")
    assert exiftool(*shown, *left_out, tagged) == exiftool(*shown, *left_out, tiff)
    back = tiff.with_name("back")
    write_copy(tool, tagged, back, after, restore(after, [(before, after)]))
    assert exiftool(*shown, *left_out, back) == exiftool(*shown, *left_out, tiff)


@pytest.mark.parametrize(
    "edit",
    ["-Artist=Bert", "-Artist=", "-ExposureTime=1/60", "-GPSLatitude=51", "-UserComment=none"],
)
def test_exif_of_a_tiff_that_would_change_is_noticed(tiff, edit):
    """Wherever it stands: in the first directory, or in those of Exif and GPS."""
    other = tiff.with_name("other.tif")
    exiftool("-q", edit, "-XMP-dc:Subject=x", "-o", other, tiff)
    with pytest.raises(MetadataError, match="EXIF"):
        check_pixels(tiff, other)
    check_pixels(tiff, other, exif=False)


def test_maker_notes_of_a_tiff_are_compared(tool, tmp_path, monkeypatch):
    photo = make(tmp_path / "photo.tif", "TIFF")
    source = make(tmp_path / "photo.jpg", exif=True)
    exiftool("-q", "-overwrite_original", "-tagsfromfile", source, "-Make", "-MakerNotes", photo)
    write_tagged(tool, photo, "TIFF")
    execute = tool.execute

    def losing(arguments, **named):
        if "-o" in arguments:
            arguments = ["-MakerNotes:all=", *arguments]
        return execute(arguments, **named)

    monkeypatch.setattr(tool, "execute", losing)
    (tmp_path / "tagged").unlink()
    with pytest.raises(MetadataError, match=r"EXIF.*--sidecar"):
        write_tagged(tool, photo, "TIFF")


def test_a_tiff_whose_tags_share_values_is_no_bomb(tool, tmp_path):
    """Some writers let both resolutions point at one value; a bomb lets thousands do so."""
    photo = make(tmp_path / "photo.tif", "TIFF")
    check_pixels(photo, photo)
    pixels = Image.open(photo).convert("RGB").tobytes()
    many = 60
    place = 8 + 2 + (5 + many) * 12 + 4
    entries = [
        (256, 3, 1, 24),
        (257, 3, 1, 24),
        (262, 3, 1, 2),
        (273, 4, 1, place),
        (279, 4, 1, len(pixels)),
        *((60_000 + k, 7, len(pixels), place) for k in range(many)),
    ]
    bomb = tmp_path / "bomb.tif"
    bomb.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory(*entries) + pixels)
    with pytest.raises(MetadataError, match="overlap"):
        check_pixels(bomb, bomb)

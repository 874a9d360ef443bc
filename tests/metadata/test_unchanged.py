import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.unchanged import check_pixels
from tests.metadata.pictures import FORMATS, exiftool, make, noise


def changed(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert data.count(old) >= 1
    other = path.with_name("changed")
    other.write_bytes(data.replace(old, new, 1))
    return other


def assert_noticed(path: Path, other: Path, part: str | None = None) -> None:
    with pytest.raises(MetadataError, match=part):
        check_pixels(path, other)


@pytest.mark.parametrize("form", FORMATS)
def test_metadata_may_change_and_nothing_else(tmp_path, form):
    photo = make(tmp_path / "photo", form)
    check_pixels(photo, photo)
    tagged = tmp_path / "tagged"
    exiftool("-q", "-XMP-dc:Subject=x", "-XMP-dc:Title=" + "y" * 3000, "-o", tagged, photo)
    check_pixels(photo, tagged)
    check_pixels(tagged, photo)
    assert_noticed(photo, make(tmp_path / "other", form, seed=1))
    assert_noticed(photo, make(tmp_path / "other", form, size=25))


@pytest.mark.parametrize("form", FORMATS)
def test_one_bit_of_the_picture_is_noticed(tmp_path, form):
    """Promise: a photo's pixels never change, whatever its format."""
    photo = make(tmp_path / "photo", form)
    data = bytearray(photo.read_bytes())
    # The largest part of so small a file is its picture.
    data[len(data) * 2 // 3] ^= 1
    (tmp_path / "other").write_bytes(data)
    assert_noticed(photo, tmp_path / "other")


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_behind_the_picture_are_part_of_it(tmp_path, form):
    photo = make(tmp_path / "photo", form)
    other = tmp_path / "other"
    other.write_bytes(photo.read_bytes() + b"more")
    if form == "TIFF":
        check_pixels(photo, other)
    else:
        assert_noticed(photo, other)


def test_jpeg_segments(tmp_path):
    """Promise: in a JPEG, every segment except APP1, APP13 and COM stays byte-identical."""
    photo = tmp_path / "photo"
    noise().save(photo, "JPEG", icc_profile=b"profile" * 9, comment=b"said", exif=b"Exif\0\0made")
    assert_noticed(photo, changed(photo, b"profileprofile", b"profilePROFILE"), "APP2")
    assert_noticed(photo, changed(photo, b"Exif\0\0made", b"Exif\0\0MADE"), "EXIF")
    assert_noticed(photo, changed(photo, b"JFIF", b"JFXX"), "APP0")
    assert_noticed(photo, changed(photo, b"\xff\xdb\0C\0", b"\xff\xdb\0C\1"), "segment DB")
    check_pixels(photo, changed(photo, b"said", b"SAID"))


def test_a_second_picture_that_would_get_lost_is_noticed(tmp_path):
    photo = tmp_path / "photo"
    noise(64).save(photo, "MPO", save_all=True, append_images=[noise(32)])
    data = photo.read_bytes()
    index = data.index(b"\xff\xe2")
    size = int.from_bytes(data[index + 2 : index + 4], "big") + 2
    after_index = index + size
    # A comment behind the index moves the second picture away from where the index says it is.
    moved = data[:after_index] + b"\xff\xfe\0\x06said" + data[after_index:]
    (tmp_path / "moved").write_bytes(moved)
    assert_noticed(photo, tmp_path / "moved", "multi-picture")


def test_png_chunks(tmp_path):
    """Promise: in other formats, everything that holds pixels stays byte-identical."""
    photo = tmp_path / "photo"
    noise().save(photo, "PNG", dpi=(72, 72), icc_profile=b"profile" * 9)
    assert_noticed(photo, changed(photo, b"pHYs", b"pHYz"), "pHY")
    assert_noticed(photo, changed(photo, b"iCCP", b"iCCQ"), "iCC")


def test_webp_flags(tmp_path):
    """Promise: in other formats, everything that holds pixels stays byte-identical."""
    clear = tmp_path / "clear"
    Image.new("RGBA", (8, 8), (1, 2, 3, 0)).save(clear, "WebP", lossless=True, xmp=b"<x/>")
    data = bytearray(clear.read_bytes())
    assert data[12:16] == b"VP8X"
    data[20] ^= 0x10
    (tmp_path / "opaque").write_bytes(data)
    assert_noticed(clear, tmp_path / "opaque", "header")
    data[20] ^= 0x14
    (tmp_path / "unsaid").write_bytes(data)
    check_pixels(clear, tmp_path / "unsaid")


def test_every_directory_of_a_tiff(tmp_path):
    """Promise: in other formats, everything that holds pixels stays byte-identical."""
    photo = tmp_path / "photo"
    noise().save(photo, "TIFF", save_all=True, append_images=[noise(seed=1), noise(seed=2)])
    last = noise(seed=2).tobytes()
    assert_noticed(photo, changed(photo, last[:40], bytes(40)), "picture 3")
    other = tmp_path / "other"
    noise().save(other, "TIFF", save_all=True, append_images=[noise(seed=1)])
    assert_noticed(photo, other)


@pytest.mark.parametrize(
    "named",
    [
        {"compression": "tiff_lzw"},
        {"compression": "jpeg"},
        {"compression": "tiff_adobe_deflate", "tiffinfo": {322: 16, 323: 16}},
    ],
)
def test_compressed_tiffs(tmp_path, named):
    photo = tmp_path / "photo"
    noise(100).save(photo, "TIFF", **named)
    tagged = tmp_path / "tagged"
    exiftool("-q", "-XMP-dc:Subject=x", "-IPTC:Keywords=x", "-o", tagged, photo)
    check_pixels(photo, tagged)
    data = bytearray(tagged.read_bytes())
    with Image.open(tagged) as image:
        tags = image.tag_v2
        place = (tags.get(273) or tags.get(324))[0]
    data[place + 5] ^= 1
    tagged.write_bytes(data)
    assert_noticed(photo, tagged)


def test_a_tiff_that_meanders_is_refused(tmp_path):
    photo = make(tmp_path / "photo", "TIFF")
    data = bytearray(photo.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    end = first + 2 + entries * 12
    data[end : end + 4] = first.to_bytes(4, "little")
    photo.write_bytes(data)
    assert_noticed(photo, photo, "circle")


def test_another_format_is_noticed(tmp_path):
    assert_noticed(make(tmp_path / "a"), make(tmp_path / "b", "PNG"), "no JPEG")


SAMPLES = {}


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from(FORMATS), seed=st.integers(0, 2**32))
def test_damaged_files_never_do_more_than_be_refused(tmp_path_factory, form, seed):
    folder = SAMPLES.setdefault("folder", tmp_path_factory.mktemp("damaged"))
    if form not in SAMPLES:
        SAMPLES[form] = make(folder / form, form).read_bytes()
    dice = random.Random(seed)
    data = bytearray(SAMPLES[form])
    for _ in range(dice.randint(1, 6)):
        data[dice.randrange(min(len(data), 400))] = dice.randrange(256)
    data = data[: dice.randint(1, len(data))] if dice.random() < 0.3 else data
    photo = folder / "photo"
    photo.write_bytes(data)
    try:
        check_pixels(photo, photo)
    except MetadataError as error:
        assert "\n" not in str(error)

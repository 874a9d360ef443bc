"""Pictures that would start a program, take all memory, or never end."""

import io
import os
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from tagonaut.errors import PictureError
from tagonaut.pixels.capture_time import capture_time
from tagonaut.pixels.decode import band_names, decode
from tagonaut.pixels.inspect import inspect_picture
from tagonaut.pixels.open_image import FORMATS, open_image

SIDE = 13_377  # as many pixels as are read


def jpeg(side=32, **options):
    found = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(found, "JPEG", **options)
    return found.getvalue()


def png(side, depth, kind, *chunks):
    def chunk(name, data):
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def webp(side):
    bits = (side - 1) | (side - 1) << 14 | 1 << 28
    body = b"\x2f" + struct.pack("<I", bits) + b"\x88\x88\x08\0\0"
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def many_scans(scans, side=2_000):
    data = jpeg(side, progressive=True)
    last, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[last:end] * scans + data[end:]


def exif_bomb(entries=3_000, size=1 << 20):
    """EXIF whose every tag has the same value of a megabyte."""
    place = 10 + 12 * entries + 4
    tags = b"".join(struct.pack(">HHII", 40_000 + n, 7, size, place) for n in range(entries))
    return b"MM\0*" + struct.pack(">IH", 8, entries) + tags + bytes(4) + bytes(size)


def directories(count):
    """As Pillow looks for each among all before it, they take the square of their number."""
    parts = [struct.pack(">HI", 0, 8 + 6 * n) for n in range(1, count + 1)]
    return b"MM\0*" + struct.pack(">I", 8) + b"".join(parts) + bytes(6)


def test_a_picture_that_is_postscript_starts_no_program(tmp_path):
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\necho 9.0\n")
    program.chmod(0o755)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n")
    code = f"""
from pathlib import Path
from PIL import Image
from tagonaut.pixels.capture_time import capture_time
from tagonaut.pixels.decode import decode
from tagonaut.pixels.decoder.arrays import picture
from tagonaut.pixels.inspect import inspect_picture
for read in decode, inspect_picture, capture_time, lambda path: picture(path, None):
    try:
        print(read(Path({str(photo)!r})))
    except Exception as error:
        print(error)
print(sorted(Image.OPEN))
"""
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not (tmp_path / "started").exists()
    assert done.stdout.count("not a picture, or of a format that is not read") == 3
    assert "EPS" not in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("form", ["ppm", "tga", "pcx", "ico", "sgi", "eps", "im", "dds", "msp"])
def test_formats_that_are_not_read_are_not_opened(tmp_path, form):
    image = Image.new("1" if form == "msp" else "RGB", (8, 8))
    image.save(tmp_path / "x.jpg", form)
    with pytest.raises(PictureError, match="of a format that is not read"):
        decode(tmp_path / "x.jpg")
    assert {"JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"} <= set(FORMATS)


@pytest.mark.parametrize(
    "content",
    [
        webp(SIDE),
        png(SIDE, 1, 3, (b"PLTE", bytes(6)), (b"tRNS", b"\0"), (b"IDAT", zlib.compress(b"\0" * 9))),
        png(SIDE, 8, 4, (b"IDAT", zlib.compress(b"\0" * 9))),
    ],
    ids=["webp", "palette", "grey with alpha"],
)
def test_copies_and_channels_count(tmp_path, monkeypatch, content):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    # The palette alone would fit, with its transparency it does not.
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(5 * SIDE * SIDE - 1))
    for read in (lambda p: decode(p, (32, 32)), inspect_picture):
        with pytest.raises(PictureError, match=r"over the limit of .* set TAGONAUT_MAX_MEMORY"):
            read(path)
    assert capture_time(path) is None


def test_bands_are_counted_before_they_are_decoded(tmp_path, monkeypatch):
    path = tmp_path / "x.tif"
    pixels = np.zeros((100, 100, 4), np.uint16)
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=["unspecified"])
    assert decode(path).shape == (100, 100, 3)
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(10 * 100 * 100))
    for read in decode, band_names:
        with pytest.raises(PictureError, match=r"19 bytes, copies included.*TAGONAUT_MAX_MEMORY"):
            read(path)


def test_a_tile_may_be_larger_than_its_picture(tmp_path):
    tifffile.imwrite(
        tmp_path / "x.tif", np.zeros((16, 16, 4), np.uint16), photometric="rgb", tile=(16, 16)
    )
    with tifffile.TiffFile(tmp_path / "x.tif", mode="r+b") as file:
        for tag in (322, 323):
            file.pages.first.tags[tag].overwrite(65_520)
    with pytest.raises(PictureError, match="TAGONAUT_MAX_MEMORY"):
        decode(tmp_path / "x.tif")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (many_scans(2_000), "its scans are more than the 894 .* TAGONAUT_MAX_PIXELS"),
        (jpeg()[:2] + b"\xff" * 200_000 + jpeg()[2:], "its parts .* TAGONAUT_MAX_PARTS"),
        (jpeg()[:2] + b"\xff\xe5\0\2" * 200_000 + jpeg()[2:], "its parts .* TAGONAUT_MAX_PARTS"),
        (png(32, 8, 2, *[(b"tEXt", b"")] * 200_000), "its parts .* TAGONAUT_MAX_PARTS"),
        (b"GIF89a\2\0\2\0\0\0\0" + b"\x21\xfe\1x\0" * 200_000 + b";", "its parts"),
        (exif_bomb(), "its tags claim far more bytes"),
        (directories(20_000), "its parts .* TAGONAUT_MAX_PARTS"),
    ],
    ids=["scans", "fill bytes", "segments", "chunks", "blocks", "tags", "directories"],
)
def test_what_takes_a_decoder_minutes_is_refused_before(tmp_path, content, message):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    begun = time.monotonic()
    with pytest.raises(PictureError, match=message):
        decode(path, (32, 32))
    assert time.monotonic() - begun < 5


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_exif_whose_tags_share_one_value_is_not_read(tmp_path, form):
    path = tmp_path / "x.jpg"
    bomb = exif_bomb()
    if form == "jpeg":
        pieces = [bomb[at : at + 60_000] for at in range(0, len(bomb), 60_000)]
        segments = (struct.pack(">HH", 0xFFE1, len(p) + 8) + b"Exif\0\0" + p for p in pieces)
        path.write_bytes(jpeg()[:2] + b"".join(segments) + jpeg()[2:])
        with pytest.raises(PictureError, match="its tags claim far more bytes"):
            decode(path)
    else:
        Image.new("RGB", (8, 8)).save(path, form, exif=bomb)
        assert decode(path).shape == (8, 8, 3)
    assert capture_time(path) is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["avif", "heif"])
def test_exif_of_an_item_is_looked_at_before_it_is_opened(tmp_path, form):
    if form == "heif":
        pytest.importorskip("pillow_heif").register_heif_opener()
    path = tmp_path / "x.heic"
    Image.new("RGB", (64, 64)).save(path, form, exif=b"Exif\0\0" + exif_bomb())
    with pytest.raises(PictureError, match="its tags claim far more bytes"):
        decode(path)


def test_directories_in_a_circle_cost_no_picture(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.tif")
    data = bytearray((tmp_path / "x.tif").read_bytes())
    (place,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, place)
    struct.pack_into("<I", data, place + 2 + 12 * count, place)
    (tmp_path / "x.tif").write_bytes(data)
    assert inspect_picture(tmp_path / "x.tif").header.frames == 1


def test_frames_are_counted_without_decoding_them(tmp_path):
    frames = [Image.new("P", (8, 8), n) for n in range(5)]
    for form in ("gif", "tiff"):
        frames[0].save(
            tmp_path / f"x.{form}", save_all=True, append_images=frames[1:], optimize=False
        )
        with open_image(tmp_path / f"x.{form}") as image:
            assert inspect_picture(tmp_path / f"x.{form}").header.frames == image.n_frames == 5

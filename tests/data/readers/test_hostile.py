"""Odd and hostile files, each with the picture or the one line that it must give."""

import io
import json
import os
import struct
import zlib

import numpy as np
import polars as pl
import pytest
import tifffile
from PIL import Image

import tagonaut
from tagonaut.data.dataset import hash_pictures
from tagonaut.data.pictures import find_pictures
from tagonaut.errors import DataError, PictureError
from tagonaut.pixels.decode import decode

TEAL, WHITE = (0, 128, 128), (255, 255, 255)


def solid(mode="RGB", colour=TEAL, size=(12, 8)):
    return Image.new("RGB", size, colour).convert(mode)


def encoded(form, image=None, **options):
    buffer = io.BytesIO()
    (image or solid()).save(buffer, form, **options)
    return buffer.getvalue()


def exif(orientation):
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def tiff(pixels, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"", *, depth=8, colour=2, before=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), before, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    )


def rows(*pixels, count=8, width=12):
    """PNG scanlines of one colour."""
    return b"".join(b"\0" + struct.pack(f">{len(pixels)}H", *pixels) * width for _ in range(count))


def frames(form, **options):
    others = [solid(colour=(250, 0, 0)), solid(colour=(0, 250, 0))]
    return encoded(form, save_all=True, append_images=others, **options)


def heif():
    pytest.importorskip(
        "pillow_heif", reason="needs the extra tagonaut[heic]"
    ).register_heif_opener()
    return encoded("HEIF", quality=95)


def patched(data, at, value):
    return data[:at] + value + data[at + len(value) :]


JPEG, PNG, TIFF = encoded("JPEG", quality=95), encoded("PNG"), encoded("TIFF")
FOUR = tiff(np.zeros((8, 12, 4), np.uint16), photometric="rgb")
WIDE = patched(FOUR, FOUR.index(struct.pack("<HHII", 256, 4, 1, 12)) + 8, struct.pack("<I", 10**8))
GREY = np.full((8, 12), 128, np.uint8)
NOISE = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
BIG = Image.fromarray(NOISE)

# Name, content, and the colour of its pixels (a size other than 12 × 8 with it), or the error.
PICTURES = [
    ("empty.jpg", b"", "the file is empty"),
    ("text.jpg", b"this is no picture\n" * 9, "not a picture"),
    ("page.jpg", b"<!DOCTYPE html><title>404 Not Found</title>", "not a picture"),
    ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    ("zeros.tif", bytes(5_000), "not a picture"),
    ("late.jpg", b"junk" + JPEG, "not a picture"),
    ("cut.jpg", encoded("JPEG", BIG)[:9_000], "cannot be decoded"),
    ("cut.png", encoded("PNG", BIG)[:9_000], "cannot be decoded"),
    ("cut.tif", encoded("TIFF", BIG)[:9_000], "cannot be"),
    ("cut.webp", encoded("WEBP", BIG)[:9_000], "cannot be|not a picture"),
    ("cut.gif", encoded("GIF", BIG)[:9_000], "cannot be decoded"),
    ("cut.avif", encoded("AVIF", BIG)[:2_000], "cannot be|not a picture"),
    ("start.png", PNG[:20], "not a picture|cannot be decoded"),
    ("bomb.png", png(20_000, 20_000), "over the limit of .* set TAGONAUT_MAX_PIXELS"),
    ("bomb.gif", patched(encoded("GIF"), 6, b"\xff\xff\xff\xff"), "over the limit|cannot be"),
    ("bomb.bmp", patched(encoded("BMP"), 18, struct.pack("<ii", 90_000, 90_000)), "over the limit"),
    ("bomb.tif", WIDE, "over the limit"),
    ("text-bomb.png", png(12, 8, before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
     "cannot be decoded"),
    ("bands.tif", tiff(np.zeros((8, 12, 70), np.uint8), photometric="minisblack",
                       planarconfig="contig"), "claims 70 bands; up to 64"),
    ("float.tif", tiff(np.zeros((8, 12), np.float32)), "float32 are not read"),
    ("wrong-sum.png", patched(PNG, 29, b"\x55\xaa"), "not a picture"),
    ("flat.png", png(0, 8), "not a picture|cannot be decoded"),
    ("plain.jpg", JPEG, TEAL),
    ("plain.avif", encoded("AVIF", quality=95), TEAL),
    ("plain.heic", heif, TEAL),
    ("is-png.jpg", PNG, TEAL),
    ("is-jpeg.tif", JPEG, TEAL),
    ("UPPER.JPEG", JPEG, TEAL),
    ("four.jpg", encoded("JPEG", solid("CMYK"), quality=95), TEAL),
    ("grey.jpg", encoded("JPEG", solid("L", (90, 90, 90))), (90, 90, 90)),
    ("progressive.jpg", encoded("JPEG", progressive=True, quality=95), TEAL),
    ("more.jpg", JPEG + b"appended by a camera" * 50, TEAL),
    ("turned.jpg", encoded("JPEG", exif=exif(6), quality=95), (TEAL, (12, 8))),
    ("orientation-9.jpg", encoded("JPEG", exif=exif(9), quality=95), TEAL),
    ("damaged-exif.jpg", encoded("JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff", quality=95), TEAL),
    ("damaged-profile.jpg", encoded("JPEG", icc_profile=b"no profile", quality=95), TEAL),
    ("dot.png", encoded("PNG", solid(size=(1, 1))), (TEAL, (1, 1))),
    ("line.png", encoded("PNG", solid(size=(9_000, 1))), (TEAL, (1, 9_000))),
    ("palette.png", encoded("PNG", solid().quantize(4)), TEAL),
    ("clear-palette.png", encoded("PNG", solid("P"), transparency=bytes(256)), WHITE),
    ("bits.png", encoded("PNG", solid("1", WHITE)), WHITE),
    ("sixteen.png", encoded("PNG", Image.fromarray(np.full((8, 12), 200 * 257, np.uint16))),
     (200, 200, 200)),
    ("sixteen-rgb.png", png(12, 8, rows(0, 128 * 257, 128 * 257), depth=16), TEAL),
    ("sixteen-alpha.png", png(12, 8, rows(9, 9, 9, 0), depth=16, colour=6), WHITE),
    ("grey-alpha.png", encoded("PNG", Image.new("LA", (12, 8), (9, 0))), WHITE),
    ("alpha.webp", encoded("WEBP", Image.new("RGBA", (12, 8), (9, 9, 9, 0)), lossless=True), WHITE),
    ("moving.gif", frames("GIF"), TEAL),
    ("moving.webp", frames("WEBP", lossless=True), TEAL),
    ("moving.png", frames("PNG"), TEAL),
    ("pages.tif", frames("TIFF"), TEAL),
    ("tiled.tif", tiff(np.full((64, 64, 3), TEAL, np.uint8), tile=(16, 16), photometric="rgb"),
     (TEAL, (64, 64))),
    ("zstd.tif", tiff(np.full((8, 12, 3), TEAL, np.uint8), compression="zstd", photometric="rgb"),
     TEAL),
    ("planes.tif", tiff(np.stack([np.full((8, 12), c, np.uint8) for c in TEAL]),
                        planarconfig="separate", photometric="rgb"), TEAL),
    ("big.tif", tiff(np.full((8, 12, 3), TEAL, np.uint8), bigtiff=True, photometric="rgb"), TEAL),
    ("sixteen.tif", tiff(GREY.astype(np.uint16) * 257), (128, 128, 128)),
    ("sixteen-rgb.tif", tiff(np.full((8, 12, 3), TEAL, np.uint16) * 257, photometric="rgb"), TEAL),
    ("white-is-0.tif", tiff(255 - GREY, photometric="miniswhite"), (128, 128, 128)),
    ("lab.tif", encoded("TIFF", solid("LAB", (128, 128, 128))), (128, 128, 128)),
    ("-overwrite_original\n.jpg", JPEG, TEAL),
    ("Bär 🐻 'quoted'.jpg", JPEG, TEAL),
    (os.fsdecode(b"not-utf8-\xff.jpg"), JPEG, TEAL),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), PICTURES, ids=lambda v: str(v)[:20])
def test_odd_pictures(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content() if callable(content) else content)
    assert list(find_pictures(tmp_path)) == [path]
    if isinstance(expected, str):
        for size in (None, (16, 16)):
            with pytest.raises(PictureError, match=expected) as caught:
                decode(path, size)
            assert "\n" not in str(caught.value)
        return
    colour, shape = expected if isinstance(expected[0], tuple) else (expected, (8, 12))
    pixels = decode(path)
    assert pixels.shape == (*shape, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - colour).max() <= 4
    assert np.abs(decode(path, (6, 5)).astype(int) - colour).max() <= 4


def test_what_is_no_plain_file_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    (tmp_path / "nowhere.jpg").symlink_to(tmp_path / "gone")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (tmp_path / "folder.jpg").mkdir()
    paths = sorted(tmp_path.iterdir())
    for path in paths:
        with pytest.raises(PictureError):
            decode(path)
    assert all(isinstance(found, PictureError) for found in hash_pictures(paths))


def parquet():
    buffer = io.BytesIO()
    frame = {"file": ["a.png", "b.png"], "road": [True, None], "picture": [b"\xff", b"\0"]}
    pl.DataFrame(frame).write_parquet(buffer)
    return buffer.getvalue()


# Name, content, and the rows of targets (-1: unknown), or the error's first line.
TABLES = [
    ("empty.csv", "", "the table is empty"),
    ("blank.csv", "\n \n,,\n", "the table is empty"),
    ("header.csv", "id,tags\n", "a header and no rows"),
    ("picture.csv", PNG, "not UTF-8 text"),
    ("zeros.csv", "id,tags\na,ro\0ad\n", "zero bytes"),
    ("latin.csv", "id,tags\na,Tür\n".encode("latin-1"), "latin.csv:2: not UTF-8"),
    ("ragged.csv", "id,tags\na,x,y\n", "do not fit the header"),
    ("open.csv", 'id,tags\na,"x\n', "not a table"),
    ("long.csv", f"id,tags\na,{'x' * 200_000}\n", "not a table"),
    ("nameless.csv", "id,,tags\na,,x\n", "column 2 has no name"),
    ("twins.csv", "id,tags,tags\na,x,x\n", "several columns have the same name"),
    ("words.csv", "id,note\na,hello\n", "no column of tags"),
    ("stray.csv", "id,road\na,1\nb,1\na.png,maybe\n", "1 cells cannot be read"),
    ("contradicting.csv", "id,tags\na,x\na.png,y\n", "contradict each other"),
    ("climbing.csv", "id,tags\n../../etc/passwd,x\n", "1 of 1 pictures are not in"),
    ("cut.parquet", parquet()[:60], "not a Parquet file"),
    ("list.json", "[1, 2]", "2 entries are not JSON objects"),
    ("object.json", '{"a": 1}', "not in COCO's format"),
    ("open.json", '[{"file": "a"', "open.json:1:14: not JSON"),
    ("deep.json", "[" * 100_000, "too deep|not JSON"),
    ("open.jsonl", '{"file": "a", "tags": []}\n{"file"\n', "open.jsonl:2: not a JSON object"),
    ("dangling.json", json.dumps({"images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "road"}],
        "annotations": [{"image_id": 2, "category_id": 1}]}), "refer to an unknown picture"),
    ("mark.csv", "\ufeffid,tags\na,road\nb,\n", [[1], [0]]),
    ("utf16.csv", "id,tags\na,road\nb,\n".encode("utf-16"), [[1], [0]]),
    ("windows.csv", "id,tags\r\na,road\r\nb,\r\n", [[1], [0]]),
    ("old-mac.csv", "id,tags\ra,road\rb,\r", [[1], [0]]),
    ("semicolons.csv", "id;tags\na;road, river\nb;\n", [[1, 1], [0, 0]]),
    ("commas.csv", "id, road,\na,1,\nb,0,\n", [[1], [0]]),
    ("decimal.csv", "id;road\na;1,0\nb;0,0\n", [[1], [0]]),
    ("unknown.csv", "id,road\na,1\nb,\n", [[1], [-1]]),
    ("quoted.csv", 'id,tags\n"a","road, ""river"""\n"b",""\n', [[1, 1], [0, 0]]),
    ("twice.csv", "id,tags\na,road road\nb,\na.png,road\n", [[1], [0]]),
    ("numbered.csv", ",file,road\n0,a.png,1\n1,b.png,0\n", [[1], [0]]),
    ("bytes.parquet", parquet, [[1], [-1]]),
    ("sparse.jsonl", '{"file": "a", "road": 1}\n\n{"file": "b"}\n', [[1], [-1]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), TABLES, ids=lambda v: str(v)[:20])
def test_odd_tables(tmp_path, name, content, expected):
    for picture in ("a.png", "b.png"):
        (tmp_path / picture).write_bytes(PNG)
    content = content() if callable(content) else content
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if isinstance(expected, str):
        with pytest.raises(DataError, match=expected) as caught:
            tagonaut.read(path)
        first, *faults = str(caught.value).split("\n")
        assert name in first
        assert all(fault.startswith("  ") for fault in faults)
        return
    dataset = tagonaut.read(path)
    assert np.where(dataset.known, dataset.targets.astype(int), -1).tolist() == expected

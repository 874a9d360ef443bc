"""Inputs that `benchmarks.hostile.atheris` found, each made by code."""

import struct

import pytest

from tagonaut.errors import MetadataError
from tagonaut.metadata.formats import read_at
from tagonaut.metadata.unchanged import pixels_digest


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heic(offset, size):
    """A HEIC of one item, whose data have this place and size."""
    entry = box(b"infe", struct.pack(">B3xHH4sx", 2, 1, 0, b"hvc1"))
    items = box(b"iinf", struct.pack(">IH", 0, 1) + entry)
    place = struct.pack(">IHHHHHII", 0, 0x4400, 1, 1, 0, 1, offset, size)
    about = bytes(4) + items + box(b"iloc", place) + box(b"pitm", struct.pack(">IH", 0, 1))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", about)


def test_an_item_that_begins_beyond_the_end_and_goes_on_to_it(tmp_path):
    path = tmp_path / "x.heic"
    end = len(heic(0, 0))
    path.write_bytes(heic(end - 10, 0))
    assert pixels_digest(path)
    for offset in (end + 45, 0xFFFFFFFF):
        path.write_bytes(heic(offset, 0))
        with pytest.raises(MetadataError, match="an item lies beyond the file's end"):
            pixels_digest(path)


@pytest.mark.parametrize(("offset", "size"), [(-1, 4), (1 << 63, 4), ((1 << 63) - 2, 4), (0, -1)])
def test_places_that_no_file_has(tmp_path, offset, size):
    path = tmp_path / "x"
    path.write_bytes(bytes(20))
    with path.open("rb") as file, pytest.raises(MetadataError):
        read_at(file.fileno(), offset, size)


def test_a_text_chunk_that_is_shorter_than_its_own_head(tmp_path):
    path = tmp_path / "x.png"
    text = b"XML:com.adobe.xmp\0"
    for size in (0, 5, len(text) - 1):
        chunk = struct.pack(">I", size) + b"iTXt" + text + bytes(4)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + b"x" * 40)
        with pytest.raises(MetadataError):
            pixels_digest(path)

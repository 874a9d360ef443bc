"""Metadata that would take all memory, never be read, or grow without end when it is written."""

import re
import struct
import time
import zlib

import pytest

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan
from tagonaut.metadata.sidecars import read_sidecar, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.unchanged import check_pixels, pixels_digest
from tagonaut.metadata.writing import write_copy
from tagonaut.metadata.xmp import lists, rewritten, without_lists, xmp_packets
from tests.metadata import packets
from tests.metadata.pictures import make

NIGHT = [Tag("Night", ("Night",))]
SUBJECT = ("http://purl.org/dc/elements/1.1/", "subject")


def packet(inside, attributes=""):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f"{attributes}><rdf:Description>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def png_with(*texts):
    def chunk(name, data):
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), *texts, (b"IDAT", zlib.compress(bytes(4))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def overlapping(path, strips=400, size=20_000):
    """A TIFF of one directory whose strips are all the same bytes."""
    tags = [(256, 3, 1, 100), (257, 3, 1, strips * 2), (258, 3, 1, 8), (259, 3, 1, 1)]
    tags += [(262, 3, 1, 1), (277, 3, 1, 1), (278, 3, 1, 2)]
    end = 8 + 2 + 12 * 9 + 4
    tags[6:6] = [(273, 4, strips, end)]
    tags.append((279, 4, strips, end + 4 * strips))
    body = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    pixels = end + 8 * strips
    places = struct.pack(f"<{strips}I", *[pixels] * strips)
    sizes = struct.pack(f"<{strips}I", *[size] * strips)
    path.write_bytes(
        struct.pack("<2sHIH", b"II", 42, 8, 9) + body + bytes(4) + places + sizes + bytes(size)
    )
    return path


def test_a_tiff_whose_strips_overlap_is_not_written(tool, tmp_path):
    photo = overlapping(tmp_path / "x.tif")
    before = read_keywords(tool, photo)
    with pytest.raises(MetadataError, match="parts overlap: a copy would be many times as large"):
        write_copy(tool, photo, tmp_path / "copy", before, plan(before, NIGHT, "TIFF"))
    assert not (tmp_path / "copy").exists()
    with pytest.raises(MetadataError, match="parts overlap"):
        pixels_digest(photo)


def test_a_text_that_unpacks_to_gigabytes_does_not(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(200 << 20))
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    photo = tmp_path / "x.png"
    photo.write_bytes(png_with((b"zTXt", b"Comment\0\0" + packed)))
    with ExifTool() as tool, pytest.raises(MetadataError, match="TAGONAUT_MAX_MEMORY"):
        read_keywords(tool, photo)


def test_an_answer_has_an_end(tool, monkeypatch, tmp_path):
    photo = tmp_path / "x.png"
    iptc = b"".join(b"\x1c\x02\x19" + struct.pack(">H", 30_000) + b"a" * 30_000 for _ in range(200))
    profile = b"\niptc\n" + b"%8d\n" % len(iptc) + iptc.hex().encode()
    photo.write_bytes(png_with((b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(profile))))
    assert len(read_keywords(tool, photo).iptc) == 200
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(64 << 20))
    with pytest.raises(MetadataError, match="ExifTool's answer is over the limit of 4,194,304"):
        read_keywords(tool, photo)
    monkeypatch.undo()
    assert len(read_keywords(tool, photo).iptc) == 200


def test_the_time_of_a_file_is_limited(monkeypatch):
    assert ExifTool().timeout == 20
    monkeypatch.setenv("TAGONAUT_MAX_SECONDS", "3")
    assert ExifTool().timeout == 3


@pytest.mark.parametrize("work", [lists, without_lists, lambda p: rewritten(p, {SUBJECT: ("a",)})])
def test_thousands_of_namespaces_take_no_longer_than_their_bytes(work):
    count = 5_000
    declared = "".join(f' xmlns:a{n}="u{n}"' for n in range(count))
    many = packet("".join(f'<a{n}:b xmlns:c="{n}"/>' for n in range(count)), declared)
    begun = time.monotonic()
    work(many)
    assert time.monotonic() - begun < 3


def test_a_packet_without_lists_is_the_same_in_any_prefix():
    one = packet('<a:b c="1" d="2"> text<a:e/></a:b>', ' xmlns:a="u"')
    assert without_lists(one) == without_lists(
        packet('<q:b d="2" c="1">text <q:e></q:e></q:b>', ' xmlns:q="u"')
    )
    for other in ('<a:b c="1" d="3"> text<a:e/></a:b>', '<a:b c="1" d="2"> text</a:b><a:e/>'):
        assert without_lists(one) != without_lists(packet(other, ' xmlns:a="u"'))


def test_a_sidecar_of_a_million_elements_is_refused(tool, tmp_path):
    sidecar = tmp_path / "x.xmp"
    sidecar.write_bytes(packet("<dc:a/>" * 500_000, ' xmlns:dc="u"'))
    begun = time.monotonic()
    with pytest.raises(MetadataError, match=r"its parts .* TAGONAUT_MAX_PARTS"):
        read_sidecar(tool, sidecar)
    assert time.monotonic() - begun < 3


def test_a_sidecar_of_any_size_but_of_plain_text_is_read(tool, tmp_path):
    """Programs keep masks in sidecars, as text of many megabytes."""
    sidecar = tmp_path / "x.xmp"
    sidecar.write_bytes(packet(f"<dc:a>{'QUJD' * 1_000_000}</dc:a>", ' xmlns:dc="u"'))
    after = write_sidecar(
        tool, sidecar, tmp_path / "new", Keywords(), plan(Keywords(), NIGHT, "XMP")
    )
    assert after.subject == ("Night",)


def test_a_film_called_sidecar_is_refused(tool, monkeypatch, tmp_path):
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", str(16 << 20))
    (tmp_path / "x.xmp").write_bytes(packets.DARKTABLE.encode() + bytes(2 << 20))
    with pytest.raises(MetadataError, match="size is over the limit of 1,048,576 bytes"):
        read_sidecar(tool, tmp_path / "x.xmp")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("JPEG", lambda d: d[:2] + b"\xff" * 200_000 + d[2:]),
        ("JPEG", lambda d: d[:2] + b"\xff\xed\0\2" * 200_000 + d[2:]),
        ("PNG", lambda d: d[:33] + (bytes(4) + b"tEXt" + bytes(4)) * 200_000 + d[33:]),
        ("WebP", lambda d: d[:4] + b"\xff\xff\xff\0" + d[8:] + b"XMP \0\0\0\0" * 200_000),
        ("GIF", lambda d: d[:13] + b"\x21\xff" + b"\1x" * 200_000 + b"\0" + d[13:]),
        ("HEIC", lambda d: d + b"\0\0\0\x08free" * 200_000),
    ],
)  # fmt: skip
def test_the_parts_of_a_file_are_counted(tmp_path, form, content):
    photo = make(tmp_path / "x", form)
    if form == "GIF":
        photo.write_bytes(b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;")
    photo.write_bytes(content(photo.read_bytes()))
    begun = time.monotonic()
    with pytest.raises(MetadataError, match=re.escape("its parts are over the limit of 100,000")):
        check_pixels(photo, photo)
    assert time.monotonic() - begun < 5


def test_xmp_of_many_elements_is_not_compared(tool, tmp_path):
    body = packet("<a/>" * 12_000)[:65_000]
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 31) + b"http://ns.adobe.com/xap/1.0/\0"
    photo = make(tmp_path / "x.jpg")
    data = photo.read_bytes()
    photo.write_bytes(data[:2] + (segment + body) * 20 + data[2:])
    with pytest.raises(MetadataError, match="its parts"):
        xmp_packets(tool, photo)

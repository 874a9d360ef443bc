"""What XMP says beside our lists is there after a write, or the photo is left alone."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import format_error, read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.unchanged import check_xmp
from tagonaut.metadata.writing import write_copy
from tagonaut.metadata.xmp import xmp_packets
from tests.metadata import packets
from tests.metadata.pictures import exiftool, make, noise, put

MAIN = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
GUID = b"0123456789ABCDEF0123456789ABCDEF"

WHOLE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="Mine">'
    b"<dc:subject><rdf:Bag><rdf:li>by hand</rdf:li></rdf:Bag></dc:subject>"
    b'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &lt;title&gt;</rdf:li></rdf:Alt></dc:title>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)
DAMAGED = {
    "cut off": WHOLE[:-20],
    "cut off in a word": WHOLE[: WHOLE.index(b"hand")],
    "not closed": WHOLE.replace(b"</rdf:Description>", b""),
    "UTF-16": b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"),
    "UTF-16 without a mark": WHOLE.decode().encode("utf-16-be"),
}


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_packet(path: Path, packet: bytes, form: str = "JPEG", more: bytes = b"") -> Path:
    if form == "JPEG":
        data = make(path).read_bytes()
        path.write_bytes(data[:2] + segment(0xE1, MAIN + packet) + more + data[2:])
    elif form == "PNG":
        data = make(path, "PNG").read_bytes()
        body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + packet
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        path.write_bytes(data[:33] + chunk + data[33:])
    elif form == "WebP":
        noise().save(path, "WebP", xmp=packet)
    else:
        noise().save(path, "TIFF", tiffinfo={700: packet})
    return path


def tagged(tool, photo: Path, tags=("night",)) -> tuple[Path, Keywords, Keywords]:
    before = read_keywords(tool, photo)
    target = photo.with_name("tagged")
    target.unlink(missing_ok=True)
    change = plan(before, tags, recognise(photo))
    return target, before, write_copy(tool, photo, target, before, change)


@pytest.mark.parametrize("packet", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_packet_is_not_thrown_away(tool, tmp_path, packet):
    photo = with_packet(tmp_path / "photo", packet)
    with pytest.raises(MetadataError, match="left alone"):
        tagged(tool, photo)


@pytest.mark.parametrize("form", ["PNG", "WebP", "TIFF"])
def test_in_other_formats_neither(tool, tmp_path, form):
    photo = with_packet(tmp_path / "photo", DAMAGED["not closed"], form)
    with pytest.raises(MetadataError, match="ExifTool cannot keep its XMP"):
        tagged(tool, photo)
    whole = with_packet(tmp_path / "whole", WHOLE, form)
    target, _, after = tagged(tool, whole)
    assert after.subject == ("by hand", "night")
    assert exiftool("-s3", "-XMP:Title", "-XMP:Label", target) == "A <title>\nMine\n"


def test_an_extension_that_nothing_refers_to_is_not_thrown_away(tool, tmp_path):
    text = b"<x>by hand</x>"
    piece = EXTENSION + GUID + struct.pack(">II", len(text), 0) + text
    photo = with_packet(tmp_path / "photo", WHOLE, more=segment(0xE1, piece))
    target, _, after = tagged(tool, photo)
    assert after.subject == ("by hand", "night")
    assert segment(0xE1, piece) in target.read_bytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"A &lt;title&gt;", b"Another"),
        (b' xmp:Label="Mine"', b""),
        (b"<rdf:li>by hand</rdf:li>", b""),
    ],
)
def test_what_is_lost_without_a_warning_is_noticed(tool, tmp_path, form, old, new):
    before = with_packet(tmp_path / "before", WHOLE, form)
    after = with_packet(tmp_path / "after", WHOLE.replace(old, new), form)
    lists = Keywords(subject=("by hand",))
    (found,) = xmp_packets(tool, before)
    check_xmp(tool, found, before, lists, lists)
    told = Keywords() if b"hand" in old else lists
    with pytest.raises(MetadataError, match="writing would lose"):
        check_xmp(tool, found, after, told, told)


@pytest.mark.parametrize("packet", packets.ALL.values(), ids=packets.ALL)
@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WebP"])
def test_packets_of_other_programs_are_written(tool, tmp_path, packet, form):
    """Attributes become elements, spaces and prefixes change: nothing is lost."""
    photo = with_packet(tmp_path / "photo", packet.encode(), form)
    target, before, after = tagged(tool, photo, ["night", "a & b", " x\ty "])
    assert "night" in after.subject
    if packet == packets.DARKTABLE:
        # Void to ExifTool, which would leave all of it out.
        history = packet[packet.index("<darktable:masks") : packet.index("<dc:subject>")]
        assert history in exiftool("-b", "-XMP", target)
    untagged = tmp_path / "untagged"
    again = write_copy(tool, target, untagged, after, restore(after, [(before, after)]))
    assert again == before


def test_extended_xmp_stays(tool, tmp_path):
    long = "word " * 20_000
    (tmp_path / "long.txt").write_text(long)
    photo = put(make(tmp_path / "photo"), more=[f"-XMP-dc:Description<={tmp_path / 'long.txt'}"])
    assert EXTENSION in photo.read_bytes()
    target, _, _ = tagged(tool, photo)
    assert exiftool("-b", "-XMP-dc:Description", target).split() == long.split()


def test_xmp_that_is_text_of_an_unusual_kind_is_kept(tool, tmp_path):
    text = b"<![CDATA[a & c]]>"
    photo = with_packet(tmp_path / "photo", WHOLE.replace(b"A &lt;title&gt;", text))
    target, _, _ = tagged(tool, photo)
    assert "a & c" in exiftool("-s3", "-XMP:Title", target)


def test_a_photo_that_has_its_tags_is_not_concerned(tool, tmp_path):
    photo = with_packet(tmp_path / "photo", WHOLE)
    before = read_keywords(tool, photo)
    assert plan(before, [], "PNG").changes(before) is False


def test_what_exiftool_escapes_is_told_in_plain_words():
    said = "Error: Can&#39;t open &quot;it&quot; - link1\n"
    assert format_error(said) == 'Can\'t open "it"'


def test_unlike_pictures_real_photos_are_all_written(tool, shared, tmp_path):
    for original in sorted(shared("data/iss/photos").glob("*.jpg")):
        photo = tmp_path / "photo"
        photo.write_bytes(original.read_bytes())
        target, _, after = tagged(tool, photo, ["night", "Café"])
        assert {"night", "Café"} <= {*after.subject}
        with Image.open(target) as image:
            image.load()


def test_an_empty_list_that_gets_words_costs_no_second_write(tool, tmp_path, monkeypatch):
    # As Lightroom writes it.
    packet = WHOLE.replace(b"<rdf:Bag><rdf:li>by hand</rdf:li></rdf:Bag>", b"<rdf:Seq/>")
    photo = with_packet(tmp_path / "a.jpg", packet)
    before = read_keywords(tool, photo)
    assert before.subject == ()
    asked = []
    execute = tool.execute
    monkeypatch.setattr(tool, "execute", lambda *a, **k: asked.append(a) or execute(*a, **k))
    after = write_copy(tool, photo, tmp_path / "b", before, plan(before, ["red"], "JPEG"))
    assert (after.subject, len(asked)) == (("red",), 1)

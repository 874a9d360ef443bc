"""XMP as few programs write it: what is written can be taken back, or is refused beforehand."""

import struct
import zlib
from pathlib import Path

import pytest

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.sidecars import read_sidecar, write_sidecar
from tagonaut.metadata.writing import write_copy
from tests.metadata.pictures import exiftool, make
from tests.metadata.signed import with_remote

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
CITY = 'xmlns:p="http://ns.adobe.com/photoshop/1.0/"'
SHOWN = (
    "-a",
    "-u",
    "-n",
    "-G1:4",
    "-s",
    "-x",
    "System:all",
    "-x",
    "File:all",
    "-x",
    "Composite:all",
)


def packet(*descriptions: str, root: str = "x:xmpmeta", attributes: str = "") -> str:
    return (
        "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"
        f'<{root} xmlns:x="adobe:ns:meta/"{attributes}><rdf:RDF {RDF}>'
        f"{''.join(descriptions)}</rdf:RDF></{root}>{' ' * 99}\n<?xpacket end='w'?>"
    )


def description(inside: str = "", attributes: str = 'rdf:about=""') -> str:
    return f"<rdf:Description {attributes} {DC} {CITY}>{inside}</rdf:Description>"


CITIED = "<p:City>Rome</p:City>"
BAG = "<dc:subject><rdf:Bag><rdf:li>by hand</rdf:li></rdf:Bag></dc:subject>"
LANGUAGES = BAG.replace(
    "<rdf:li>by hand</rdf:li>",
    '<rdf:li xml:lang="de">Rom</rdf:li>\n<rdf:li xml:lang="en">Rome</rdf:li>',
)
MANY = "".join(f"<rdf:li>word {number}</rdf:li>" for number in range(1500))
PACKETS = {
    "about without its prefix": packet(description(CITIED, 'about="uuid:3ff5d382"')),
    "several abouts": packet(
        description(CITIED, 'rdf:about="uuid:1"'), description(BAG, 'rdf:about="uuid:2"')
    ),
    "Photoshop 7": packet(
        description(CITIED, "about='uuid:3ff5d382'"),
        root="x:xapmeta",
        attributes=' x:xaptk="XMP toolkit 2.8.2-33, framework 1.5"',
    ),
    "languages in a list": packet(description(LANGUAGES + CITIED)),
    "a text": packet(description(f"<dc:subject> by hand &amp; foot</dc:subject>{CITIED}")),
    "a text with a language": packet(description('<dc:subject xml:lang="en">x</dc:subject>')),
    "an attribute": packet(description(CITIED, "rdf:about=''\n  dc:subject = 'a, b' p:State='x'")),
    "an attribute alone": packet(f'<rdf:Description {DC} rdf:about="" dc:subject="a" />'),
    "the last attribute": packet(
        f'<rdf:Description rdf:about="" {DC} {CITY} p:City="a" dc:subject="a"/>'
    ),
    "a long list": packet(description(BAG.replace("<rdf:li>by hand</rdf:li>", MANY))),
    "a property twice": packet(description(CITIED + CITIED + BAG)),
}
FORMATS = ("JPEG", "TIFF", "PNG", "WebP", "GIF", "HEIC")


def tag_and_untag(tool, photo: Path) -> tuple[Keywords, Path, Path]:
    """The fields at the beginning, the tagged and the untagged photo."""
    form = recognise(photo)
    before = read_keywords(tool, photo)
    tagged, untagged = photo.with_name("tagged"), photo.with_name("untagged")
    change = plan(before, ["night", "Ünï"], form)
    after = write_copy(tool, photo, tagged, before, change, check_untag=True)
    assert after.subject == (*(before.subject or ()), "night", "Ünï")
    assert not plan(after, ["night", "Ünï"], form).changes(after)
    # As the journal keeps them.
    writes = [(before, Keywords.from_json(after.to_json()))]
    again = write_copy(tool, tagged, untagged, after, restore(after, writes))
    assert again.written() == before.written()
    return before, tagged, untagged


@pytest.mark.parametrize("text", PACKETS.values(), ids=PACKETS)
def test_a_jpeg_comes_back_byte_for_byte(tool, tmp_path, text):
    photo = with_remote(tmp_path / "photo", "JPEG", text)
    _, _, untagged = tag_and_untag(tool, photo)
    assert untagged.read_bytes() == photo.read_bytes()


@pytest.mark.parametrize("name", ["an attribute", "Photoshop 7", "languages in a list"])
@pytest.mark.parametrize("form", FORMATS[1:])
def test_the_packet_of_another_format_comes_back_byte_for_byte(tool, tmp_path, form, name):
    photo = with_remote(tmp_path / "photo", form, PACKETS[name])
    _, tagged, untagged = tag_and_untag(tool, photo)
    assert exiftool("-b", "-XMP", untagged) == exiftool("-b", "-XMP", photo)
    assert "City" in exiftool("-s", "-XMP:all", tagged)


@pytest.mark.parametrize("form", FORMATS)
def test_a_list_of_over_a_thousand_words_is_read_and_written(tool, tmp_path, form):
    photo = with_remote(tmp_path / "photo", form, PACKETS["a long list"])
    before, tagged, untagged = tag_and_untag(tool, photo)
    assert len(before.subject) == 1500
    read = exiftool("-m", "-s3", "-sep", "|", "-XMP-dc:Subject", tagged).strip().split("|")
    assert (len(read), read[-1]) == (1502, "Ünï")
    assert exiftool("-m", *SHOWN, untagged) == exiftool("-m", *SHOWN, photo)


@pytest.mark.parametrize("name", ["a text", "an attribute", "an attribute alone"])
def test_keywords_that_are_no_list_in_a_sidecar(tool, tmp_path, name):
    sidecar, tagged, untagged = (tmp_path / one for one in ("a.xmp", "tagged", "untagged"))
    sidecar.write_text(PACKETS[name])
    before = read_sidecar(tool, sidecar)
    after = write_sidecar(tool, sidecar, tagged, before, plan(before, ["night"], "XMP"))
    assert after.subject == (*before.subject, "night")
    change = restore(after, [(before, Keywords.from_json(after.to_json()))])
    write_sidecar(tool, tagged, untagged, after, change)
    assert untagged.read_text() == PACKETS[name]


def test_a_word_that_a_person_adds_stays_beside_one_that_was_no_list(tool, tmp_path):
    photo = with_remote(tmp_path / "photo", "JPEG", PACKETS["an attribute"])
    before, tagged, _ = tag_and_untag(tool, photo)
    after = read_keywords(tool, tagged)
    exiftool("-q", "-overwrite_original", "-XMP-dc:Subject+=mine", tagged)
    now = read_keywords(tool, tagged)
    change = restore(now, [(before, after)])
    again = write_copy(tool, tagged, tmp_path / "again", now, change)
    assert again.subject == ("a, b", "mine")


def test_extended_xmp_whose_name_is_an_element(tool, tmp_path):
    (tmp_path / "long").write_text("word " * 20_000)
    more = [f"-XMP-dc:Description<={tmp_path / 'long'}", "-XMP-dc:Subject=by hand"]
    photo = make(tmp_path / "photo")
    exiftool("-q", "-overwrite_original", *more, photo)
    assert b"<xmpNote:HasExtendedXMP>" in photo.read_bytes()
    _, tagged, untagged = tag_and_untag(tool, photo)
    for one in (tagged, untagged):
        assert exiftool("-b", "-XMP-dc:Description", one).split() == ["word"] * 20_000


def test_a_heic_whose_packet_begins_like_that_of_a_jpeg(tool, tmp_path):
    photo = with_remote(tmp_path / "photo", "HEIC", packet(" " * 29, description(BAG + CITIED)))
    data = photo.read_bytes()
    head = b"http://ns.adobe.com/xap/1.0/\0"
    start = data.index(b"<?xpacket begin")
    moved = data[start:].replace(b" " * 29, b"", 1)
    photo.write_bytes(data[:start] + head + moved)
    _, tagged, untagged = tag_and_untag(tool, photo)
    for one in (tagged, untagged):
        assert exiftool("-s3", "-XMP:City", one) == "Rome\n"


def two_packets(path: Path, form: str) -> Path:
    """One with keywords, and one that another program added in front of it."""
    first, second = (
        packet(description(CITIED)).encode(),
        packet(description(BAG + "<p:State>x</p:State>")).encode(),
    )
    data = make(path, form).read_bytes()
    if form == "PNG":
        chunks = b""
        for text in (first, second):
            body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + text
            chunks += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        path.write_bytes(data[:33] + chunks + data[33:])
    elif form == "GIF":
        magic = bytes([1, *range(255, -1, -1), 0])
        blocks = b"".join(b"\x21\xff\x0bXMP DataXMP" + text + magic for text in (first, second))
        path.write_bytes(data[:-1] + blocks + data[-1:])
    else:
        head = b"http://ns.adobe.com/xap/1.0/\0"
        parts = (
            struct.pack(">BBH", 255, 0xE1, len(head + t) + 2) + head + t for t in (first, second)
        )
        path.write_bytes(data[:2] + b"".join(parts) + data[2:])
    return path


@pytest.mark.parametrize("form", ["PNG", "GIF", "JPEG"])
def test_two_packets_are_written_and_taken_back_or_refused_beforehand(tool, tmp_path, form):
    photo = two_packets(tmp_path / "photo", form)
    try:
        _, tagged, untagged = tag_and_untag(tool, photo)
    except MetadataError as error:
        assert "--sidecar" in str(error)
        return
    for one in (tagged, untagged):
        assert exiftool("-s3", "-XMP:City", "-XMP:State", one) == "Rome\nx\n"

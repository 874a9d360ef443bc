"""The caption of a photo: IPTC Caption-Abstract, XMP dc:description, EXIF ImageDescription."""

import json
from html import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import read_plain
from tagonaut.metadata.keywords import ask, read_keywords
from tagonaut.metadata.planning import plan
from tagonaut.metadata.sidecars import read_sidecar
from tagonaut.metadata.writing import write_copy
from tests.metadata.jpegs import (
    SPACES,
    dataset,
    directory,
    photoshop,
    resource,
    segment,
    two_directories,
    write,
    xmp,
)
from tests.metadata.pictures import FORMATS, make, put

UTF8 = dataset(1, 90, b"\x1b%G")


def alternatives(*texts: tuple[str, str], kind: str = "Alt") -> str:
    items = "".join(
        f'<rdf:li xml:lang="{language}">{escape(text)}</rdf:li>' for language, text in texts
    )
    return f"<dc:description><rdf:{kind}>{items}</rdf:{kind}></dc:description>"


def in_xmp(text: str) -> bytes:
    return xmp(alternatives(("x-default", text)))


def in_iptc(text: bytes, *before: bytes) -> bytes:
    return photoshop(resource(0x0404, b"".join(before) + dataset(2, 120, text)))


def in_exif(text: bytes, *, kind: int = 2, size: int | None = None, offset: int = 26) -> bytes:
    """A directory with the description alone; four bytes and less stand in it."""
    size = len(text) if size is None else size
    value = int.from_bytes(text[:4].ljust(4, b"\0"), "little") if size <= 4 else offset
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + directory((0x010E, kind, size, value)) + text)


def both(tool, photo):
    """The caption by both readers, or ExifTool's alone where the plain reader leaves it to it."""
    asked = ask(tool, photo)
    found = read_plain(photo)
    assert found in {None, asked}
    assert read_keywords(tool, photo) == asked
    return asked.caption


@pytest.mark.parametrize(
    ("some", "caption"),
    [
        ([in_xmp("A & b\nbelow")], "A & b\nbelow"),
        ([in_iptc("Café".encode(), UTF8)], "Café"),
        ([in_exif("Café ✓  \0\0".encode())], "Café ✓"),
        ([in_exif(b"abc\0")], "abc"),
        ([in_exif(b"SEA \0"), in_iptc(b"Land"), in_xmp("Sky")], "Sky"),
        ([in_exif(b"SEA \0"), in_iptc(b"Land")], "Land"),
        ([in_exif(b"SEA \0"), in_iptc(b"  \0")], "SEA"),
        ([xmp(alternatives(("x-default", "Hi"), ("de", "Hallo")))], "Hi"),
        ([], None),
    ],
)
def test_usual_captions_are_read_without_exiftool(tool, tmp_path, some, caption):
    photo = write(tmp_path / "a.jpg", *some)
    assert both(tool, photo) == caption
    assert read_plain(photo) is not None


@pytest.mark.parametrize(
    ("some", "caption"),
    [
        # Neither IPTC nor EXIF that is no UTF-8 says what it is: Windows-1252, as for keywords.
        ([in_iptc(b"Caf\xe9 5 \x80")], "Café 5 €"),
        ([in_exif(b"Caf\xe9 x\0")], "Café x"),
        ([in_iptc(b"\xc3\xa9\xe9", UTF8)], "Ã©é"),
        ([in_iptc("Café".encode())], "Café"),
        # The rest of an EXIF text is no part of it.
        ([in_exif(b"seen\0hidden\0")], "seen"),
        ([xmp(alternatives(("de", "Hallo"), ("x-default", "Hi")))], "Hi"),
        ([xmp(alternatives(("de", "Hallo"), ("fr", "Salut")))], "Hallo"),
        ([xmp(alternatives(("x-default", " "), ("fr", "Salut")))], "Salut"),
        ([xmp(alternatives(("x-default", " "))), in_exif(b"below\0")], "below"),
        ([xmp("<dc:description>plain</dc:description>")], "plain"),
        ([xmp("", attributes=' dc:description="attribute"')], "attribute"),
        ([xmp("<dc:description><rdf:Alt/></dc:description>"), in_iptc(b"below")], "below"),
        ([in_exif(b"      \0")], None),
    ],
)
def test_unusual_captions_are_read_all_the_same(tool, tmp_path, some, caption):
    assert both(tool, write(tmp_path / "a.jpg", *some)) == caption


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_captions(tool, tmp_path, form):
    photo = put(make(tmp_path / "photo", form), more=["-XMP-dc:Description=A ✓ day"])
    assert read_keywords(tool, photo).caption == "A ✓ day"
    if form in {"JPEG", "TIFF"}:
        put(photo, more=["-XMP:all=", "-IPTC:Caption-Abstract=Land"])
        assert read_keywords(tool, photo).caption == "Land"


def test_a_sidecar_has_one(tool, tmp_path):
    put(make(tmp_path / "a.jpg"), more=["-o", tmp_path / "a.xmp", "-XMP-dc:Description=Sea"])
    assert read_sidecar(tool, tmp_path / "a.xmp").caption == "Sea"


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
def test_tags_beside_it_leave_it_alone(tool, tmp_path, form):
    more = ["-charset", "iptc=Latin", "-IPTC:Caption-Abstract=Café", "-EXIF:ImageDescription=Sea"]
    photo = put(make(tmp_path / "photo", form, exif=form == "JPEG"), more=more)
    before = read_keywords(tool, photo)
    after = write_copy(tool, photo, tmp_path / "tagged", before, plan(before, ["Day"], form))
    assert after.subject == ("Day",)
    assert before.caption == after.caption == "Café"


def test_no_caption_is_stored_with_what_was_written():
    """A journal of half a million photos needs none of theirs: we write none."""
    stored = json.loads(json.dumps(Keywords(caption="long", subject=("a",)).to_json()))
    assert Keywords.from_json(stored) == Keywords(subject=("a",))


@pytest.mark.parametrize(
    "text", ["\ud800", "\udfff x", "\x1b[31m\x07\0", "\u202e\u2028\ufeff\ufffe", "𝄞" * 3]
)
def test_hostile_characters_are_text(tool, tmp_path, text):
    raw = text.encode(errors="surrogatepass")
    for some in (in_iptc(raw, UTF8), in_exif(raw + b"x\0"), xmp(_written(text))):
        caption = both(tool, write(tmp_path / "a.jpg", some))
        assert caption is None or caption.encode()


def _written(text: str) -> str:
    item = "".join(f"&#{ord(character)};" for character in text)
    return alternatives(("x-default", "TEXT")).replace("TEXT", item)


def test_a_caption_of_megabytes_is_read(tool, tmp_path):
    text = "A very long day\n" * 200_000
    (tmp_path / "text").write_text(text)
    photo = put(make(tmp_path / "a.png", "PNG"), more=[f"-XMP-dc:Description<={tmp_path / 'text'}"])
    assert read_keywords(tool, photo).caption == text.rstrip()


TEXTS = st.one_of(
    st.sampled_from(["", " ", "Day", "a\nb", "a\r\nb", " Café ", "a description of it", "\0", "€"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
)
LANGUAGES = st.sampled_from(["x-default", "x-default", "X-Default", "de", "en-US", "", "a b"])
BYTES = st.one_of(
    TEXTS.map(str.encode),
    st.binary(max_size=6),
    st.sampled_from([b"a\0b", b"Caf\xe9", b"Caf\xe9 \0", b"OK  \0\0", b"\xff\xfea\0"]),
)
WRITTEN = st.one_of(
    st.builds(
        alternatives,
        st.tuples(LANGUAGES, TEXTS),
        kind=st.sampled_from(["Alt", "Alt", "Bag", "Seq"]),
    ),
    st.builds(alternatives, st.tuples(LANGUAGES, TEXTS), st.tuples(LANGUAGES, TEXTS)),
    st.sampled_from(
        [
            "<dc:description>plain</dc:description>",
            "<dc:Description>another case</dc:Description>",
            "<mine:description>not it</mine:description>",
            "<dc:description><rdf:Alt><rdf:li>no language</rdf:li></rdf:Alt></dc:description>",
            "<dc:description><rdf:Description><mine:a>b</mine:a></rdf:Description></dc:description>",
            f'<rdf:description xmlns:rdf="{SPACES["dc"]}">in disguise</rdf:description>',
            f'<rdf:Description xmlns:rdf="{SPACES["dc"]}">in disguise</rdf:Description>',
            "<xmpMM:DerivedFrom rdf:parseType='Resource'>"
            + alternatives(("x-default", "inner"))
            + "</xmpMM:DerivedFrom>",
        ]
    ),
)
USUAL = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"]) | st.just("\n"),
    max_size=12,
)
SEGMENTS = st.one_of(
    USUAL.map(in_xmp),
    USUAL.map(lambda text: in_iptc(text.encode(), UTF8)),
    USUAL.map(lambda text: in_exif(text.encode() + b"\0")),
    st.builds(
        xmp,
        st.lists(WRITTEN, max_size=2).map("".join),
        attributes=st.sampled_from(["", "", ' dc:description="x"', ' mine:description="x"']),
    ),
    st.builds(in_iptc, BYTES, st.sampled_from([b"", UTF8, dataset(2, 25, b"a")])),
    st.builds(in_iptc, BYTES, BYTES.map(lambda value: dataset(2, 120, value))),
    st.builds(in_exif, BYTES),
    st.builds(
        in_exif,
        BYTES,
        kind=st.sampled_from([1, 2, 3, 7, 13, 129]),
        size=st.sampled_from([None, 0, 3, 4, 5, 200]),
        offset=st.sampled_from([0, 4, 8, 26, 27, 1 << 31]),
    ),
    st.builds(two_directories, st.sampled_from([None, 0x8769, 0x8825]), st.just(0x010E), BYTES),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(SEGMENTS, min_size=1, max_size=2))
@example([in_exif(b"Sea\0"), in_xmp("Sky & more")])
def test_the_plain_reader_says_what_exiftool_says_or_nothing(tool, tmp_path, some):
    both(tool, write(tmp_path / "a.jpg", *some))

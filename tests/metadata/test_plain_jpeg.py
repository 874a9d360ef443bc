"""What is read without ExifTool is what ExifTool reads; everything doubtful is left to it."""

import os
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.formats import read_plain
from tagonaut.metadata.keywords import ask, read_keywords, read_many
from tests.metadata.jpegs import (
    EXIF,
    JPEG,
    SPACES,
    dataset,
    listed,
    photoshop,
    resource,
    segment,
    two_directories,
    write,
    xmp,
)
from tests.metadata.pictures import exiftool, make, put

FIELDS = (
    *("dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList"),
    *("MicrosoftPhoto:LastKeywordXMP", "tagonaut:scores"),
)

words = st.lists(
    st.one_of(
        st.sampled_from(
            ["Day", "Night & fog", "a|b", "é", "5 €", " x", "", "a;b", "1e5", "''", "💥"]
        ),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    ),
    max_size=4,
)
texts = st.sampled_from([5, 12, 25, 25, 25, 40, 80, 105, 120, 187])
values = st.one_of(
    st.sampled_from([b"Day", b"Caf\xc3\xa9", b"Caf\xe9", b" x ", b"", b"a\0", b"a\r\nb", b"\x01"]),
    st.binary(max_size=5),
)
datasets = st.one_of(
    st.builds(dataset, st.just(2), texts, values),
    st.builds(
        dataset, st.sampled_from([1, 2, 3]), st.sampled_from([0, 10, 55, 60, 90, 99]), values
    ),
    st.just(dataset(1, 90, b"\x1b%G")),
    st.sampled_from([dataset(2, 0, b"\0\4"), dataset(1, 0, b"\0\4"), dataset(2, 55, b"20170624")]),
    st.sampled_from([b"\0\0\0", b"\x1c\2\x19\x80\4\0\0\0\1a", b"\x1c\2", b"x"]),
)
iptc = st.lists(datasets, max_size=5).map(b"".join)
HIDDEN = xmp(listed("dc:subject", ["hidden"]))[33:]
resources = st.one_of(
    st.builds(resource, st.just(0x0404), iptc),
    st.builds(resource, st.just(0x0404), iptc, st.sampled_from([b"", b"a", b"ab"])),
    st.builds(resource, st.just(0x0425), st.binary(min_size=15, max_size=16)),
    st.just(resource(0x03ED, bytes(16))),
    st.sampled_from([0x0422, 0x0423, 0x0424]).map(lambda number: resource(number, HIDDEN)),
    st.just(b"8BIM\4"),
)
kinds = st.sampled_from(["Bag", "Seq", "Alt"])
inside = st.one_of(
    st.builds(listed, st.sampled_from(FIELDS), words, kinds),
    st.builds(listed, st.sampled_from(["mine:subject", "xmpMM:TagsList", "xmpMM:Other"]), words),
    st.sampled_from(
        [
            "<dc:subject>plain</dc:subject>",
            "<dc:subject><rdf:Bag/></dc:subject>",
            "<lr:hierarchicalSubject><rdf:Bag/></lr:hierarchicalSubject>",
            '<dc:subject><rdf:Alt><rdf:li xml:lang="x-default">a</rdf:li></rdf:Alt></dc:subject>',
            '<dc:subject rdf:parseType="Resource"><mine:a>b</mine:a></dc:subject>',
            "<dc:subject><rdf:Bag><rdf:li>a<mine:b/></rdf:li></rdf:Bag></dc:subject>",
            "<dc:subject><rdf:Bag><rdf:li>a</rdf:li><!-- b --></rdf:Bag></dc:subject>",
            "<dc:subject><rdf:Bag><rdf:li><![CDATA[a&b]]></rdf:li></rdf:Bag></dc:subject>",
            "<dc:subject><rdf:Bag><rdf:li>a&#13;b</rdf:li></rdf:Bag></dc:subject>",
            "<dc:subject>\n <rdf:Bag>\r\n  <rdf:li>a</rdf:li>\n </rdf:Bag></dc:subject>",
            "<xmpMM:DerivedFrom rdf:parseType='Resource'>"
            + listed("dc:subject", ["inner"])
            + "</xmpMM:DerivedFrom>",
            "<xmpMM:History><rdf:Seq><rdf:li mine:a='b'/></rdf:Seq></xmpMM:History>",
            f'<subject xmlns="{SPACES["dc"]}"><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></subject>',
            "<dc:subject><rdf:Bag><rdf:li>a<?x y?>b</rdf:li></rdf:Bag></dc:subject>",
        ]
    ),
)
packets = st.builds(
    xmp,
    st.lists(inside, max_size=3).map("".join),
    attributes=st.sampled_from(["", ' xmpMM:Other="x"', ' dc:subject="x"', ' mine:scores="x"']),
)
nested = st.builds(
    two_directories,
    st.sampled_from([None, 0x8769, 0x8825, 0xA005, 0x014A]),
    st.sampled_from([0x02BC, 0x83BB, 0x8649, 0x9C9E, 0x010E]),
    st.sampled_from(
        [HIDDEN, dataset(2, 25, b"hidden"), resource(0x0404, dataset(2, 25, b"hidden")), b"h\0i\0"]
    ),
)
segments = st.one_of(
    packets,
    nested,
    st.lists(resources, max_size=3).map(lambda some: photoshop(*some)),
    st.sampled_from(
        [
            segment(0xE1, EXIF),
            segment(0xE1, b"something else"),
            segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)),
            segment(0xE2, b"ICC_PROFILE\0\1\1"),
            segment(0xED, b"Adobe_Photoshop2.5:\0"),
            segment(0xFE, b"a comment"),
            b"\xff",
        ]
    ),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(segments, max_size=4), st.sampled_from([b"", b"", b"\0", b"AXS!", JPEG]))
@example([xmp(listed("dc:subject", ["a & b", "é's"])), segment(0xE1, EXIF)], b"")
def test_it_says_what_exiftool_says_or_nothing(tool, tmp_path, some, end):
    photo = write(tmp_path / "a.jpg", *some, end=end)
    found = read_plain(photo)
    assert found is None or found == ask(tool, photo)


def test_what_people_have_is_plain(tool, tmp_path):
    photo = put(
        make(tmp_path / "a.jpg", exif=True),
        iptc=["Day", "Café"],
        subject=["Day", "Café", "it's <here>"],
        more=[
            *("-charset", "iptc=UTF8", "-IPTC:CodedCharacterSet=UTF8", "-IPTC:City=Orléans"),
            *("-IPTC:DateCreated=2017:06:24", "-XMP-lr:HierarchicalSubject=Time|Day"),
            *("-XMP-digiKam:TagsList=Time/Day", "-XMP-microsoft:LastKeywordXMP=Day"),
            *("-Photoshop:IPTCDigest=new", "-XMP-dc:Title=A day", "-EXIF:Artist=me"),
        ],
    )
    found = read_plain(photo)
    assert found == ask(tool, photo)
    assert (found.iptc, found.charset) == (("Day", "Café"), "UTF8")
    assert found.digest == found.true_digest is not None
    bare = make(tmp_path / "b.jpg")
    assert read_plain(bare) == ask(tool, bare) is not None


@pytest.mark.parametrize(
    "more", [["-XPKeywords=a;b"], ["-ExifIFD:UserComment=x", "-IPTC:CodedCharacterSet=ESC . A"]]
)
def test_what_is_rare_is_left_to_exiftool(tmp_path, more):
    assert read_plain(put(make(tmp_path / "a.jpg"), iptc=["a"], more=more)) is None


@pytest.mark.parametrize(
    "some",
    [
        two_directories(None, 0x02BC, HIDDEN),
        two_directories(0x8769, 0x02BC, HIDDEN),
        two_directories(0x014A, 0x010E, b"text"),
        photoshop(resource(0x0422, b"II*\0")),
        photoshop(resource(0x0424, HIDDEN)),
        photoshop(
            resource(0x0404, dataset(2, 105, b"\xc3") + dataset(2, 120, b"\xbc")),
        ),
        photoshop(
            resource(0x0404, dataset(2, 120, b"\xc3\xbc") + dataset(2, 120, b"u")),
        ),
        xmp(f'<subject xmlns="{SPACES["dc"]}"><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></subject>'),
        xmp("<dc:subject><rdf:Bag><rdf:li>a<?x y?>b</rdf:li></rdf:Bag></dc:subject>"),
        xmp(listed("dc:subject", ["a"]))
        .replace(b"x:xmpmeta", b"y:another")
        .replace(b":x=", b":y="),
    ],
)
def test_what_two_readers_may_see_differently_is_left_to_exiftool(tool, tmp_path, some):
    assert read_plain(write(tmp_path / "a.jpg", some)) is None


def test_usual_exif_is_plain(tool, tmp_path):
    """A thumbnail's directory, and those of Exif and GPS."""
    for pointer in (None, 0x8769, 0x8825):
        photo = write(tmp_path / "a.jpg", two_directories(pointer, 0x010E, b"text"))
        assert read_plain(photo) == ask(tool, photo) is not None


def test_a_photo_with_many_segments_is_read_where_keywords_are(tool, tmp_path, monkeypatch):
    """A scanner's profile of 20 MB is not read through, let alone copied for every segment."""
    profile = segment(0xE2, b"ICC_PROFILE\0" + bytes(65_000))
    photo = write(tmp_path / "a.jpg", *[profile] * 300, xmp(listed("dc:subject", ["a"])))
    taken = []
    pread = os.pread

    def counted(file: int, size: int, place: int) -> bytes:
        taken.append(size)
        return pread(file, size, place)

    monkeypatch.setattr(os, "pread", counted)
    assert read_plain(photo).subject == ("a",)
    assert sum(taken) < 1 << 18


def test_other_formats_and_damaged_files_are_left_to_exiftool(tmp_path):
    assert read_plain(make(tmp_path / "a.png", "PNG")) is None
    assert read_plain(tmp_path / "missing.jpg") is None
    whole = put(make(tmp_path / "a.jpg"), iptc=["a"], subject=["a"]).read_bytes()
    for size in range(0, len(whole) - 1, 7):
        (tmp_path / "b.jpg").write_bytes(whole[:size])
        assert read_plain(tmp_path / "b.jpg") is None


def test_plain_files_start_no_exiftool(tmp_path):
    photo = put(make(tmp_path / "a.jpg"), iptc=["a"], subject=["a"])
    nobody = Mock(spec=ExifTool)
    assert read_keywords(nobody, photo).iptc == ("a",)
    assert [found.iptc for _, found in read_many(nobody, [photo, photo])] == [("a",)] * 2
    assert nobody.mock_calls == []


def test_real_cameras_segments_do_not_hide_keywords(tool, tmp_path):
    """EXIF may hold a whole XMP packet or IPTC record, too."""
    photo = make(tmp_path / "a.jpg", exif=True)
    exiftool("-q", "-overwrite_original", "-IFD0:ApplicationNotes<=", photo)
    tiff = b"MM\0*\0\0\0\x08\0\1\x83\xbb\0\7\0\0\0\4abcd\0\0\0\0"
    hidden = write(tmp_path / "b.jpg", segment(0xE1, b"Exif\0\0" + tiff))
    assert read_plain(hidden) is None

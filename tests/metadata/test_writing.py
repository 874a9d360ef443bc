import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.metadata.writing import write_copy
from tests.metadata.pictures import (
    FORMATS,
    MAKER_NOTE,
    exiftool,
    iptc_of,
    make,
    noise,
    pixels_of,
    put,
    subject_of,
)

NASTY = [
    "plain",
    "-overwrite_original",
    "a\nb",
    "tab\tand\rreturn",
    "  space around  ",
    "&amp; <b> \"quoted\" 'single' \\n",
    "#[CSTR]x",
    "@x",
    "-IPTC:Keywords=",
    "007",
    "true",
    "a;b,c|d",
    "$(x) %d ${y}",
    "Ψ 💥 é",
    "é" * 32,
    "é" * 33,
    "\u2028\u00a0\u200d",
    "=",
    "<",
]


def write(tool, photo: Path, tags, **named) -> tuple[Path, Keywords, Keywords]:
    before = read_keywords(tool, photo)
    target = photo.with_name("tagged")
    target.unlink(missing_ok=True)
    change = plan(before, tags, recognise(photo), **named)
    after = write_copy(tool, photo, target, before, change)
    return target, before, after


def unwrite(tool, tagged: Path, *writes) -> tuple[Path, Keywords]:
    target = tagged.with_name("untagged")
    target.unlink(missing_ok=True)
    current = read_keywords(tool, tagged)
    return target, write_copy(tool, tagged, target, current, restore(current, writes))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_takes_nasty_keywords_and_gives_them_back(tool, tmp_path, form):
    photo = make(tmp_path / "photo", form)
    tagged, before, after = write(tool, photo, NASTY)
    assert after.subject == tuple(NASTY)
    if form in {"JPEG", "TIFF"}:
        short = [word for word in NASTY if len(word.encode()) <= 64]
        assert after.iptc == tuple(short)
        assert iptc_of(tagged) == [word.encode() for word in short]
    else:
        assert after.iptc is None
    if form != "GIF":  # Pillow does not read XMP there
        assert subject_of(tagged) == [word.replace("\r", "\n") for word in NASTY]
    assert pixels_of(tagged) == pixels_of(photo)
    untagged, again = unwrite(tool, tagged, (before, after))
    assert again == before
    assert pixels_of(untagged) == pixels_of(photo)
    if form in {"JPEG", "PNG", "WebP"}:
        # Nothing of ours remains: not one byte.
        assert untagged.read_bytes() == photo.read_bytes()


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], max_codepoint=0x1FFFF), min_size=1, max_size=40
)
# Words that a field can hold at all, so that ExifTool can be made to put them there.
IN_XMP = (TEXT | st.sampled_from(NASTY)).filter(lambda word: not any(map(unholdable, word)))
IN_IPTC = TEXT.filter(lambda word: len(word.encode()) <= 64 and not word.endswith("\0"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    form=st.sampled_from(["JPEG", "PNG", "TIFF", "GIF"]),
    iptc=st.lists(IN_IPTC, max_size=3),
    charset=st.sampled_from(["utf8", "latin", "declared"]),
    subject=st.lists(IN_XMP, max_size=3),
    runs=st.lists(st.lists(TEXT | st.sampled_from(NASTY), max_size=3), min_size=1, max_size=2),
)
def test_any_keywords_go_in_and_out(tool, tmp_path, form, iptc, charset, subject, runs):
    """Fields that disagree, then one or two runs' tags, then everything of ours is taken back.

    Promise: ExifTool sees only temporary names that Tagonaut made, and escaped values.
    """
    base = make(tmp_path / "photo", form)
    give(tool, base, iptc if form in {"JPEG", "TIFF"} else [], charset, subject)
    started = read_keywords(tool, base)
    assert started.subject == (tuple(subject) or None)
    writes = []
    for number, tags in enumerate(runs):
        before = read_keywords(tool, base)
        change = plan(before, tags, form)
        if not change.changes(before):
            continue
        target = tmp_path / f"run{number}"
        target.unlink(missing_ok=True)
        after = write_copy(tool, base, target, before, change)
        writes.insert(0, (before, after))
        base = target
        wanted = {tag for tag in tags if tag.strip() and not any(map(unholdable, tag))}
        assert wanted <= set(after.subject or ())
        assert not plan(after, tags, form).changes(after)
        most = Counter(before.subject or ()) | Counter(set(tags)) | Counter(before.iptc or ())
        assert not Counter(after.subject) - most
        assert not Counter(after.iptc) - most
    if writes:
        assert unwrite(tool, base, *writes)[1] == started


def give(tool, photo: Path, iptc, charset: str, subject) -> None:
    def escaped(word):
        return "".join(f"&#{ord(character)};" for character in word)

    words = [f"-IPTC:Keywords={escaped(word)}" for word in iptc]
    words += [f"-XMP-dc:Subject={escaped(word)}" for word in subject]
    words += ["-IPTC:CodedCharacterSet=UTF8"] if iptc and charset == "declared" else []
    code = "iptc=Latin" if charset == "latin" else "iptc=UTF8"
    if words:
        with tool.names([photo]) as (name,):
            tool.execute(["-E", "-charset", code, *words, "-overwrite_original_in_place", name])


def unholdable(character: str) -> bool:
    return (character < " " and character not in "\t\n\r") or character in "\ufffe\uffff"


def test_characters_that_xmp_cannot_hold_break_nothing(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["a"])
    before = read_keywords(tool, photo)
    change = plan(before, ["b\0c", "\x01", "good"], "JPEG")
    assert len(change.notes) == 2
    after = write_copy(tool, photo, tmp_path / "tagged", before, change)
    assert after.iptc == after.subject == ("a", "good")


def test_control_characters_already_in_iptc_stay_there(tool, tmp_path):
    photo = make(tmp_path / "photo")
    exiftool("-q", "-overwrite_original", "-E", "-IPTC:Keywords=a&#1;b", photo)
    _, before, after = write(tool, photo, ["good"])
    assert before.iptc == ("a\x01b",)
    assert after.iptc == ("a\x01b", "good")
    assert after.subject == ("good",)


def test_tripled_keywords_and_an_empty_list_come_back(tool, tmp_path):
    photo = put(
        make(tmp_path / "photo"),
        iptc=["Aurora", "Movie"] * 3,
        more=["-XMP-dc:Subject^=", "-IPTCDigest=0123456789abcdef0123456789abcdef"],
    )
    tagged, before, after = write(tool, photo, ["Aurora", "Day"])
    assert after.iptc == after.subject == (*("Aurora", "Movie") * 3, "Day")
    printed = exiftool("-s3", "-IPTC:Keywords", "-XMP-dc:Subject", tagged).splitlines()
    assert printed[0] == printed[1]
    assert after.digest == after.true_digest
    _, again = unwrite(tool, tagged, (before, after))
    assert again == before
    assert again.subject == ()
    assert again.digest == "0123456789abcdef0123456789abcdef"


def test_a_repetition_that_we_copied_goes_and_the_first_one_stays(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["a", "b", "a"], subject=["a"])
    tagged, before, after = write(tool, photo, ["new"])
    assert after.subject == ("a", "b", "a", "new")
    assert unwrite(tool, tagged, (before, after))[1] == before


def test_latin_iptc_is_continued_in_latin(tool, tmp_path):
    """A keyword that XMP has too says that it is Latin."""
    photo = put(
        make(tmp_path / "photo"), iptc=["Café"], subject=["Café"], more=["-IPTC:City=Orléans"]
    )
    tagged, before, after = write(tool, photo, ["Nuée", "5 €", "Ψ"])
    assert iptc_of(tagged) == ["Café".encode("cp1252"), "Nuée".encode("cp1252"), b"5 \x80"]
    assert after.subject == ("Café", "Nuée", "5 €", "Ψ")
    # As everybody reads it, who takes undeclared text for Latin.
    assert exiftool("-s3", "-IPTC:City", "-IPTC:Keywords", tagged) == "Orléans\nCafé, Nuée, 5 €\n"
    assert unwrite(tool, tagged, (before, after))[1] == before


def test_undeclared_utf8_becomes_declared_and_undeclared_again(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["Café"], more=["-charset", "iptc=UTF8"])
    tagged, before, after = write(tool, photo, ["Ψ"])
    assert (before.charset, after.charset) == (None, "UTF8")
    assert exiftool("-s3", "-IPTC:Keywords", "-XMP-dc:Subject", tagged) == "Café, Ψ\nCafé, Ψ\n"
    assert unwrite(tool, tagged, (before, after))[1] == before


def test_ascii_iptc_without_a_character_set_gets_one_only_when_needed(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["a"], more=["-IPTC:City=Paris"])
    assert write(tool, photo, ["b"])[2].charset is None
    tagged, before, after = write(tool, photo, ["é"])
    assert after.charset == "UTF8"
    assert exiftool("-s3", "-IPTC:City", "-IPTC:Keywords", tagged) == "Paris\na, é\n"
    assert unwrite(tool, tagged, (before, after))[1] == before


def test_iptc_that_a_person_filled_meanwhile_keeps_its_character_set(tool, tmp_path):
    tagged, before, after = write(tool, make(tmp_path / "photo"), ["Ours"])
    exiftool("-q", "-overwrite_original", "-IPTC:City=Orléans", tagged)
    untagged, again = unwrite(tool, tagged, (before, after))
    assert (again.iptc, again.subject, again.charset) == (None, None, "UTF8")
    assert exiftool("-s3", "-IPTC:City", untagged) == "Orléans\n"


def test_only_our_words_go_from_fields_that_a_person_changed(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["Old"], subject=["Old"])
    tagged, before, after = write(tool, photo, ["Ours", "Gone"])
    edit = [
        f"-{tag}{word}"
        for tag in ("IPTC:Keywords", "XMP-dc:Subject")
        for word in ("-=Gone", "+=Theirs")
    ]
    exiftool("-q", "-overwrite_original", *edit, tagged)
    _, again = unwrite(tool, tagged, (before, after))
    assert again.iptc == again.subject == ("Old", "Theirs")


def test_png_with_iptc_keeps_it_in_step(tool, tmp_path):
    photo = put(make(tmp_path / "photo.png", "PNG"), iptc=["a"], subject=["a"])
    tagged, before, after = write(tool, photo, ["é"])
    assert after.iptc == after.subject == ("a", "é")
    assert unwrite(tool, tagged, (before, after))[1] == before


def exif_of(path: Path) -> bytes:
    data = path.read_bytes()
    place = 2
    while data[place + 1] != 0xDA:
        (size,) = struct.unpack(">H", data[place + 2 : place + 4])
        if data[place + 4 : place + 10] == b"Exif\0\0":
            return data[place : place + size + 2]
        place += size + 2
    return b""


def test_exif_and_maker_notes_stay(tool, tmp_path):
    photo = make(tmp_path / "photo.jpg", exif=True)
    assert MAKER_NOTE in exif_of(photo)
    tagged, _, _ = write(tool, photo, NASTY)
    assert exif_of(tagged) == exif_of(photo)
    tiff = make(tmp_path / "photo.tif", "TIFF")
    exiftool("-q", "-overwrite_original", "-tagsfromfile", photo, "-Make", "-MakerNotes", tiff)
    tagged, _, _ = write(tool, tiff, NASTY)
    notes = exiftool("-b", "-Ricoh:all", tiff)
    assert notes
    assert exiftool("-b", "-Ricoh:all", tagged) == notes


def test_other_metadata_stays(tool, tmp_path):
    more = [
        "-XMP-xmp:Rating=4",
        "-XMP-dc:Title=A title",
        "-IPTC:Headline=A headline",
        "-XMP-lr:HierarchicalSubject=Surface|Volcano",
        "-Comment=A comment",
        "-XMP-iptcExt:Event=An event",
    ]
    photo = put(make(tmp_path / "photo.jpg", exif=True), more=more)
    shown = [
        "-a",
        "-G1",
        "-s",
        "-x",
        "System:all",
        "-x",
        "XMP:Subject",
        "-x",
        "XMP:HierarchicalSubject",
        "-x",
        "XMP:TagsList",
        "-x",
        "IPTC:Keywords",
        "-x",
        "XMPToolkit",
        "-x",
        "FileType",
        "-x",
        "CodedCharacterSet",
        "-x",
        "EnvelopeRecordVersion",
        "-x",
        "CurrentIPTCDigest",
    ]
    before = exiftool(*shown, photo)
    tagged, _, _ = write(tool, photo, ["Day"])
    assert exiftool(*shown, tagged) == before
    assert "A comment" in before
    assert "An event" in before


def test_pictures_behind_the_first_stay_where_the_index_says(tool, tmp_path):
    photo = tmp_path / "photo"
    noise(64).save(photo, "MPO", save_all=True, append_images=[noise(32, seed=1)])
    tagged, before, after = write(tool, photo, NASTY)
    with Image.open(tagged) as image:
        assert image.n_frames == 2
    assert pixels_of(tagged) == pixels_of(photo)
    untagged, _ = unwrite(tool, tagged, (before, after))
    assert untagged.read_bytes() == photo.read_bytes()


def test_a_wrong_suffix_does_not_matter(tool, tmp_path):
    photo = make(tmp_path / "really_a_png.jpg", "PNG")
    tagged, _, after = write(tool, photo, ["Day"])
    assert after.subject == ("Day",)
    assert recognise(tagged) == "PNG"


@pytest.mark.parametrize(
    ("form", "suffix", "reason"),
    [("BMP", "bmp", "BMP"), ("ICO", "jpg", "not a JPEG")],
)
def test_formats_without_a_place_for_keywords_are_refused(tmp_path, form, suffix, reason):
    photo = make(tmp_path / f"photo.{suffix}", form)
    with pytest.raises(MetadataError, match=reason):
        recognise(photo)


def test_a_field_that_reads_otherwise_than_it_was_written_is_noticed(tool, tmp_path, monkeypatch):
    """Promise: a new file is read back and checked before it replaces the old one."""
    photo = make(tmp_path / "photo")
    execute = tool.execute

    def forgetful(arguments, **named):
        return execute(
            [
                a
                for a in arguments
                if not a.startswith("-XMP-dc:Subject+=") and not a.startswith("-XMP-dc:Subject=")
            ],
            **named,
        )

    monkeypatch.setattr(tool, "execute", forgetful)
    with pytest.raises(MetadataError, match="did not read back as written"):
        write(tool, photo, ["Day"])


def test_a_picture_that_would_change_is_noticed(tool, tmp_path, monkeypatch):
    """Promise: a photo's pixels never change, whatever its format."""
    photo = make(tmp_path / "photo")
    execute = tool.execute

    def careless(arguments, **named):
        answer = execute(arguments, **named)
        if "-o" in arguments:
            data = (tmp_path / "tagged").read_bytes()
            (tmp_path / "tagged").write_bytes(data[:-10] + b"x" + data[-9:])
        return answer

    monkeypatch.setattr(tool, "execute", careless)
    with pytest.raises(MetadataError, match="more than metadata: the scans"):
        write(tool, photo, ["Day"])


def test_a_file_that_exiftool_refuses_says_why(tool, tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(b"\xff\xd8\xff\xe1\0\x10Exif\0\0broken")
    with pytest.raises(MetadataError) as caught:
        write(tool, photo, ["Day"])
    assert "\n" not in str(caught.value)
    assert "link" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["iss040e116901", "iss052e006649", "iss052e072152", "iss053e003185", "iss053e120369"]
)
def test_real_photos_come_back_to_the_very_fields(tool, shared, tmp_path, name):
    """Promise: a current IPTCDigest stays current, a stale one stale unless IPTC and XMP agree."""
    original = shared("data/iss/photos") / f"{name}.jpg"
    photo = tmp_path / "photo"
    photo.write_bytes(original.read_bytes())
    tagged, before, after = write(tool, photo, ["Day", "Café"])
    assert after.iptc == after.subject
    assert after.iptc[: len(before.iptc)] == before.iptc
    assert after.digest == after.true_digest
    assert exif_of(tagged) == exif_of(photo)
    untagged, again = unwrite(tool, tagged, (before, after))
    assert again == before
    check_pixels(photo, untagged)
    assert photo.read_bytes() == original.read_bytes()

"""Photos whose IPTC is not one block where everybody looks for it: people's words stay in each."""

import json
import struct
from hashlib import md5
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import IptcBlocks, Keywords
from tagonaut.metadata.formats import read_plain, recognise
from tagonaut.metadata.iptc import parse
from tagonaut.metadata.keywords import ask, read_keywords, read_many
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.unchanged import check_iptc, check_pixels
from tagonaut.metadata.writing import write_copy
from tests.metadata.jpegs import dataset, listed, photoshop, resource, segment, write, xmp
from tests.metadata.pictures import exiftool, make, noise, pixels_of, put

CAPTION = dataset(2, 120, b"A long caption")
THEIRS = dataset(2, 0, b"\0\4") + dataset(2, 25, b"Forum") + dataset(2, 80, b"Anna") + CAPTION
OTHERS = dataset(2, 25, b"Rome") + dataset(2, 25, b"Caf\xe9")
# Where in a TIFF are IPTC, and Photoshop's resources.
_IPTC, _PHOTOSHOP = 0x83BB, 0x8649
INDEX = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<HHHI4sI", 1, 0xB001, 4, 1, b"\2\0\0\0", 0)


def iptc(*blocks: bytes) -> bytes:
    return photoshop(*(resource(0x0404, block) for block in blocks))


def tiff(path: Path, **tags: bytes) -> Path:
    """A TIFF with IPTC in its tag, in Photoshop's resources, or both."""
    info = {}
    if "tag" in tags:
        info[_IPTC] = tags["tag"]
    if "resources" in tags:
        info[_PHOTOSHOP] = tags["resources"]
    noise(16).save(path, "TIFF", tiffinfo=info)
    return path


def trailer(block: bytes) -> bytes:
    """A trailer as FotoStation writes it."""
    return block + struct.pack(">HI4s", 1, len(block) + 10, b"\xa1\xb2\xc3\xd4")


def concatenated(start: int, block: bytes) -> bytes:
    """A trailer of the AXS File Concatenation Protocol at that place of a file."""
    text = b"some more text"
    head = b"AXS!" + struct.pack(">HHI", 0x100, 2, 0)
    parts = struct.pack(
        ">4sII4sII", b"IPTC", len(block), start + 36, b"TEXT", len(text), start + 36 + len(block)
    )
    return head + parts + block + text + b"AXS!" + struct.pack(">II", start, 0)


def with_trailer(path: Path, *segments: bytes, afcp: bool = False) -> Path:
    write(path, *segments)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(concatenated(size, THEIRS) if afcp else trailer(THEIRS))
    return path


ODD = {
    "two APP13": lambda path: write(path, iptc(THEIRS), iptc(OTHERS)),
    "two resources": lambda path: write(path, iptc(THEIRS, OTHERS)),
    "three blocks": lambda path: write(path, iptc(THEIRS, OTHERS), iptc(OTHERS)),
    "TIFF, resources alone": lambda path: tiff(path, resources=resource(0x0404, THEIRS)),
    "TIFF, both": lambda path: tiff(path, tag=CAPTION, resources=resource(0x0404, THEIRS)),
    "FotoStation": with_trailer,
    "FotoStation and APP13": lambda path: with_trailer(path, iptc(OTHERS)),
    "AFCP": lambda path: with_trailer(path, afcp=True),
    "AFCP and APP13": lambda path: with_trailer(path, iptc(OTHERS), afcp=True),
    "behind an index": lambda path: write(path, xmp(""), segment(0xE2, INDEX), iptc(THEIRS)),
    "damaged": lambda path: write(path, iptc(THEIRS + b"\x1c\2")),
    "garbage behind": lambda path: write(path, iptc(THEIRS + b"more")),
}


def everything(path: Path) -> dict[str, object]:
    """All metadata that ExifTool sees, by group, but for places and sizes in the file."""
    found = json.loads(exiftool("-a", "-u", "-n", "-b", "-j", "-G1:4", "-ee", path))[0]
    left_out = ("System:", "SourceFile", "ExifTool:", "Composite:", "XMP-x:")
    return {
        key: value
        for key, value in found.items()
        if not key.startswith(left_out)
        and not key.endswith(("FileSize", "Offsets", "Start", "IPTC-NAA"))
    }


@pytest.mark.parametrize("kind", ODD)
def test_every_block_of_iptc_is_read_kept_and_given_back(tool, tmp_path, kind):
    """Promise: IPTC that stands in several places stays as it is, and a message says so."""
    photo = ODD[kind](tmp_path / "photo")
    before = read_keywords(tool, photo)
    assert "Forum" in before.tags()
    seen = everything(photo)
    change = plan(before, ["Day", "Ψ"], recognise(photo))
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, change)
    assert {"Forum", "Day", "Ψ"} <= {*after.subject}
    assert any("XMP alone" in note for note in change.notes)
    now = everything(tagged)
    subject = now.pop("XMP-dc:Subject")
    assert {"Forum", "Day", "Ψ"} <= {*subject}
    assert now == seen
    assert pixels_of(tagged) == pixels_of(photo)
    assert not plan(after, ["Day", "Ψ"], recognise(photo)).changes(after)
    untagged = tmp_path / "untagged"
    write_copy(tool, tagged, untagged, after, restore(after, [(before, after)]))
    assert everything(untagged) == seen
    if not kind.startswith("TIFF") and "AFCP" not in kind and kind != "behind an index":
        assert untagged.read_bytes() == photo.read_bytes()


def test_words_of_further_blocks_are_copied_as_far_as_they_can_be_known(tool, tmp_path):
    photo = write(tmp_path / "photo", iptc(THEIRS, OTHERS))
    before = read_keywords(tool, photo)
    change = plan(before, ["Day"], "JPEG")
    assert change.subject == ("Forum", "Rome", "Day")
    assert any("--iptc-charset" in note for note in change.notes)
    named = plan(before, ["Day"], "JPEG", iptc_charset="cp1252")
    assert named.subject == ("Forum", "Rome", "Café", "Day")


def test_a_sidecar_gets_the_words_of_every_block(tool, tmp_path):
    embedded = read_keywords(tool, write(tmp_path / "photo", iptc(THEIRS, OTHERS)))
    change = plan(Keywords(), ["Day"], "XMP", embedded=embedded)
    assert change.subject == ("Forum", "Rome", "Day")


@pytest.mark.parametrize(
    "name", ["d1-graphicsmagick.tif", "d1-iptc-in-irb-only.tif", "d1-two-app13.jpg"]
)
def test_odd_photos_keep_people_s_words(tool, shared, tmp_path, name):
    photo = shared("data/odd-photos") / name
    before, seen = read_keywords(tool, photo), everything(photo)
    after = write_copy(
        tool, photo, tmp_path / "tagged", before, plan(before, ["Day"], recognise(photo))
    )
    assert {"Forum", "Day"} <= {*after.subject}
    write_copy(
        tool, tmp_path / "tagged", tmp_path / "back", after, restore(after, [(before, after)])
    )
    assert everything(tmp_path / "back") == seen


def test_a_further_block_that_changed_is_noticed():
    before = Keywords(blocks=IptcBlocks(THEIRS, (OTHERS,)))
    check_iptc(before, before, None)
    for blocks in (IptcBlocks(THEIRS, (THEIRS,)), IptcBlocks(OTHERS, (OTHERS,)), IptcBlocks()):
        with pytest.raises(MetadataError, match="--sidecar"):
            check_iptc(before, Keywords(blocks=blocks), None)
    with pytest.raises(MetadataError, match="--sidecar"):
        check_iptc(before, before, OTHERS)


def test_every_data_set_but_keywords_stays_byte_for_byte(tool, tmp_path):
    """Also those that ExifTool would leave out, reorder, or has no name for."""
    odd = (
        dataset(2, 231, b"history")
        + dataset(2, 25, b"Forum")
        + dataset(2, 203, b"Custom Field")
        + dataset(2, 120, b"one")
        + dataset(2, 120, b"two\0")
        + b"\x1c\2\x69\x80\4\0\0\0\5Title"
        + dataset(3, 20, b"\0\1")
        + dataset(240, 1, b"?")
    )
    photo = write(tmp_path / "photo", iptc(odd))
    before = read_keywords(tool, photo)
    after = write_copy(tool, photo, tmp_path / "tagged", before, plan(before, ["Day"], "JPEG"))
    assert after.iptc == ("Forum", "Day")
    sets = [one.raw for one in parse(after.blocks.main).sets]
    assert sets[2] == dataset(2, 25, b"Day")
    assert b"".join([*sets[:2], *sets[3:]]) == odd
    untagged = tmp_path / "untagged"
    write_copy(tool, tmp_path / "tagged", untagged, after, restore(after, [(before, after)]))
    assert untagged.read_bytes() == photo.read_bytes()


@pytest.mark.parametrize(
    "block",
    [
        dataset(1, 90, b"\x1b%G") + dataset(1, 0, b"\0\4") + dataset(2, 0, b"\0\2"),
        dataset(2, 0, b"\0\2"),
        dataset(1, 90, b"\x1b%G"),
        dataset(1, 0, b"\0\4"),
        dataset(2, 0, b"\0\4") + bytes(3),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_a_block_without_words_comes_back_with_its_digest(tool, tmp_path, form, block):
    """Promise: a current IPTCDigest stays current, a stale one stale unless IPTC and XMP agree."""
    photo = tmp_path / "photo"
    if form == "JPEG":
        write(photo, iptc(block))
    else:
        tiff(photo, tag=block + bytes(-len(block) % 4))
    exiftool("-q", "-overwrite_original", "-Photoshop:IPTCDigest=new", photo)
    before = read_keywords(tool, photo)
    assert before.digest == before.true_digest is not None
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, plan(before, ["Day"], form))
    assert after.digest == after.true_digest
    printed = exiftool("-s3", "-Photoshop:IPTCDigest", "-CurrentIPTCDigest", tagged).split()
    assert printed[0] == printed[1]
    untagged = tmp_path / "untagged"
    write_copy(tool, tagged, untagged, after, restore(after, [(before, after)]))
    assert everything(untagged) == everything(photo)


def test_d8_comes_back_byte_for_byte(tool, shared, tmp_path):
    photo = shared("data/odd-photos") / "d8-version-only-iptc.jpg"
    before = read_keywords(tool, photo)
    after = write_copy(tool, photo, tmp_path / "tagged", before, plan(before, ["Day"], "JPEG"))
    assert after.iptc == ("Day",)
    write_copy(
        tool, tmp_path / "tagged", tmp_path / "back", after, restore(after, [(before, after)])
    )
    assert (tmp_path / "back").read_bytes() == photo.read_bytes()


STALE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("in_iptc", "in_xmp", "agree"),
    [
        ([], [], True),
        (["-IPTC:Caption-Abstract=new"], ["-XMP-dc:Description=old"], False),
        (["-IPTC:Caption-Abstract=new"], [], False),
        ([], ["-XMP-dc:Description=old"], False),
        (["-IPTC:Caption-Abstract=same"], ["-XMP-dc:Description=same"], True),
        (["-IPTC:By-line=A", "-IPTC:By-line=B"], ["-XMP-dc:Creator=A", "-XMP-dc:Creator=B"], True),
        (["-IPTC:By-line=A", "-IPTC:By-line=B"], ["-XMP-dc:Creator=A"], False),
        (["-IPTC:City=Rome"], ["-XMP-photoshop:City=Ostia"], False),
        (["-IPTC:ObjectName=" + "x" * 64], ["-XMP-dc:Title=" + "x" * 70], True),
        (
            ["-IPTC:DateCreated=2017:06:24", "-IPTC:TimeCreated=10:00:00+02:00"],
            ["-XMP-photoshop:DateCreated=2017:06:24 10:00:00+02:00"],
            True,
        ),
        (["-IPTC:DateCreated=2017:06:24"], ["-XMP-photoshop:DateCreated=2016:01:01"], False),
        (["-IPTC:SpecialInstructions=no"], ["-XMP-photoshop:Instructions=no"], True),
    ],
)
def test_a_stale_digest_stays_so_unless_all_fields_agree(tool, tmp_path, in_iptc, in_xmp, agree):
    """Promise: a current IPTCDigest stays current, a stale one stale unless IPTC and XMP agree."""
    more = [*in_iptc, *in_xmp, f"-Photoshop:IPTCDigest={STALE}"]
    photo = put(make(tmp_path / "photo"), iptc=["a"], subject=["a"], more=more)
    before = read_keywords(tool, photo)
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, plan(before, ["Day"], "JPEG"))
    assert after.iptc == after.subject == ("a", "Day")
    assert after.digest == (after.true_digest if agree else STALE)
    untagged = tmp_path / "untagged"
    again = write_copy(tool, tagged, untagged, after, restore(after, [(before, after)]))
    assert again == before
    assert again.digest == STALE


def test_readers_by_the_working_group_see_the_new_caption_still(tool, shared, tmp_path):
    """ExifTool reads as the Metadata Working Group says."""
    photo = shared("data/odd-photos") / "d3-stale-digest.jpg"
    before = read_keywords(tool, photo)
    tagged = tmp_path / "tagged"
    write_copy(tool, photo, tagged, before, plan(before, ["Day"], "JPEG"))
    shown = exiftool("-s3", "-MWG:Description", "-MWG:Keywords", tagged).splitlines()
    assert shown == ["NEW caption by a legacy program", "Day"]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("words", [["Day"], ["Da"]])
def test_a_padded_block_of_a_tiff_keeps_the_kind_of_its_digest(tool, tmp_path, padded, words):
    """Photoshop digests the block with its padding or without it; readers take either."""
    block = dataset(2, 0, b"\0\4") + dataset(2, 25, b"Rome!")
    photo = tiff(tmp_path / "photo", tag=block + bytes(-len(block) % 4))
    exiftool("-q", "-overwrite_original", "-Photoshop:IPTCDigest=new", photo)
    before = read_keywords(tool, photo)
    if not padded:
        digest = md5(block).hexdigest()
        exiftool("-q", "-overwrite_original", f"-Photoshop:IPTCDigest={digest}", photo)
        before = read_keywords(tool, photo)
    assert before.digest == before.true_digest
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, plan(before, words, "TIFF"))
    assert after.iptc == ("Rome!", *words)
    assert after.digest == after.true_digest
    if padded:
        printed = exiftool("-s3", "-Photoshop:IPTCDigest", "-CurrentIPTCDigest", tagged).split()
        assert printed[0] == printed[1]
    write_copy(tool, tagged, tmp_path / "back", after, restore(after, [(before, after)]))
    assert everything(tmp_path / "back") == everything(photo)


def test_d6_is_written_and_its_digest_is_current(tool, shared, tmp_path):
    photo = shared("data/odd-photos") / "d6-tiff-digest.tif"
    before = read_keywords(tool, photo)
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, plan(before, ["Day"], "TIFF"))
    assert after.iptc == after.subject == ("Rome", "Day")
    shown = exiftool("-s3", "-Photoshop:IPTCDigest", "-CurrentIPTCDigest", tagged).split()
    assert shown[0] == shown[1]


def test_blocks_are_the_same_by_either_reader(tool, tmp_path):
    photo = write(tmp_path / "a.jpg", iptc(THEIRS), xmp(listed("dc:subject", ["a"])))
    assert read_plain(photo).blocks == ask(tool, photo).blocks == IptcBlocks(THEIRS)


def test_other_resources_of_photoshop_are_compared(tool, tmp_path, monkeypatch):
    """A tool that drops a guide or a thumbnail is noticed, in JPEG and in TIFF."""
    kept = resource(0x03ED, bytes(16)) + resource(0x0404, THEIRS)
    lost = resource(0x0404, THEIRS)
    for form in ("JPEG", "TIFF"):
        one, other = tmp_path / f"one{form}", tmp_path / f"other{form}"
        for path, resources in ((one, kept), (other, lost)):
            if form == "JPEG":
                write(path, photoshop(resources))
            else:
                tiff(path, resources=resources)
        check_pixels(one, one)
        with pytest.raises(MetadataError, match="--sidecar"):
            check_pixels(one, other)


def test_a_picture_with_padding_that_other_programs_leave_keeps_it(tool, tmp_path):
    """iMatch ends a block with zeros."""
    photo = write(tmp_path / "photo", iptc(THEIRS + bytes(40)))
    before = read_keywords(tool, photo)
    after = write_copy(tool, photo, tmp_path / "tagged", before, plan(before, ["Day"], "JPEG"))
    assert after.iptc == ("Forum", "Day")
    assert after.blocks.main.endswith(bytes(40))
    back = tmp_path / "back"
    write_copy(tool, tmp_path / "tagged", back, after, restore(after, [(before, after)]))
    assert back.read_bytes() == photo.read_bytes()
    with Image.open(BytesIO(back.read_bytes())) as image:
        image.load()


def test_the_parts_of_iptc_and_of_resources_are_counted(tool, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGONAUT_MAX_PARTS", "1000")
    many = dataset(2, 25, b"") * 2000
    good, bad = write(tmp_path / "good", iptc(THEIRS)), write(tmp_path / "bad", iptc(many))
    found = [fields for _, fields in read_many(tool, [good, bad, good])]
    assert [getattr(fields, "iptc", None) for fields in found] == [("Forum",), None, ("Forum",)]
    assert "its parts are over the limit" in str(found[1])
    photo = write(tmp_path / "photo", photoshop(resource(0x03ED, b"") * 2000))
    with pytest.raises(MetadataError, match="its parts are over the limit"):
        check_pixels(photo, photo)

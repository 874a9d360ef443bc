import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tagonaut.errors import MetadataError
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.metadata.writing import write_copy
from tests.metadata.pictures import exiftool, make, noise, pixels_of

pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC is drawn by pillow-heif")


@pytest.fixture
def rich(tmp_path):
    """A HEIC with EXIF, XMP, a colour profile and a second picture, as phones have them."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9C9E] = "RICOH", "Sea;b".encode("utf-16-le") + b"\0\0"
    pillow_heif.register_heif_opener()
    named = {"exif": exif.tobytes(), "icc_profile": None, "save_all": True}
    path = tmp_path / "rich.heic"
    noise(64).save(path, "HEIF", append_images=[noise(40, seed=1)], **named)
    exiftool("-q", "-overwrite_original", "-XMP-dc:Title=A title", "-XMP-xmp:Rating=3", path)
    return path


def test_tags_go_in_and_come_back(tool, tmp_path, rich):
    assert recognise(rich) == "HEIC"
    before = read_keywords(tool, rich)
    assert before.xp == ("Sea", "b")
    tagged = tmp_path / "tagged"
    change = plan(before, ["Night", "Tag 💥"], "HEIC")
    after = write_copy(tool, rich, tagged, before, change)
    assert after.subject == ("Sea", "b", "Night", "Tag 💥")
    assert after.xp == ("Sea", "b", "Night", "Tag 💥")
    assert after.iptc is None
    assert pixels_of(tagged) == pixels_of(rich)
    assert len(pixels_of(tagged)) == 2
    assert exiftool("-s3", "-Title", "-Rating", "-Make", tagged) == "A title\n3\nRICOH\n"
    untagged = tmp_path / "untagged"
    assert write_copy(tool, tagged, untagged, after, restore(after, [(before, after)])) == before
    assert pixels_of(untagged) == pixels_of(rich)


def test_xmp_of_another_picture_in_the_file_is_its_own(tool, tmp_path):
    path = tmp_path / "two.heic"
    file = pillow_heif.HeifFile()
    for number, words in enumerate(["first", "second"]):
        file.add_from_pillow(noise(64, seed=number))
        xmp = tmp_path / words
        exiftool("-q", f"-XMP-dc:Subject={words}", "-o", f"{xmp}.xmp")
        file[number].info["xmp"] = xmp.with_suffix(".xmp").read_bytes()
    file.save(path)
    before = read_keywords(tool, path)
    assert before.subject == ("first",)
    tagged = tmp_path / "tagged"
    after = write_copy(tool, path, tagged, before, plan(before, ["Night"], "HEIC"))
    assert after.subject == ("first", "Night")
    other = tmp_path / "other"
    other.write_bytes(path.read_bytes().replace(b"second", b"secure"))
    with pytest.raises(MetadataError, match="item"):
        check_pixels(path, other)
    other.write_bytes(path.read_bytes().replace(b"first", b"FIRST"))
    check_pixels(path, other)


def test_exif_counts_unless_keywords_are_in_it(tmp_path, rich):
    data = rich.read_bytes()
    other = tmp_path / "other"
    other.write_bytes(data.replace(b"RICOH", b"NIKON"))
    with pytest.raises(MetadataError, match="EXIF"):
        check_pixels(rich, other)
    check_pixels(rich, other, exif=False)


@pytest.mark.parametrize("form", ["HEIC", "AVIF"])
def test_what_is_said_about_the_picture_counts(tmp_path, form):
    """Promise: in other formats, everything that holds pixels stays byte-identical."""
    photo = make(tmp_path / "photo", form, size=64)
    data = photo.read_bytes()
    tagged = tmp_path / "tagged"
    exiftool("-q", "-XMP-dc:Subject=x", "-o", tagged, photo)
    check_pixels(photo, tagged)
    moved = tagged.read_bytes()
    for box in (b"ispe", b"pitm", b"ipma", b"ftyp", b"infe"):
        for whole in (data, moved):
            place = whole.index(box) + 9
            changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            (tmp_path / "other").write_bytes(changed)
            with pytest.raises(MetadataError):
                check_pixels(photo, tmp_path / "other")
    # The item's place one byte away from where its data is.
    place = moved.index(b"iloc")
    for shift in range(12, 26):
        changed = bytearray(moved)
        changed[place + shift] ^= 1
        (tmp_path / "other").write_bytes(changed)
        with pytest.raises(MetadataError):
            check_pixels(photo, tmp_path / "other")


def test_sequences_are_refused(tmp_path):
    photo = make(tmp_path / "photo", "AVIF")
    frames = tmp_path / "frames"
    noise().save(frames, "AVIF", save_all=True, append_images=[noise(seed=1)])
    with pytest.raises(MetadataError, match="sequence"):
        check_pixels(frames, frames)
    data = photo.read_bytes()
    photo.write_bytes(data + b"\0\0\0\x08moov")
    with pytest.raises(MetadataError, match="sequence"):
        check_pixels(photo, photo)


SAMPLES = {}


@settings(max_examples=80, deadline=None)
@given(form=st.sampled_from(["HEIC", "AVIF"]), data=st.data())
def test_damaged_files_never_do_more_than_be_refused(tmp_path_factory, form, data):
    folder = SAMPLES.setdefault("folder", tmp_path_factory.mktemp("heif"))
    if form not in SAMPLES:
        SAMPLES[form] = make(folder / form, form).read_bytes()
    content = bytearray(SAMPLES[form])
    for place in data.draw(st.lists(st.integers(0, 420), min_size=1, max_size=4)):
        content[min(place, len(content) - 1)] = data.draw(st.integers(0, 255))
    photo = folder / "photo"
    photo.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        check_pixels(photo, photo)
    except MetadataError as error:
        assert "\n" not in str(error)

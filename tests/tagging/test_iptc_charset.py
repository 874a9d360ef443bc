"""IPTC that does not say how it is encoded, tagged by a command that says it."""

import pytest

from tagonaut.errors import TagonautError
from tagonaut.metadata.iptc.charsets import latin
from tagonaut.metadata.keywords import read_keywords
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.metadata.pictures import exiftool
from tests.tagging.scorer import ByColour, colour, expected

WORDS = ("Москва", "Река")
# As bytes that say nothing of their encoding.
READ = tuple(latin(word.encode("koi8-r")) for word in WORDS)


@pytest.fixture
def photo(tmp_path):
    path = colour(tmp_path / "photos" / "a.jpg", "red")
    keywords = [f"-IPTC:Keywords={word}" for word in WORDS]
    exiftool("-q", "-overwrite_original", "-charset", "iptc=Cyrillic", *keywords, path)
    # ExifTool knows Windows' Cyrillic, and not KOI8-R.
    data = path.read_bytes()
    for word in WORDS:
        data = data.replace(word.encode("cp1251"), word.encode("koi8-r"))
    path.write_bytes(data)
    return path


def test_the_next_command_may_name_the_character_set(tool, photo):
    folder, tags = photo.parent, expected("red")
    before = photo.read_bytes()
    summary = tag_folder(ByColour(), folder, TagOptions(in_place=True))
    assert any("--iptc-charset" in note for note in summary.notes)
    found = read_keywords(tool, photo)
    assert found.subject == tags
    # Nobody knows which bytes "è" would be there.
    assert found.iptc == (*READ, *(tag for tag in tags if tag.isascii()))
    named = TagOptions(in_place=True, iptc_charset="KOI8-R")
    assert tag_folder(ByColour(), folder, named).written == 1
    assert read_keywords(tool, photo).subject == (*tags, *WORDS)
    assert tag_folder(ByColour(), folder, named).nothing_to_do == 1
    assert untag_folder(folder).failed == 0
    assert photo.read_bytes() == before


def test_a_character_set_that_nobody_knows_is_refused():
    for name in ("klingon", "zip", "", "koi8-r\0"):
        with pytest.raises(TagonautError, match="character set"):
            TagOptions(in_place=True, iptc_charset=name)


def test_the_command_line_takes_it(tagonaut, tmp_path):
    status, _, errors = tagonaut(
        "tag", tmp_path, tmp_path, "--in-place", "--iptc-charset", "klingon"
    )
    assert status == 2
    assert "klingon" in errors

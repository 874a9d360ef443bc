"""A write that a killed run began, and whose file somebody has changed since."""

import sqlite3

import pytest

from tagonaut.files.atomic import digest, stamp
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.journal import Journal, Write, journal_of
from tagonaut.tagging.journal.recovery import recover
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import edit, fields
from tests.tagging.scorer import ByColour, colour

SEA = ("-IPTC:Keywords=Sea", "-XMP-dc:Subject=Sea")
PATHS = ("-XMP-lr:HierarchicalSubject=Places|Sea",)
# What the write put there, and what somebody did then.
TWO = tuple(f"-{field}+={tag}" for field in ("IPTC:Keywords", "XMP-dc:Subject") for tag in "ab")
THEIRS = ("-IPTC:Keywords+=theirs", "-XMP-dc:Subject+=theirs")


@pytest.mark.parametrize(
    ("added", "since"),
    [
        # Flat fields that are as they were tell nothing.
        (("-XMP-lr:HierarchicalSubject+=a",), THEIRS),
        (("-XMP-lr:HierarchicalSubject+=a",), ("-XMP-dc:Subject-=Sea",)),
        # One of several tags that somebody took away since leaves the others ours.
        ((*TWO, "-XMP-lr:HierarchicalSubject+=a"), ("-XMP-dc:Subject-=b", "-IPTC:Keywords-=b")),
        # A program has dropped a field.
        ((*TWO, "-XMP-lr:HierarchicalSubject+=a"), ("-XMP-lr:HierarchicalSubject=",)),
        (TWO, THEIRS),
    ],
)
@pytest.mark.parametrize("killed", ["before", "behind"])
def test_its_fields_tell(tmp_path, tool, added, since, killed):
    """Promise: the journal knows which photos are tagged, and the next command continues there."""
    photo, tagged = (colour(tmp_path / name, "red") for name in ("a.jpg", "tagged.jpg"))
    for path in (photo, tagged):
        edit(path, *SEA, *PATHS)
    edit(tagged, *added)
    before, after = fields(tool, photo, tagged)
    if killed == "behind":
        photo.write_bytes(tagged.read_bytes())
    write = Write(
        path=b"a.jpg",
        run="run",
        source=stamp(photo),
        before=before,
        after=after,
        digest_before="0" * 64,
        digest_after=digest(tagged),
        tags={"a": 0.9},
    )
    edit(photo, *since)
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin(write)
        recover(journal, tmp_path, tool)
        assert journal.unfinished() == []
        assert bool(journal.writes(b"a.jpg")) == (killed == "behind")


@pytest.mark.parametrize("left", ["everything", "one word", "nothing"])
def test_taking_back_is_done_when_nothing_is_left(tmp_path, tool, left):
    photo, bare = (colour(tmp_path / name, "red") for name in ("a.jpg", "bare.jpg"))
    edit(photo, *SEA, *TWO)
    edit(bare, *SEA)
    before, after = fields(tool, photo, bare)
    write = Write(
        b"a.jpg", None, stamp(photo), before, after, digest(photo), digest(bare), taken=("a", "b")
    )
    if left != "everything":
        edit(photo, "-IPTC:Keywords=Sea", "-XMP-dc:Subject=Sea", "-XMP-xmp:Rating=3")
    if left == "one word":
        edit(photo, "-XMP-dc:Subject+=b")
    edit(photo, "-XMP-xmp:Label=theirs")
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin(write)
        recover(journal, tmp_path, tool)
        assert journal.unfinished() == []
        assert bool(journal.last_digest(b"a.jpg")) == (left == "nothing")


class Killed(BaseException):
    pass


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("edited", [False, True])
def test_an_old_copy_is_not_taken_for_the_new_one(tmp_path, tool, monkeypatch, version, edited):
    """Promise: a kill at any instant leaves every photo as it was or completely tagged."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    photo, copy = colour(photos / "a.jpg", "red"), out / "a.jpg"
    tag_folder(ByColour(), photos, TagOptions(to=out))
    old = copy.read_bytes()
    colour(photo, "red", size=32)

    def killed(*paths):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, "take_place", killed)
        with pytest.raises(Killed):
            tag_folder(ByColour(), photos, TagOptions(to=out))
    if version == 2:
        with sqlite3.connect(journal_of(out)) as database:
            database.execute("UPDATE writes SET digest_there = NULL, pixels = NULL")
        database.close()
    if edited:
        edit(copy, "-XMP-xmp:Rating=3")
        edited_copy = copy.read_bytes()
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    if edited:
        assert summary.failed == 1
        assert copy.read_bytes() == edited_copy
    else:
        assert summary.written == 1
        assert copy.read_bytes() != old
        check_pixels(photo, copy)
        assert tag_folder(ByColour(), photos, TagOptions(to=out)).nothing_to_do == 1

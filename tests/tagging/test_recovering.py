"""A write that a killed run began, and whose file somebody has changed since."""

import pytest

from tagonaut.tagging.journal import Journal
from tagonaut.tagging.records import Write
from tagonaut.tagging.recovering import recover
from tagonaut.tagging.replacing import digest, stamp

from .folders import edit, fields
from .scorer import colour

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
    """Promise: the journal knows which photos are tagged, and the next run goes on from there."""
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

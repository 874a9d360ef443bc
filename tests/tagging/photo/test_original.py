"""Untagging gives back the very file, wherever nobody touched it since."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.journal import journal_of, open_locked
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.photo import tag_photo
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.metadata.pictures import FORMATS, make, put
from tests.tagging.folders import WITHOUT_SOURCES, contents, edit, fields, leftovers
from tests.tagging.scorer import ByColour, colour

IN_PLACE = TagOptions(in_place=True)
ALL = ("red", "green", "blue")
# Every picture gets the first of these tags.
SECOND = ByColour("run-2", ("one", "two", "three", "four"))
# What programs leave: keywords in many fields, padding, a digest, other metadata around it.
FULL = (
    "-XMP-lr:HierarchicalSubject=Place|Paris",
    "-XMP-dc:Title=A title",
    "-XMP-xmp:Rating=3",
    "-XPKeywords=old",
    "-Comment=hello",
    "-XMP-photoshop:Instructions=" + "x" * 3000,
)


def deltas(journal) -> list[int]:
    """The sizes of the deltas that a journal keeps."""
    with closing(sqlite3.connect(journal)) as database:
        return [size for (size,) in database.execute("SELECT length(delta) FROM originals")]


def untagged(folder, **named):
    """Untag all; how many are the very files, and how many have only their fields back."""
    summary = untag_folder(folder, UntagOptions(**named))
    assert (summary.failed, summary.failures) == (0, [])
    return summary.originals, summary.only_fields


@pytest.mark.parametrize("full", [False, True])
def test_every_format_comes_back_byte_for_byte(tmp_path, full):
    """Promise: untag restores the file byte for byte if nobody has touched it since."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for form in FORMATS:
        photo = make(photos / f"a.{form.lower()}", form, size=300)
        if full:
            put(photo, iptc=["old", "é"], subject=["old"], more=FULL)
    before = contents(photos)
    journal = tag_folder(ByColour(names=("A", "B", "C", "D")), photos, IN_PLACE).journal
    first = contents(photos)
    assert not first.items() & before.items()
    assert all(size < 5000 for size in deltas(journal))
    assert tag_folder(SECOND, photos, IN_PLACE).written == len(FORMATS)
    assert not contents(photos).items() & {*before.items(), *first.items()}
    assert len(deltas(journal)) == 2 * len(FORMATS)
    assert untagged(photos, dry_run=True) == (len(FORMATS), 0)
    assert untagged(photos) == (len(FORMATS), 0)
    assert before.items() <= contents(photos).items()
    assert deltas(journal) == []
    assert not leftovers(photos)
    assert untag_folder(photos).seen == 0


def test_real_photos_and_signed_ones_come_back_byte_for_byte(shared, tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    shutil.copytree(shared("data/iss/photos"), photos, copy_function=shutil.copyfile)
    photos.chmod(0o755)
    signed = photos / "signed.jpg"
    shutil.copyfile(shared("data/odd-photos/d2-c2pa-C.jpg"), signed)
    before = contents(photos)
    for named, root in ({"in_place": True}, photos), ({"to": out}, out):
        summary = tag_folder(ByColour(), photos, TagOptions(**named))
        assert summary.failed == 0
        sizes = deltas(summary.journal)
        assert sizes
        assert max(sizes) < 5000
        assert untagged(root)[1] == 0
        after = contents(root)
        after.pop("scores.parquet")
        assert after == before


def test_a_persons_edit_leaves_only_the_fields(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject=old")
    (before,) = fields(tool, photo)
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    edit(photo, "-XMP-xmp:Rating=3")
    assert tag_folder(SECOND, photos, IN_PLACE).written == 1
    assert deltas(journal) == []
    assert untagged(photos) == (0, 1)
    (after,) = fields(tool, photo)
    assert (after.iptc, after.subject) == (before.iptc, before.subject)
    # From here on it can be had again.
    edited = photo.read_bytes()
    tag_folder(ByColour(), photos, IN_PLACE)
    edit(photo, "-XMP-xmp:Rating=4")
    assert untagged(photos, dry_run=True) == (0, 1)
    assert untagged(photos) == (0, 1)
    assert b"Rating" in photo.read_bytes()
    assert photo.read_bytes() != edited


def test_what_is_taken_back_in_parts_comes_back_whole(tmp_path):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red", "green")
    before = photo.read_bytes()
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    assert untagged(photos, labels=("red",)) == (0, 0)  # another tag is there still
    assert len(deltas(journal)) == 2
    assert untagged(photos, labels=("green",)) == (1, 0)
    assert photo.read_bytes() == before
    assert deltas(journal) == []


def test_a_photo_that_was_restored_needs_no_delta(tmp_path):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    before = photo.read_bytes()
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    first = photo.read_bytes()
    tag_folder(SECOND, photos, IN_PLACE)
    photo.write_bytes(first)
    tag_folder(ByColour(), photos, IN_PLACE)
    assert len(deltas(journal)) == 1
    assert untagged(photos) == (1, 0)
    assert photo.read_bytes() == before


def test_sidecars_that_were_there_come_back(tmp_path):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    sidecar = put(photo.with_name("a.jpg.xmp"), subject=["old"], more=["-XMP-xmp:Rating=3"])
    before = contents(photos)
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    tag_folder(SECOND, photos, TagOptions(sidecar=True))
    assert sidecar.read_bytes().count(b"<rdf:li>") > 2
    assert untagged(photos) == (1, 0)
    after = contents(photos)
    after.pop("scores.parquet")
    assert after == before


def test_times_follow_the_same_rule(tmp_path):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    os.utime(photo, ns=(10**18, 10**18))
    tag_folder(ByColour(), photos, TagOptions(in_place=True, keep_time=True))
    assert untagged(photos, keep_time=True) == (1, 0)
    assert photo.stat().st_mtime_ns == 10**18
    tag_folder(ByColour(), photos, TagOptions(in_place=True, keep_time=True))
    assert untagged(photos) == (1, 0)
    assert photo.stat().st_mtime_ns != 10**18


def damage(path, statement):
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


FAULTS = {
    "no delta": "DELETE FROM originals",
    "cut off": "UPDATE originals SET delta = substr(delta, 1, 20)",
    "of another": "UPDATE originals SET delta = (SELECT max(delta) FROM originals)",
    "another original": "UPDATE writes SET digest_before = printf('%064d', 0)",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_journal_that_is_damaged_there_gives_back_the_fields(tmp_path, tool, fault):
    photos = tmp_path / "photos"
    for name in "ab":
        edit(colour(photos / f"{name}.jpg", *ALL), f"-XMP-dc:Subject={name * 300}")
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    damage(journal, FAULTS[fault])
    summary = untag_folder(photos)
    assert (summary.written, summary.failed) == (2, 0)
    found = fields(tool, photos / "a.jpg", photos / "b.jpg")
    assert [one.subject for one in found] == [("a" * 300,), ("b" * 300,)]
    assert not leftovers(photos)


def test_a_journal_cannot_put_another_picture_there(tmp_path):
    """A delta and a digest that fit each other are no proof: pixels never change."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    other = colour(tmp_path / "other.jpg", "red")
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE originals SET delta = ?", [tag_photo.delta(photo, other)])
        database.execute("UPDATE writes SET digest_before = ?", [tag_photo.digest(other)])
    database.close()
    shutil.copyfile(photo, tagged := tmp_path / "tagged.jpg")
    assert untagged(photos) == (0, 1)
    check_pixels(tagged, photo)
    assert photo.read_bytes() != other.read_bytes()


def test_what_cannot_be_kept_is_told(tmp_path, monkeypatch, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    monkeypatch.setattr(tag_photo, "delta", lambda new, old: None)
    summary = tag_folder(ByColour(), photos, IN_PLACE)
    assert summary.notes == [tag_photo.ONLY_FIELDS_NOTE]
    edit(photo, "-XMP-xmp:Rating=3")
    assert untagged(photos) == (0, 1)
    assert fields(tool, photo)[0].subject == Keywords().subject


def test_an_interrupted_write_keeps_what_it_needs(tmp_path, monkeypatch):
    """Promise: a kill at any instant leaves every photo as it was or completely tagged."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    before = photo.read_bytes()
    with monkeypatch.context() as patch:
        # The photo is replaced, and the journal never hears of it.
        patch.setattr("tagonaut.tagging.journal.Journal.done", lambda *_: None)
        journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    assert len(deltas(journal)) == 1
    with open_locked(photos, journal_of(photos)) as opened:
        assert opened.writes(b"a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr("tagonaut.tagging.journal.Journal.done", lambda *_: None)
        untag_folder(photos)
    assert photo.read_bytes() == before
    tag_folder(ByColour(), photos, IN_PLACE)
    assert len(deltas(journal)) == 1
    assert untagged(photos) == (1, 0)
    assert photo.read_bytes() == before


def test_a_journal_of_version_4_gives_back_the_fields(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    edit(photo, "-XMP-dc:Subject=old", "-XMP-xmp:Rating=3")
    before = fields(tool, photo)
    journal = tag_folder(ByColour(), photos, IN_PLACE).journal
    with sqlite3.connect(journal) as database:
        database.executescript(
            f"{WITHOUT_SOURCES}"
            "DROP TABLE originals; DROP INDEX writes_by_photo; DROP TABLE unwritable;"
            "DROP TABLE failures; DROP INDEX writes_by_pixels;"
            "ALTER TABLE writes DROP COLUMN capture; PRAGMA user_version = 4"
        )
    database.close()
    assert untag_folder(photos, UntagOptions(dry_run=True)).only_fields == 1
    assert sum(untagged(photos)) == 1
    assert [one.subject for one in fields(tool, photo)] == [one.subject for one in before]


@pytest.mark.parametrize("sidecar", [False, True])
def test_a_narrower_run_in_between_changes_nothing_of_that(tmp_path, sidecar):
    """It takes words away again, and what was there before the first run is known all the same."""
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    before = contents(photos)
    options = TagOptions(in_place=not sidecar, sidecar=sidecar)
    tag_folder(ByColour(), photos, options)
    tag_folder(ByColour(), photos, replace(options, choice=Choice(labels=("blue",))))
    assert untag_folder(photos, UntagOptions(dry_run=True)).written == 1
    assert untag_folder(photos).written == 1
    there = {name: data for name, data in contents(photos).items() if name in before}
    assert there == before
    assert not list(photos.glob("*.xmp"))
    assert untag_folder(photos).seen == 0


def test_a_write_that_failed_keeps_nothing(tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", *ALL)
    before = photo.read_bytes()

    def fail(new, name):
        raise OSError("no disk")

    monkeypatch.setattr(tag_photo, "take_place", fail)
    summary = tag_folder(ByColour(), photos, IN_PLACE)
    assert (summary.failed, photo.read_bytes()) == (1, before)
    assert deltas(summary.journal) == []

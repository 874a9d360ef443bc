"""The journal's record is read a page at a time, and comes with an earlier version's journal."""

import sqlite3

from tagonaut.files.atomic import Stamp
from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal import Asked, Journal, Write
from tagonaut.tagging.journal.database import PAGE
from tests.tagging.folders import WITHOUT_SOURCES


def written(journal, path, number=0):
    stamp = Stamp(1, number)
    write = Write(path, "run-1", stamp, Keywords(), Keywords(subject=("a",)), "", "", {"a": 0.9})
    journal.done(journal.begin(write), stamp)


def test_more_events_than_a_page(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        for number in range(PAGE + 3):
            journal.note_failure(b"%d.jpg" % number, "run-1", "damaged")
        for number in range(3):
            written(journal, b"%d.jpg" % number)
        journal.note_failure(b"0.jpg", "run-1", "damaged still")
        events = list(journal.events(Asked()))
        assert len(events) == PAGE + 6
        assert len({(event.photo, event.done) for event in events}) == PAGE + 6
        assert events[-1].reason == "damaged still"
        assert [event.time for event in events] == sorted(event.time for event in events)


def test_a_page_is_all_that_is_read_for_the_first_event(tmp_path, monkeypatch):
    with Journal(tmp_path / "journal.sqlite") as journal:
        for number in range(3 * PAGE):
            journal.note_failure(b"%d.jpg" % number, "run-1", "damaged")
        read, rows = 0, journal._rows

        def counted(*values):
            nonlocal read
            found = rows(*values)
            read += len(found)
            return found

        monkeypatch.setattr(journal, "_rows", counted)
        next(iter(journal.events(Asked())))
        assert read <= PAGE


def test_a_journal_of_version_4_is_migrated(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        written(journal, b"a.jpg")
    with sqlite3.connect(path) as database:
        database.executescript(
            f"{WITHOUT_SOURCES}"
            "DROP TABLE failures; DROP INDEX writes_by_pixels; DROP TABLE originals;"
            " DROP INDEX writes_by_photo; DROP TABLE unwritable;"
            " ALTER TABLE writes DROP COLUMN capture; PRAGMA user_version = 4"
        )
    database.close()
    with Journal(path) as journal:
        assert [event.tag for event in journal.events(Asked())] == ["a"]
        assert journal.writes(b"a.jpg")
        journal.note_failure(b"b.jpg", None, "damaged")
        assert [event.run for event in journal.events(Asked(photo=b"b.jpg"))] == [None]


def test_events_come_by_time_and_a_copy_was_not_written_before_it_was_found(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        written(journal, b"a.jpg")
        written(journal, b"c.jpg")
        journal.copy(journal.facts(b"a.jpg"), journal.writes(b"a.jpg"), b"b.jpg", None)
        events = list(journal.events(Asked()))
        assert [event.photo for event in events] == [b"a.jpg", b"c.jpg", b"b.jpg"]
        assert all(event.since >= event.time for event in events)
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:  # as earlier versions copied
        database.execute("UPDATE writes SET time = 1 WHERE path = ?", (b"b.jpg",))
    database.close()
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.note_failure(b"d.jpg", None, "damaged")
        events = list(journal.events(Asked()))
        assert [event.photo for event in events] == [b"b.jpg", b"a.jpg", b"c.jpg", b"d.jpg"]

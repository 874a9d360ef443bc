import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import Stamp, digest, stamp
from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal import Journal, Seen, Write, journal_of, open_locked, open_read_only
from tagonaut.tagging.journal.records import Fact
from tagonaut.tagging.journal.recovery import recover
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import edit, fields, snapshot, states
from tests.tagging.scorer import ByColour, colour

BEFORE = Keywords(subject=("old",), seal=None)
AFTER = Keywords(iptc=("old", "é"), subject=("old", "é"), charset="UTF8", seal="s")
WRITE = Write(
    path=b"a/\xff.jpg",
    run="run",
    source=Stamp(1, 2),
    before=BEFORE,
    after=AFTER,
    digest_before="0",
    digest_after="1",
    tags={"é": 0.75},
)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def test_a_write_is_known_as_begun_and_as_done(journal):
    number = journal.begin(WRITE)
    assert journal.unfinished() == [replace(WRITE, number=number)]
    assert journal.seen([WRITE.path]) == {}
    journal.done(number, Stamp(3, 4))
    assert journal.unfinished() == []
    assert journal.writes(WRITE.path) == [replace(WRITE, number=number)]
    assert journal.seen([b"other", WRITE.path]) == {
        WRITE.path: Seen("run", Stamp(1, 2), Stamp(3, 4))
    }
    assert states(journal, WRITE.path) == {"é": "written"}
    assert list(journal.tagged()) == [WRITE.path]


def test_what_begins_is_on_disk(journal, tmp_path):
    """Promise: the journal knows which photos are tagged, and the next command continues there."""
    journal.begin(WRITE)
    other = sqlite3.connect(f"file:{tmp_path}/journal.sqlite?mode=ro", uri=True)
    assert other.execute("SELECT state, path FROM writes").fetchall() == [("writing", WRITE.path)]
    other.close()


def test_taking_back_undoes_all_writes_of_the_photo(journal):
    for run in ("one", "two"):
        journal.done(journal.begin(replace(WRITE, run=run)), Stamp(3, 4))
    journal.done(journal.begin(replace(WRITE, path=b"b")), Stamp(3, 4))
    assert [write.run for write in journal.writes(WRITE.path)] == ["two", "one"]
    journal.refuse(WRITE.path, ["never"])
    journal.done(journal.begin(replace(WRITE, run=None, tags={})), Stamp(5, 6))
    assert journal.writes(WRITE.path) == []
    assert states(journal, WRITE.path) == {"é": "undone"}
    assert journal.seen([WRITE.path])[WRITE.path].run is None
    assert list(journal.tagged()) == [b"b"]


def test_a_write_from_the_source_starts_afresh(journal):
    journal.done(journal.begin(WRITE), Stamp(3, 4))
    second = replace(WRITE, tags={"x": 0.5}, afresh=True)
    number = journal.begin(second)
    journal.done(number, Stamp(5, 6))
    assert journal.writes(WRITE.path) == [replace(second, number=number)]
    assert states(journal, WRITE.path) == {"é": "undone", "x": "written"}


def test_threads_share_the_journal(tmp_path):
    def work(number):
        for k in range(20):
            path = b"%d/%d" % (number, k)
            journal.store_scores("run", [(path, np.full(3, k, np.float32))])
            journal.done(journal.begin(replace(WRITE, path=path)), Stamp(k, number))

    with Journal(tmp_path / "journal.sqlite") as journal:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert len(list(journal.tagged())) == 120
        assert journal.unfinished() == []
        paths = [path for path, _ in journal.scores("run")]
        assert len(paths) == 120
        assert paths == sorted(paths)


def test_more_scores_than_are_fetched_at_once(journal):
    numbers = range(1203)
    journal.store_scores("run", ((b"%05d" % n, np.full(2, n, np.float32)) for n in numbers))
    found = list(journal.scores("run"))
    assert [int(scores[1]) for _, scores in found] == list(range(1203))
    assert list(journal.scores("other")) == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_bytes(b"not a database at all" * 500), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192), "damaged"),
        (lambda path: execute(path, "PRAGMA user_version = 99"), "version 99"),
        (lambda path: execute(path, "PRAGMA application_id = 7"), "not a journal"),
    ],
)
def test_a_journal_that_cannot_be_used_is_told_and_no_photo_touched(tmp_path, spoil, reason):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    colour(photos / "b.jpg", "red")
    spoil(journal_of(photos))
    before = snapshot(photos)
    with pytest.raises(TagonautError, match=reason) as caught:
        tag_folder(ByColour("run-2"), photos, TagOptions(in_place=True))
    assert str(journal_of(photos)) in str(caught.value)
    assert {n: s for n, s in snapshot(photos).items() if n.endswith("jpg")} == {
        n: s for n, s in before.items() if n.endswith("jpg")
    }


def execute(path: Path, statement: str) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(statement)
    database.close()


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    with open_locked(photos, journal_of(photos)):
        with pytest.raises(TagonautError, match="another run is at work"):
            tag_folder(ByColour(), photos, TagOptions(in_place=True))
        assert tag_folder(ByColour(), photos, TagOptions(in_place=True, dry_run=True)).written == 1
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 1


def test_looking_at_a_journal_that_a_kill_left_open_does_not_write(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.settle(b"a", "run", Stamp(1, 2), Stamp(1, 2))
    # As a kill in the middle of a commit leaves it: half written, with what it was beside it.
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA cache_size = 1")
    database.execute("BEGIN")
    for number in range(300):
        values = (b"x%d" % number, "run", 0, 0, 0, 0, 0.0, None)
        columns = "path, run, source_size, source_mtime_ns, size, mtime_ns, time, sidecar_of"
        database.execute(f"INSERT INTO photos ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    state = {name: (tmp_path / name).read_bytes() for name in (path.name, f"{path.name}-journal")}
    database.execute("ROLLBACK")
    database.close()
    for name, content in state.items():
        (tmp_path / name).write_bytes(content)
    before = snapshot(tmp_path)
    with open_read_only(tmp_path, path) as journal:
        assert set(journal.seen([b"a", b"x1"])) == {b"a"}
    assert snapshot(tmp_path) == before


@pytest.fixture
def begun(tmp_path, tool):
    """A photo, its tagged version, and a journal that only knows that the write began."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    tagged = colour(tmp_path / "tagged.jpg", "red")
    edit(tagged, "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    before, after = fields(tool, photo, tagged)
    write = Write(
        path=b"a.jpg",
        run="run",
        source=stamp(photo),
        before=before,
        after=after,
        digest_before=digest(photo),
        digest_after=digest(tagged),
        tags={"red": 0.9},
    )
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin(write)
        yield photo, tagged, journal


def test_a_write_that_took_place_is_found_out(begun, tool):
    """Promise: the journal knows which photos are tagged, and the next command continues there."""
    photo, tagged, journal = begun
    tagged.replace(photo)
    recover(journal, photo.parent, tool)
    assert journal.seen([b"a.jpg"])[b"a.jpg"].left == stamp(photo)
    assert states(journal, b"a.jpg") == {"red": "written"}


@pytest.mark.parametrize("gone", [True, False])
def test_a_write_that_did_not_take_place_is_found_out(begun, tool, gone):
    photo, _, journal = begun
    if gone:
        photo.unlink()
    recover(journal, photo.parent, tool)
    assert journal.unfinished() == journal.writes(b"a.jpg") == []
    assert journal.seen([b"a.jpg"]) == {}


@pytest.mark.parametrize("took_place", [True, False])
def test_a_photo_that_a_person_changed_meanwhile_is_judged_by_its_fields(begun, tool, took_place):
    photo, tagged, journal = begun
    if took_place:
        tagged.replace(photo)
    edit(photo, "-XMP-dc:Subject+=theirs", "-IPTC:Keywords+=theirs")
    recover(journal, photo.parent, tool)
    assert bool(journal.writes(b"a.jpg")) == took_place


NEW = WRITE.path, b"new"


def ask(journal, path):
    return journal.facts(path), journal.writes(path), journal.last(path), journal.unfinished(path)


def test_questions_about_new_photos_wait_for_nobody(journal):
    assert journal.seen(NEW) == {}
    answers = []
    asking = threading.Thread(target=lambda: answers.extend(ask(journal, WRITE.path)))
    with journal.exclusive():
        asking.start()
        asking.join(5)
        assert answers == [[], [], None, []]


@pytest.mark.parametrize("change", ["begin", "done", "failed", "move", "copy", "refused", "aside"])
def test_a_new_photo_has_its_history_as_soon_as_there_is_one(tmp_path, change):
    """The answers are those of another journal of the same file, which never asked before."""
    fact = Fact("é", "é", "run", 0.5, "written", 1.0)
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.done(journal.begin(replace(WRITE, path=b"old")), Stamp(3, 4))
        journal.seen([*NEW, b"old"])
        if change in {"begin", "done", "failed"}:
            number = journal.begin(WRITE)
            if change == "done":
                journal.done(number, Stamp(3, 4))
            elif change == "failed":
                journal.failed(number)
        elif change == "move":
            journal.move(b"old", WRITE.path, None)
        elif change == "copy":
            journal.copy(journal.facts(b"old"), journal.writes(b"old"), WRITE.path, None)
        elif change == "refused":
            journal.keep_refused(WRITE.path, [fact])
        else:
            journal.set_aside(b"old")
        found = [ask(journal, path) for path in (*NEW, b"old")]
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert [ask(journal, path) for path in (*NEW, b"old")] == found

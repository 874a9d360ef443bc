"""Where journals lie, and those that earlier versions wrote."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.journal import Journal, give_id, id_file, journal_of, open_locked
from tagonaut.tagging.journal.database import Database
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tagonaut.workflows.history import history
from tests.tagging.folders import edit, fields, snapshot, states
from tests.tagging.scorer import ByColour, colour, expected

# A photo and its journal as version 1 left them: "old" is a person's, who also took "green" away.
VERSION_1 = Path(__file__).with_name("version_1")


@pytest.fixture
def photo(tmp_path):
    return colour(tmp_path / "photos" / "a.jpg", "red")


def test_the_journal_is_kept_by_the_archives_id(photo, state, tool):
    photos = photo.parent
    journal = tag_folder(ByColour(), photos, TagOptions(in_place=True)).journal
    assert journal == journal_of(photos) == state / "journals" / journal.name
    assert sorted(os.listdir(photos)) == [".tagonaut", "a.jpg", "scores.parquet"]  # noqa: PTH208
    moved = photos.rename(photos.with_name("moved"))
    assert journal_of(moved) == journal
    assert tag_folder(ByColour(), moved, TagOptions(in_place=True)).nothing_to_do == 1
    assert untag_folder(moved).written == 1
    assert fields(tool, moved / "a.jpg")[0].iptc is None


def test_a_copy_of_an_archive_gets_a_journal_of_its_own(photo, tool):
    photos, copied = photo.parent, photo.parent.with_name("copied")
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    shutil.copytree(photos, copied)
    summary = untag_folder(copied)
    assert summary.written == 1
    assert any("is a copy of" in note for note in summary.notes)
    assert journal_of(copied) != journal_of(photos)
    assert fields(tool, copied / "a.jpg")[0].iptc is None
    # The first knows nothing of that.
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).nothing_to_do == 1
    assert untag_folder(photos).written == 1
    assert untag_folder(copied).seen == 0


def test_where_somebody_wants_it(photo, tmp_path, state):
    wanted = tmp_path / "elsewhere" / "j.sqlite"
    assert (
        tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, journal=wanted)).journal
        == wanted
    )
    assert list(state.iterdir()) == []
    with pytest.raises(TagonautError, match="name it with --journal"):
        untag_folder(photo.parent)
    assert untag_folder(photo.parent, UntagOptions(journal=wanted)).written == 1


def test_without_its_journal_an_archive_is_not_begun_anew(photo):
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    journal_of(photo.parent).unlink()
    before = snapshot(photo.parent)
    for work in (lambda: tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True)),
                 lambda: untag_folder(photo.parent)):  # fmt: skip
        with pytest.raises(TagonautError, match="with a journal that is not here"):
            work()
    assert snapshot(photo.parent) == before
    id_file(photo.parent).unlink()
    assert tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True)).failed == 0


def test_the_first_of_two_runs_names_the_archive(photo):
    mine, theirs = journal_of(photo.parent), journal_of(photo.parent)
    assert mine != theirs
    with open_locked(photo.parent, mine) as journal:
        assert journal.path == mine
        with pytest.raises(TagonautError, match="another run"), open_locked(photo.parent, theirs):
            pass
    assert not theirs.exists()
    assert give_id(photo.parent, "0" * 32) == mine.stem


def test_the_journal_of_another_archive_is_refused_and_kept(photo, tmp_path):
    other = colour(tmp_path / "other" / "a.jpg", "blue").parent
    theirs = tag_folder(ByColour(), other, TagOptions(in_place=True)).journal
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    with pytest.raises(TagonautError, match="of another archive"):
        untag_folder(photo.parent, UntagOptions(journal=theirs))
    assert untag_folder(other).written == 1


def test_where_no_id_can_be_written_nothing_is_left(photo, state):
    (photo.parent / ".tagonaut").write_text("in the way")
    with pytest.raises(TagonautError, match="--journal FILE"):
        tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    assert list((state / "journals").iterdir()) == []
    wanted = state / "j.sqlite"
    assert (
        tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, journal=wanted)).failed == 0
    )


def test_an_id_that_is_none_is_told(photo):
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    id_file(photo.parent).write_text("../../x")
    with pytest.raises(TagonautError, match="does not hold an archive's id"):
        tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))


@pytest.fixture
def old(tmp_path):
    """An archive as version 1 left it."""
    photos = tmp_path / "photos"
    (photos / ".tagonaut").mkdir(parents=True)
    with sqlite3.connect(photos / ".tagonaut" / "journal.sqlite") as database:
        database.executescript((VERSION_1 / "journal.sql").read_text())
        ((mtime,),) = database.execute("SELECT mtime_ns FROM photos").fetchall()
    database.close()
    shutil.copyfile(VERSION_1 / "a.jpg", photos / "a.jpg")
    os.utime(photos / "a.jpg", ns=(mtime, mtime))
    return photos


def test_a_journal_of_version_1_goes_on_in_its_place(old, tool, state):
    before = snapshot(old)
    named = {"in_place": True, "journal": old / ".tagonaut" / "journal.sqlite"}
    look = tag_folder(
        ByColour("run-2", ("é", "B", "C", "D")), old, TagOptions(dry_run=True, **named)
    )
    assert look.nothing_to_do == 1
    assert snapshot(old) == before
    summary = tag_folder(ByColour("run-2", ("é", "B", "C", "D")), old, TagOptions(**named))
    assert (summary.nothing_to_do, summary.seen) == (1, 1)
    assert summary.journal == old / ".tagonaut" / "journal.sqlite"
    assert any("where it was begun" in note for note in summary.notes)
    assert list(state.iterdir()) == []
    # What the person took away stays away; what the first run wrote is known to be its own.
    assert tag_folder(ByColour("run-3"), old, TagOptions(**named)).failed == 0
    assert fields(tool, old / "a.jpg")[0].iptc == ("old", "red", "é", "B")
    journal = named["journal"]
    assert untag_folder(old, UntagOptions(runs=("run-1",), journal=journal)).written == 1
    assert fields(tool, old / "a.jpg")[0].iptc == ("old", "é", "B")
    assert untag_folder(old, UntagOptions(journal=journal)).written == 1
    assert fields(tool, old / "a.jpg") == fields(tool, VERSION_1 / "original.jpg")


def test_everything_that_version_1_wrote_is_taken_back(old, tool):
    journal = old / ".tagonaut" / "journal.sqlite"
    assert untag_folder(old, UntagOptions(journal=journal)).written == 1
    assert fields(tool, old / "a.jpg") == fields(tool, VERSION_1 / "original.jpg")


def test_a_migration_is_all_or_nothing(old, monkeypatch):
    path = old / ".tagonaut" / "journal.sqlite"
    before = path.read_bytes()
    broken = {1: "ALTER TABLE photos ADD COLUMN x;", 2: "SELECT 1 FROM nowhere;", 3: "", 4: ""}
    with monkeypatch.context() as patch:
        patch.setattr("tagonaut.tagging.journal.database.MIGRATIONS", broken)
        with pytest.raises(TagonautError, match="nowhere"):
            Database(path)
    assert path.read_bytes() == before
    with Journal(path) as journal:
        assert states(journal, b"a.jpg") == {
            "red": "written",
            "green": "refused",
            "é": "written",
            "B": "written",
        }
        assert [write.run for write in journal.writes(b"a.jpg")] == ["run-2", "run-1"]


def test_an_earlier_journal_becomes_as_a_new_one(old, tmp_path):
    old_one, new_one = old / ".tagonaut" / "journal.sqlite", tmp_path / "new.sqlite"
    shapes = []
    for path in (old_one, new_one):
        Journal(path).close()
        with sqlite3.connect(path) as database:
            tables = database.execute("SELECT type, name FROM sqlite_master ORDER BY name")
            named = [name for kind, name in tables if kind == "table"]
            columns = {name: database.execute(f"PRAGMA table_info({name})").fetchall()
                       for name in named}  # fmt: skip
            version = database.execute("PRAGMA user_version").fetchall()
            indexes = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name"
            ).fetchall()
        database.close()
        shapes.append((columns, indexes, version))
    assert shapes[0] == shapes[1]


def test_a_named_journal_belongs_to_one_archive(photo, tmp_path, tool):
    """Promise: tags that people wrote are never removed, reordered or written a second time."""
    wanted, other = tmp_path / "j.sqlite", colour(tmp_path / "other" / "a.jpg", "blue")
    edit(other, "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, journal=wanted))
    before, known = snapshot(other.parent), wanted.read_bytes()

    def refused():
        for dry in (True, False):
            named = {"journal": wanted, "dry_run": dry}
            with pytest.raises(TagonautError, match="is the journal of"):
                tag_folder(ByColour(), other.parent, TagOptions(in_place=True, **named))
            with pytest.raises(TagonautError, match="is the journal of"):
                untag_folder(other.parent, UntagOptions(**named))

    refused()
    moved = photo.parent.rename(tmp_path / "moved")
    refused()
    assert {k: v for k, v in snapshot(other.parent).items() if k != ".tagonaut"} == before
    assert wanted.read_bytes() == known
    assert untag_folder(moved, UntagOptions(journal=wanted)).written == 1
    assert fields(tool, moved / "a.jpg")[0].subject is None


def test_a_copy_of_an_archive_with_a_named_journal_is_told_how_to_go_on(photo, tmp_path, state):
    wanted = tmp_path / "j.sqlite"
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, journal=wanted))
    copied = Path(shutil.copytree(photo.parent, tmp_path / "copied"))
    with pytest.raises(TagonautError, match="is a copy of that") as caught:
        untag_folder(copied, UntagOptions(journal=wanted))
    kept = journal_of(copied)
    assert str(kept) in str(caught.value)
    kept.parent.mkdir()
    shutil.copyfile(wanted, kept)
    assert untag_folder(copied).written == 1
    assert untag_folder(photo.parent, UntagOptions(journal=wanted)).written == 1


@pytest.mark.parametrize("content", ["nothing", "another program's tables"])
def test_untag_makes_no_journal_of_another_file(photo, tmp_path, content):
    wanted = tmp_path / "j.sqlite"
    wanted.touch()
    if content != "nothing":
        with sqlite3.connect(wanted) as database:
            database.execute("CREATE TABLE theirs (x)")
        database.close()
    before = snapshot(tmp_path)
    with pytest.raises(TagonautError, match="not a journal"):
        untag_folder(photo.parent, UntagOptions(journal=wanted))
    assert snapshot(tmp_path) == before


def test_tags_once_more_after_everything(photo, tool):
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    untag_folder(photo.parent)
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    assert fields(tool, photo)[0].iptc == expected("red")


@pytest.mark.parametrize("left", [b"", None])
def test_a_journal_without_bytes_is_a_missing_one(photo, left):
    """A disk that was full, or a failed copy, leaves such a file: tags would become people's."""
    photos, dry = photo.parent, {"in_place": True, "dry_run": True}
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    journal, before = journal_of(photos), snapshot(photos)
    journal.unlink()
    if left is not None:
        journal.write_bytes(left)
    for work in (
        lambda: tag_folder(ByColour(), photos, TagOptions(in_place=True)),
        lambda: tag_folder(ByColour(), photos, TagOptions(**dry)),
        lambda: untag_folder(photos),
        lambda: untag_folder(photos, UntagOptions(dry_run=True)),
        lambda: history(photos).__enter__(),
    ):
        with pytest.raises(TagonautError, match="with a journal that is not here"):
            work()
    assert snapshot(photos) == before
    assert (journal.read_bytes() if journal.exists() else None) == left

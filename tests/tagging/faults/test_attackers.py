"""Attackers who hand us a folder, or who may write in it: nothing outside of it is touched."""

import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import polars as pl
import pytest

from tagonaut.errors import TagonautError
from tagonaut.files import atomic
from tagonaut.tagging.journal import OWN_FOLDER, id_file, journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields, leftovers, snapshot
from tests.tagging.scorer import ByColour, colour


@pytest.fixture
def victim(tmp_path):
    """A person's photo with keywords, a sidecar beside it, and a further file."""
    photo = colour(tmp_path / "victim" / "v.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    return photo


def tagged(folder: Path, *names: str) -> Path:
    for name in names or ("a.jpg",):
        colour(folder / name, "red")
    return tag_folder(ByColour(), folder, TagOptions(in_place=True)).journal


def pointed_at(journal: Path, old: bytes, new: bytes) -> None:
    """The attacker's journal: the history of one of his photos, said of another file."""
    with closing(sqlite3.connect(journal)) as database, database:
        for table in ("writes", "facts", "photos"):
            database.execute(f"UPDATE {table} SET path = ? WHERE path = ?", (new, old))


def hostile_folder(tmp_path: Path, victim: Path, path: bytes) -> Path:
    """A folder with a journal in it that says of the victim's keyword that it is ours."""
    folder = tmp_path / "gift"
    journal = tagged(folder)
    # His photo has the victim's keyword and ours: "mine" seems to have been written by us.
    pointed_at(journal, b"a.jpg", path)
    with closing(sqlite3.connect(journal)) as database, database:
        for table in ("writes", "facts"):
            columns = ("after", "tags") if table == "writes" else ("tag", "label")
            for column in columns:
                database.execute(f"UPDATE {table} SET {column} = replace({column}, 'red', 'mine')")
    (folder / ".tagonaut" / "archive").unlink()
    shutil.move(journal, folder / ".tagonaut" / "journal.sqlite")
    return folder


PATHS = [b"../victim/v.jpg", b"link/v.jpg", b"absolute"]


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_a_journal_in_a_folder_reaches_nothing_outside(tmp_path, victim, path, asked):
    """Promise: a hostile folder cannot crash or hang Tagonaut, nor make it write elsewhere."""
    where = os.fsencode(victim) if path == b"absolute" else path
    folder = hostile_folder(tmp_path, victim, where)
    (folder / "link").symlink_to(victim.parent)
    before = snapshot(victim.parent)
    named = {"journal": folder / ".tagonaut" / "journal.sqlite"} if asked else {}
    for work in (
        lambda: untag_folder(folder, UntagOptions(**named)),
        lambda: tag_folder(ByColour("run-2"), folder, TagOptions(in_place=True, **named)),
    ):
        try:
            summary = work()
        except TagonautError as error:
            assert asked or f"--journal {folder}" in str(error)
        else:
            assert asked and all("\n" not in reason for _, reason in summary.failures)
    assert snapshot(victim.parent) == before


def test_an_unfinished_write_of_a_hostile_journal_clears_nothing_outside(tmp_path, victim):
    folder = hostile_folder(tmp_path, victim, b"../victim/v.jpg")
    journal = folder / ".tagonaut" / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE writes SET state = 'writing'")
    (victim.parent / ".tagonaut-0123456789abcdef").write_text("theirs")
    before = snapshot(victim.parent)
    with pytest.raises(TagonautError, match="leads out of the folder"):
        untag_folder(folder, UntagOptions(journal=journal))
    assert snapshot(victim.parent) == before


def with_parent_journal(journal: Path, parent: Path) -> None:
    """As a crash leaves it: SQLite deletes the file that is named as the parent."""
    name = os.fsencode(parent)
    header = bytes.fromhex("d9d505f920a163d7") + bytes(4) + b"\0\0\0\1" + b"\0\0\0\1"
    header += (512).to_bytes(4, "big") + (4096).to_bytes(4, "big")
    body = header.ljust(512, b"\0")
    checksum = sum(int.from_bytes([b], "big", signed=True) for b in name) & 0xFFFFFFFF
    body += (0x40000000 // 4096 + 1).to_bytes(4, "big") + name
    body += len(name).to_bytes(4, "big") + checksum.to_bytes(4, "big")
    journal.with_name(journal.name + "-journal").write_bytes(body + header[:8])


SPOILED = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM writes; END",
    "a view": "ALTER TABLE facts RENAME TO f; CREATE VIEW facts AS SELECT * FROM f",
    "a text for a path": "UPDATE writes SET path = 'a.jpg'",
    "a blob for a text": "UPDATE OR REPLACE facts SET tag = x'ff00'",
    "a text for a number": "UPDATE photos SET size = 'x'; UPDATE writes SET source_size = 'x'",
    "deep JSON": f"UPDATE writes SET before = '{'[' * 20000}'",
    "odd JSON": "UPDATE writes SET before = '{\"iptc\": [1]}', after = '{\"charset\": 5}'",
    "unknown fields": "UPDATE writes SET before = '{\"x\": 1}'",
    "a root with a zero": "UPDATE archive SET root = x'2f0061'",
    "a root of no kind": "UPDATE archive SET root = 7",
    "half scores": "UPDATE scores SET scores = x'000000'",
    "few scores": "UPDATE scores SET scores = x'00000000'",
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_odd_journal_is_told_in_a_line(tmp_path, how):
    photos = tmp_path / "photos"
    journal = tagged(photos, "a.jpg", "b.jpg")
    with closing(sqlite3.connect(journal)) as database, database:
        database.executescript(SPOILED[how])
    colour(photos / "c.jpg", "red")
    before = contents(photos)
    told = []
    for work in (
        lambda: tag_folder(ByColour(), photos, TagOptions(in_place=True)),
        lambda: tag_folder(ByColour("run-2"), photos, TagOptions(in_place=True)),
        lambda: untag_folder(photos),
    ):
        with suppress(TagonautError):
            told += work().failures
            continue
        told.append("an error")
    assert told
    if how in {"a trigger", "a view"}:
        assert contents(photos) == before


def test_a_rollback_journal_deletes_nothing_else(tmp_path, victim):
    folder = tmp_path / "gift"
    journal = shutil.move(tagged(folder), folder / "j.sqlite")
    with_parent_journal(journal, victim)
    for work in (
        lambda: untag_folder(folder, UntagOptions(journal=journal)),
        lambda: untag_folder(folder, UntagOptions(journal=journal, dry_run=True)),
    ):
        with pytest.raises(TagonautError, match="not left by Tagonaut"):
            work()
    assert victim.exists()


@pytest.mark.parametrize("beside", ["-journal", "-wal", "-shm"])
def test_no_journal_is_written_through_a_link(tmp_path, victim, beside):
    folder = tmp_path / "gift"
    journal = Path(shutil.move(tagged(folder), folder / "j.sqlite"))
    journal.with_name(journal.name + beside).symlink_to(victim)
    before = snapshot(victim.parent)
    with pytest.raises(TagonautError, match="not left by Tagonaut"):
        untag_folder(folder, UntagOptions(journal=journal))
    assert snapshot(victim.parent) == before


@contextmanager
def within(seconds: float, pipe: Path) -> Iterator[None]:
    """Nothing waits for a pipe: who does is let go, and the test fails."""
    late = []

    def let_go() -> None:
        late.append(True)
        for _ in range(100):
            with suppress(OSError):
                os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))

    timer = threading.Timer(seconds, let_go)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    assert not late


def odd_file(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link":
        other = path.with_name("other")
        other.write_text("0" * 32)
        path.symlink_to(other)
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)


@pytest.mark.parametrize("kind", ["pipe", "device", "link", "huge"])
@pytest.mark.parametrize("which", ["id", "journal", "named journal", "lock"])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path, kind, which):
    photos = tmp_path / "photos"
    journal = tagged(photos)
    if which == "lock" and kind == "huge":
        pytest.skip("a lock may be of any size")
    path = {"id": id_file(photos), "journal": journal, "lock": journal.with_suffix(".lock")}.get(
        which, photos / ".tagonaut" / "journal.sqlite"
    )
    odd_file(path, kind)
    named = {"journal": path} if which == "named journal" else {}
    before = (photos / "a.jpg").read_bytes()
    with within(30, path):
        for work in (
            lambda: tag_folder(ByColour("run-2"), photos, TagOptions(in_place=True, **named)),
            lambda: untag_folder(photos, UntagOptions(**named)),
        ):
            with pytest.raises(TagonautError) as caught:
                work()
            assert "\n" not in str(caught.value)
    assert (photos / "a.jpg").read_bytes() == before


def test_the_id_of_an_archive_that_is_away_gives_nobody_its_journal(tmp_path, tool):
    """The attacker takes "red" off his copy of a photo on which it is the victim's own word."""
    archive, gift = tmp_path / "archive", tmp_path / "gift"
    photo = colour(archive / "a.jpg", "red", "green")
    shutil.copytree(archive, gift)
    edit(photo, "-IPTC:Keywords=red", "-XMP-dc:Subject=red")
    tag_folder(ByColour(), archive, TagOptions(in_place=True))
    id_file(gift).parent.mkdir()
    shutil.copy(id_file(archive), id_file(gift))
    journal = journal_of(archive)
    away = archive.rename(tmp_path / "away")
    before = journal.read_bytes()
    assert tag_folder(ByColour(), gift, TagOptions(in_place=True)).written == 1
    assert journal.read_bytes() == before
    assert journal_of(gift) != journal
    back = away.rename(archive)
    assert untag_folder(back).written == 1
    assert fields(tool, photo)[0].iptc == ("red",)


def test_the_id_of_an_archive_gives_nobody_its_names_and_scores(tmp_path):
    archive, gift = tmp_path / "archive", tmp_path / "gift"
    for name in ("private", "shared"):
        colour(archive / f"{name}.jpg", "red")
    tag_folder(ByColour(), archive, TagOptions(in_place=True))
    (gift / OWN_FOLDER).mkdir(parents=True)
    shutil.copy(id_file(archive), id_file(gift))
    shutil.copy(archive / "shared.jpg", gift)
    colour(gift / "new.jpg", "green")
    # Somebody who knows a name has not got the photo.
    (gift / "private.jpg").write_bytes(b"?")
    table = tag_folder(ByColour(), gift, TagOptions(in_place=True)).scores
    names = pl.read_parquet(table)["picture"].to_list()
    assert sorted(names) == ["new.jpg", "shared.jpg"]


def test_a_moved_archive_keeps_its_journal(tmp_path):
    archive = tmp_path / "archive"
    journal = tagged(archive)
    moved = archive.rename(tmp_path / "moved")
    summary = tag_folder(ByColour(), moved, TagOptions(in_place=True))
    assert (summary.nothing_to_do, summary.journal, summary.notes) == (1, journal, [])


class Swapping(ByColour):
    """While a photo is scored, somebody puts a link in the place of its folder."""

    def __init__(self, folder: Path, elsewhere: Path) -> None:
        super().__init__()
        self.folder, self.elsewhere = folder, elsewhere

    def score_pixels(self, pictures):
        if not self.folder.is_symlink():
            self.folder.rename(self.folder.with_name("aside"))
            self.folder.symlink_to(self.elsewhere)
        return super().score_pixels(pictures)


@pytest.mark.parametrize("mode", ["in_place", "to", "sidecar"])
def test_a_folder_that_is_swapped_for_a_link_is_not_followed(tmp_path, victim, mode):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "sub" / "v.jpg", "red")
    (victim.parent / ".tagonaut-0123456789abcdef").write_text("theirs")
    shutil.copystat(victim, photos / "sub" / "v.jpg")
    folder = photos / "sub"
    if mode == "to":
        folder = out / "sub"
        folder.mkdir(parents=True)
    before = snapshot(victim.parent)
    named = {"to": out} if mode == "to" else {mode: True}
    summary = tag_folder(Swapping(folder, victim.parent), photos, TagOptions(**named))
    assert snapshot(victim.parent) == before
    assert summary.failed == 1
    # From now on it is a link from the beginning.
    summary = tag_folder(ByColour("run-2"), photos, TagOptions(**named))
    assert snapshot(victim.parent) == before


def test_untag_does_not_follow_a_linked_folder(tmp_path, victim):
    photos = tmp_path / "photos"
    tagged(photos, "sub/v.jpg")
    theirs = victim.parent / "theirs"
    shutil.copytree(photos / "sub", theirs)
    shutil.rmtree(photos / "sub")
    (photos / "sub").symlink_to(theirs)
    before = snapshot(victim.parent)
    summary = untag_folder(photos)
    assert summary.failed == 1 and "symbolic link" in summary.failures[0][1]
    assert snapshot(victim.parent) == before


@pytest.mark.parametrize("step", ["write_copy", "copy_attributes", "begin"])
def test_a_temporary_that_is_swapped_for_a_link_gives_nothing_away(tmp_path, monkeypatch, step):
    """As another user who may write in the folder: he renames and removes whatever is in it."""
    photos, secret = tmp_path / "photos", tmp_path / "secret"
    photo = colour(photos / "a.jpg", "red")
    photos.chmod(0o777)
    photo.chmod(0o666)
    os.chown(photo, 12345, 12345)
    secret.write_text("root only")
    secret.chmod(0o600)
    state = secret.stat()
    owner = writing.Journal if step == "begin" else writing
    done = getattr(owner, step)

    def swap() -> None:
        for entry in list(photos.iterdir()):
            if entry.name.startswith(".tagonaut-"):
                entry.rename(photos / "aside")
                entry.symlink_to(secret)

    def swapping(*values, **named):
        swap()
        result = done(*values, **named)
        swap()
        return result

    monkeypatch.setattr(owner, step, swapping)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    now = secret.stat()
    assert (now.st_uid, now.st_mode, now.st_mtime_ns) == (0, state.st_mode, state.st_mtime_ns)
    assert secret.read_text() == "root only"
    assert not photo.is_symlink()
    assert sum("other users may write" in note for note in summary.notes) == 1


def test_attributes_are_not_set_through_a_link(tmp_path):
    secret, photo, new = (tmp_path / name for name in ("secret", "photo", "new"))
    for path in (secret, photo):
        path.write_text("x")
    secret.chmod(0o600)
    photo.chmod(0o6666)
    new.symlink_to(secret)
    for work in (atomic.copy_attributes, atomic.finish_sidecar):
        with pytest.raises(OSError):
            work(new, photo)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    new.unlink()
    new.touch()
    atomic.copy_attributes(new, photo)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666  # not the right to run as its owner


def test_nobody_else_reads_a_temporary_or_the_journal(tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    photo.chmod(0o600)
    done, seen = writing.copy_attributes, []

    def looking(new, *values, **named):
        parts = [new, *new.parents]
        seen.append(any(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in parts[:2]))
        return done(new, *values, **named)

    monkeypatch.setattr(writing, "copy_attributes", looking)
    os.umask(before := os.umask(0o022))
    os.umask(0o022)
    try:
        journal = tag_folder(ByColour(), photos, TagOptions(in_place=True)).journal
    finally:
        os.umask(before)
    assert seen == [True]
    for path in (journal, journal.with_suffix(".lock"), journal.parent):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_journal_that_all_could_read_becomes_private(tmp_path):
    photos = tmp_path / "photos"
    journal = tagged(photos)
    journal.chmod(0o644)
    journal.parent.chmod(0o755)
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert not (journal.stat().st_mode | journal.parent.stat().st_mode) & stat.S_IRWXO


def test_a_time_after_2262_ends_no_run(tmp_path, tool):
    photos = tmp_path / "photos"
    for name in ("a.jpg", "b.jpg"):
        os.utime(colour(photos / name, "red"), (10**10, 10**10))
    named = {"in_place": True, "keep_time": True}
    assert tag_folder(ByColour(), photos, TagOptions(**named)).written == 2
    assert (photos / "a.jpg").stat().st_mtime == 10**10
    assert tag_folder(ByColour(), photos, TagOptions(**named)).nothing_to_do == 2
    assert untag_folder(photos).written == 2


@pytest.mark.parametrize("call", ["fsync", "link", "replace", "read", "open"])
def test_an_error_of_the_disk_at_the_first_id_is_got_over(tmp_path, monkeypatch, call):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    from tagonaut.tagging.journal import opening

    give = opening.give_id

    def failing(root, identity, **named):
        with monkeypatch.context() as patch:
            owner = {"read": Path, "open": Path}.get(call, os)
            name = {"read": "read_text", "open": "open"}.get(call, call)
            done = getattr(owner, name)

            def fail(*values, **options):
                # Whatever comes after the id is in its place fails.
                if id_file(photos).exists() or call in {"fsync", "link", "replace"}:
                    raise OSError(5, "Input/output error")
                return done(*values, **options)

            patch.setattr(owner, name, fail)
            return give(root, identity, **named)

    with monkeypatch.context() as patch:
        patch.setattr(opening, "give_id", failing)
        with suppress(TagonautError):
            tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).failed == 0
    assert not leftovers(photos)


def test_names_with_escapes_are_printed_as_text(tmp_path, tagonaut):
    folder = tmp_path / "\x1b]0;owned\x07\u202egpj"
    status, out, err = tagonaut("untag", folder)
    assert status and "\x1b" not in out + err and "\u202e" not in out + err
    assert "\\x1b]0;owned\\x07\\u202egpj" in err


@pytest.mark.parametrize("mode", ["tag", "untag", "dry"])
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("when", ["checked", "connect", "connect and back"])
def test_a_journal_that_is_swapped_for_a_link_meanwhile_is_not_used(
    tmp_path, monkeypatch, mode, what, when
):
    """The user named a journal in the archive; right after the check it is another archive's."""
    archive, victim = tmp_path / "archive", tmp_path / "victim"
    journals = []
    for folder in (archive, victim):
        (folder / "kept").mkdir(parents=True)
        journals.append(Path(shutil.move(tagged(folder), folder / "kept/j.sqlite")))
    journal, other = journals
    colour(archive / "b.jpg", "red")
    with closing(sqlite3.connect(other)) as database, database:
        # As an earlier version left it: who opens it to write changes its tables.
        database.execute("ALTER TABLE archive DROP COLUMN inode")
        database.execute("PRAGMA user_version = 3")
    before = snapshot(victim)
    target, aside = (journal, other) if what == "file" else (journal.parent, other.parent)
    from tagonaut.tagging.journal import opening

    def swap():
        if not target.is_symlink():
            target.rename(tmp_path / "away")
            target.symlink_to(aside)

    def back():
        target.unlink()
        (tmp_path / "away").rename(target)

    owner, name = (opening, "checked") if when == "checked" else (sqlite3, "connect")
    done = getattr(owner, name)

    def swapping(*values, **named):
        if when != "checked":
            if "j.sqlite" not in str(values[0]):
                return done(*values, **named)
            swap()
        result = done(*values, **named)
        if when == "checked":
            swap()
        elif when == "connect and back":
            result.execute("PRAGMA user_version")
            back()
        return result

    monkeypatch.setattr(owner, name, swapping)
    # Taken for one of an earlier version, a copy of the right journal may be read.
    may_be_read = mode == "dry" and when == "connect and back"
    with suppress(TagonautError) if may_be_read else pytest.raises(TagonautError, match=r"^.*$"):
        if mode == "untag":
            untag_folder(archive, UntagOptions(journal=journal))
        else:
            options = TagOptions(in_place=True, journal=journal, dry_run=mode == "dry")
            tag_folder(ByColour(), archive, options)
    monkeypatch.undo()
    assert snapshot(victim) == before

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tagonaut.cache import Cache, cache_folder
from tagonaut.errors import TagonautError
from tagonaut.tagging.journal.location import state_folder

BYTE = np.dtype(np.uint8)


def filler(value, keep=True):
    def fill(array):
        array[:] = value
        return keep

    return fill


def never(array):
    pytest.fail("the array should have come from the cache")


def test_values_and_arrays_come_back(tmp_path):
    cache = Cache(tmp_path)
    cache.put_many({"a": b"1", "b": b"22"})
    assert Cache(tmp_path).get_many(["b", "c", "a"]) == {"a": b"1", "b": b"22"}
    cache.array("x", (3, 4), BYTE, filler(7))
    assert (Cache(tmp_path).array("x", (3, 4), BYTE, never) == 7).all()


def test_an_incomplete_array_is_not_kept(tmp_path):
    assert (Cache(tmp_path).array("x", (2,), BYTE, filler(1, keep=False)) == 1).all()
    assert (Cache(tmp_path).array("x", (2,), BYTE, filler(2)) == 2).all()
    assert not list(tmp_path.glob("new-*"))


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    cache = Cache(tmp_path, limit_bytes=250)
    cache.array("old", (100,), BYTE, filler(1))
    cache.put_many({"middle": bytes(100)})
    cache.array("old", (100,), BYTE, never)
    cache.put_many({"new": bytes(100)})
    assert set(cache.get_many(["middle", "new"])) == {"new"}
    cache.array("old", (100,), BYTE, never)


def test_an_array_over_the_limit_is_made_in_memory(tmp_path):
    cache = Cache(tmp_path, limit_bytes=10)
    assert (cache.array("x", (100,), BYTE, filler(3)) == 3).all()
    assert not list(tmp_path.glob("*.npy"))


def test_a_damaged_cache_is_told_once_and_begun_anew(tmp_path, capsys):
    (tmp_path / "cache.sqlite").write_bytes(b"not a database at all" * 100)
    cache = Cache(tmp_path)
    assert cache.get_many(["a"]) == {}
    cache.put_many({"a": b"1"})
    assert capsys.readouterr().err.count("cannot be used") == 1
    assert Cache(tmp_path).get_many(["a"]) == {"a": b"1"}


def test_a_truncated_array_is_computed_again(tmp_path):
    Cache(tmp_path).array("x", (100,), BYTE, filler(1))
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:150])
    assert (Cache(tmp_path).array("x", (100,), BYTE, filler(2)) == 2).all()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    cache.put_many({"a": b"1"})
    assert cache.get_many(["a"]) == {}
    assert (cache.array("x", (2,), BYTE, filler(5)) == 5).all()


def test_a_limit_that_is_no_number_is_an_error(monkeypatch):
    monkeypatch.setenv("TAGONAUT_CACHE_GB", "many")
    with pytest.raises(TagonautError, match="TAGONAUT_CACHE_GB"):
        Cache()


def spoil_page(file):
    """Let the first page be whole and the table's pages be damaged, as a bad block leaves it."""
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)


def other_table(file):
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE entries (name TEXT)")


@pytest.mark.parametrize("spoil", [spoil_page, other_table])
def test_a_malformed_database_is_begun_anew_and_the_limit_holds(tmp_path, capsys, spoil):
    cache = Cache(tmp_path, limit_bytes=1000)
    cache.put_many({str(number): bytes(5) for number in range(100)})
    for name in ("old", "older"):
        cache.array(name, (300,), BYTE, filler(1))
    for age, file in enumerate(sorted(tmp_path.glob("*.npy"))):
        os.utime(file, (age, age))
    spoil(tmp_path / "cache.sqlite")
    again = Cache(tmp_path, limit_bytes=1000)
    again.put_many({"a": b"1"})
    assert again.get_many(["a", "7"]) == {"a": b"1"}
    assert capsys.readouterr().err.count("it is rebuilt") == 1
    # The arrays that were there count, and the oldest goes first.
    again.array("new", (300,), BYTE, filler(2))
    assert sum(file.stat().st_size for file in tmp_path.glob("*.npy")) <= 1000
    again.array("new", (300,), BYTE, never)


def test_a_full_or_locked_database_is_not_begun_anew(tmp_path, capsys):
    cache = Cache(tmp_path)
    cache.put_many({"a": b"1"})

    def busy(database):
        raise sqlite3.OperationalError("database is locked")

    assert cache._with_database(busy, "otherwise") == "otherwise"
    assert "continuing without it" in capsys.readouterr().err
    assert cache.get_many(["a"]) == {"a": b"1"}


def test_a_file_that_another_process_takes_away_disturbs_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "new-other").write_bytes(b"")
    stat = Path.stat

    def gone(self, **how):
        if self.name == "new-other":
            raise FileNotFoundError(2, "No such file or directory")
        return stat(self, **how)

    monkeypatch.setattr(Path, "stat", gone)
    Cache(tmp_path).array("x", (100,), BYTE, filler(1))
    Cache(tmp_path).array("x", (100,), BYTE, never)
    assert not capsys.readouterr().err


def test_an_array_whose_file_was_taken_away_is_given_all_the_same(tmp_path, capsys):
    def fill(array):
        array[:] = 3
        for file in tmp_path.glob("new-*"):
            file.unlink()
        return True

    assert (Cache(tmp_path).array("x", (100,), BYTE, fill) == 3).all()
    assert "cannot be used" in capsys.readouterr().err


def test_what_a_killed_process_left_is_cleared_after_a_day(tmp_path):
    for name, age in (("new-old", 90_000), ("new-young", 60)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    Cache(tmp_path).array("x", (100,), BYTE, filler(1))
    assert {path.name for path in tmp_path.glob("new-*")} == {"new-young"}


@pytest.fixture(params=["there", "missing", "refused"])
def fallocate(request, monkeypatch):
    """As on Linux, as on macOS, and as on a disk that cannot reserve room."""
    if request.param == "missing":
        monkeypatch.delattr(os, "posix_fallocate")
    elif request.param == "refused":

        def refused(*_):
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(os, "posix_fallocate", refused)


@pytest.mark.usefixtures("fallocate")
def test_room_is_reserved_whatever_the_system_has_for_it(tmp_path):
    seen = []

    def fill(array):
        (file,) = tmp_path.glob("new-*")
        seen.append(file.stat().st_blocks * 512)
        array[:] = 1
        return True

    Cache(tmp_path).array("x", (3_000_001,), BYTE, fill)
    assert seen[0] >= 3_000_000
    assert (Cache(tmp_path).array("x", (3_000_001,), BYTE, never) == 1).all()


@pytest.mark.usefixtures("fallocate")
def test_a_full_disk_is_found_before_the_work(tmp_path, capsys):
    import resource
    import signal

    # A limit of the size of files stands for a full disk.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        values = Cache(tmp_path).array("x", (3_000_000,), BYTE, filler(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (values == 1).all()
    assert "cannot be used" in capsys.readouterr().err
    assert not list(tmp_path.glob("*new*"))


@pytest.mark.parametrize(
    ("folder", "own", "xdg", "below_home"),
    [
        (cache_folder, "TAGONAUT_CACHE", "XDG_CACHE_HOME", ".cache"),
        (state_folder, "TAGONAUT_STATE", "XDG_STATE_HOME", ".local/state"),
    ],
)
def test_folders_are_where_they_always_were(monkeypatch, tmp_path, folder, own, xdg, below_home):
    monkeypatch.setenv(own, str(tmp_path / "own"))
    assert folder() == tmp_path / "own"
    monkeypatch.delenv(own)
    monkeypatch.setenv(xdg, str(tmp_path / "xdg"))
    assert folder() == tmp_path / "xdg" / "tagonaut"
    monkeypatch.delenv(xdg)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder() == tmp_path / below_home / "tagonaut"


def test_what_the_database_names_outside_the_cache_is_never_removed(tmp_path):
    victim = tmp_path / "victim.jpg"
    victim.write_bytes(b"the only copy")
    folder = tmp_path / "cache"
    cache = Cache(folder, limit_bytes=10)
    cache.put_many({"a": b"1"})
    (folder / "own.txt").write_text("a person's")
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database, database:
        for key in ("../victim.jpg", str(victim), "own.txt", b"blob", None):
            database.execute("INSERT INTO entries VALUES (?, 100, 0, NULL)", (key,))
        database.execute("INSERT INTO entries VALUES ('odd', 'much', 'never', 'text')")
    cache.put_many({"b": b"22"})
    assert victim.read_bytes() == b"the only copy"
    assert (folder / "own.txt").exists()
    assert cache.get_many(["a", "b", "odd"]) == {"a": b"1", "b": b"22"}


def test_a_database_with_triggers_is_begun_anew(tmp_path, capsys):
    Cache(tmp_path).put_many({"a": b"1"})
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as database, database:
        database.execute("CREATE TRIGGER t AFTER UPDATE ON entries BEGIN DELETE FROM entries; END")
    assert Cache(tmp_path).get_many(["a"]) == {}
    assert "it is rebuilt" in capsys.readouterr().err
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as database:
        assert (
            database.execute("SELECT * FROM sqlite_master WHERE type = 'trigger'").fetchall() == []
        )


def test_a_damaged_value_is_computed_again(tmp_path, capsys):
    cache = Cache(tmp_path)
    cache.put_many({"a": b"right", "b": b"right", "c": b"right"})
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as database, database:
        database.execute(
            "UPDATE entries SET value = replace(value, 'right', 'wrong') WHERE key='a'"
        )
        # The value of another picture.
        database.execute(
            "UPDATE entries SET value = (SELECT value FROM entries WHERE key = 'c') WHERE key='b'"
        )
    assert cache.get_many(["a", "b", "c"]) == {"c": b"right"}
    assert capsys.readouterr().err.count("computed again") == 1


def test_a_damaged_array_is_computed_again(tmp_path, capsys):
    Cache(tmp_path).array("x", (1000,), BYTE, filler(1))
    (file,) = tmp_path.glob("*.npy")
    content = bytearray(file.read_bytes())
    content[600] ^= 1
    file.write_bytes(content)
    assert (Cache(tmp_path).array("x", (1000,), BYTE, filler(2)) == 2).all()
    assert capsys.readouterr().err.count("computed again") == 1
    (Cache(tmp_path).array("x", (1000,), BYTE, never))


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_an_array_that_is_a_pipe_or_a_link_is_not_read(tmp_path, make):
    Cache(tmp_path).array("x", (10,), BYTE, filler(1))
    (file,) = tmp_path.glob("*.npy")
    file.unlink()
    make(file)
    assert (Cache(tmp_path).array("x", (10,), BYTE, filler(2)) == 2).all()


def test_the_folder_is_its_owners_alone(tmp_path, monkeypatch):
    Cache(tmp_path / "a" / "new").put_many({"a": b"1"})
    assert (tmp_path / "a" / "new").stat().st_mode & 0o777 == 0o700
    # One that an earlier version made is closed; a folder of the user's choice is not.
    monkeypatch.delenv("TAGONAUT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for folder in (tmp_path / "tagonaut", tmp_path / "chosen"):
        folder.mkdir(mode=0o755)
        Cache(folder).put_many({"a": b"1"})
    assert (tmp_path / "tagonaut").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "chosen").stat().st_mode & 0o777 == 0o755

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

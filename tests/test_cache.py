import numpy as np
import pytest

from tagonaut.cache import Cache
from tagonaut.errors import TagonautError

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

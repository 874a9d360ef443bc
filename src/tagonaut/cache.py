"""One bounded, content-addressed cache: pixels, features, thumbnails.

A cache is only ever a saving: where its folder cannot be used, work goes on without it.
"""

import hashlib
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError

FOLDER_VARIABLE = "TAGONAUT_CACHE"
LIMIT_VARIABLE = "TAGONAUT_CACHE_GB"
DEFAULT_LIMIT_GB = 20.0

T = TypeVar("T")


def cache_folder() -> Path:
    """``TAGONAUT_CACHE``, or ``tagonaut`` in the user's cache folder."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Path(folder)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tagonaut"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tagonaut"


class Cache:
    """Values by key, up to a limit of bytes; what was not used for longest goes first.

    Small values live in an SQLite file, arrays in files of their own beside it.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int | None = None) -> None:
        self.folder = folder or cache_folder()
        self.limit_bytes = _limit() if limit_bytes is None else limit_bytes
        self._told = False

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The values of those keys that are there."""

        def get(database: sqlite3.Connection) -> dict[str, bytes]:
            found: dict[str, bytes] = {}
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                where = f"WHERE key IN ({','.join('?' * len(some))})"
                found.update(database.execute(f"SELECT key, value FROM entries {where}", some))
                database.execute(f"UPDATE entries SET used = ? {where}", (time.time(), *some))
            return found

        return self._with_database(get, {})

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep small values (up to some hundred kilobytes each)."""
        self._put([(key, len(value), time.time(), value) for key, value in values.items()])

    def array(
        self,
        key: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: Callable[[NDArray[Any]], bool],
    ) -> NDArray[Any]:
        """The array kept under ``key``, read-only; else one that ``fill`` has written into.

        It is kept only if ``fill`` returns true. An array larger than the limit, or one that the
        disk has no room for, is made in memory.
        """
        name = hashlib.sha256(key.encode()).hexdigest() + ".npy"
        path = self.folder / name
        size = int(np.prod(shape)) * dtype.itemsize
        kept = _mapped(path, shape, dtype)
        if kept is not None:
            self._note(name, size)
            return kept
        temporary = self._room(name, size)
        if temporary is None:
            values: NDArray[Any] = np.zeros(shape, dtype)
            fill(values)
            return values
        try:
            values = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
            if fill(values):
                values.flush()
                temporary.replace(path)
                self._note(name, size)
            return values
        finally:
            temporary.unlink(missing_ok=True)

    def _room(self, name: str, size: int) -> Path | None:
        """A new file of ``size`` bytes really reserved: a memory map on a full disk would crash."""
        if size > self.limit_bytes:
            return None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob("new-*"):
                if time.time() - left.stat().st_mtime > 86_400:
                    left.unlink(missing_ok=True)
            handle, text = tempfile.mkstemp(prefix="new-", suffix=name, dir=self.folder)
            try:
                os.posix_fallocate(handle, 0, size + 4096)
            except OSError:
                Path(text).unlink()
                raise
            finally:
                os.close(handle)
        except OSError as error:
            self._tell(error)
            return None
        return Path(text)

    def _note(self, name: str, size: int) -> None:
        self._put([(name, size, time.time(), None)])

    def _put(self, rows: Sequence[tuple[str, int, float, bytes | None]]) -> None:
        def put(database: sqlite3.Connection) -> None:
            database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
            self._evict(database)

        self._with_database(put, None)

    def _evict(self, database: sqlite3.Connection) -> None:
        (total,) = database.execute("SELECT coalesce(sum(size), 0) FROM entries").fetchone()
        if total <= self.limit_bytes:
            return
        oldest = database.execute(
            "SELECT key, size, value IS NULL FROM entries ORDER BY used"
        ).fetchall()
        for key, size, is_file in oldest:
            if total <= self.limit_bytes:
                break
            if is_file:
                (self.folder / key).unlink(missing_ok=True)
            database.execute("DELETE FROM entries WHERE key = ?", (key,))
            total -= size

    def _with_database(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        path = self.folder / "cache.sqlite"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=30)) as database, database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS entries"
                    " (key TEXT PRIMARY KEY, size INTEGER, used REAL, value BLOB)"
                )
                return work(database)
        except (sqlite3.Error, OSError) as error:
            self._tell(error)
            if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
                path.unlink(missing_ok=True)
            return otherwise

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            sys.stderr.write(
                f"the cache {self.folder} cannot be used ({error}): going on without\n"
            )


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        return int((float(text) if text else DEFAULT_LIMIT_GB) * 1e9)
    except ValueError:
        raise TagonautError(f"{LIMIT_VARIABLE} is {text!r}: not a number of gigabytes") from None


def _mapped(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    try:
        values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return values if values.shape == shape and values.dtype == dtype else None

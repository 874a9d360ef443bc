"""One bounded, content-addressed cache: pixels, features, thumbnails.

A cache is only ever a saving: where its folder cannot be used, work goes on without it.
"""

import errno
import hashlib
import io
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tagonaut.errors import TagonautError

FOLDER_VARIABLE = "TAGONAUT_CACHE"
LIMIT_VARIABLE = "TAGONAUT_CACHE_GB"
DEFAULT_LIMIT_GB = 20.0

# SQLite's codes for a file that is damaged, no database, or one of other tables.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# A file that a process at work may still be writing is younger.
_ABANDONED_SECONDS = 86_400

T = TypeVar("T")


def cache_folder() -> Path:
    """``TAGONAUT_CACHE``, or ``tagonaut`` in the user's cache folder."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Path(folder)
    return platformdirs.user_cache_path("tagonaut", appauthor=False)


class Cache:
    """Values by key, up to a limit of bytes; those that were not used for longest go first.

    Small values live in an SQLite file, arrays in files of their own beside it. A damaged SQLite
    file is begun anew, with the arrays that are there.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int | None = None) -> None:
        self.folder = folder or cache_folder()
        self.limit_bytes = _limit() if limit_bytes is None else limit_bytes
        self._reported = False

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
        """The array kept under ``key``, read-only; else a new one that ``fill`` writes into.

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
        header = _header(shape, dtype)
        temporary = self._room(name, header, size)
        if temporary is None:
            values: NDArray[Any] = np.zeros(shape, dtype)
            fill(values)
            return values
        try:
            values = np.memmap(temporary, dtype, "r+", len(header), shape)
            if fill(values):
                values.flush()
                self._keep(temporary, path, size)
            return values
        finally:
            temporary.unlink(missing_ok=True)

    def _keep(self, temporary: Path, path: Path, size: int) -> None:
        # Counted first: a kill may leave an entry without a file, and no file without an entry.
        self._note(path.name, size)
        try:
            temporary.replace(path)
        except OSError as error:  # the work is done all the same
            self._report(error)

    def _room(self, name: str, header: bytes, size: int) -> Path | None:
        """A new file of ``header`` and ``size`` bytes reserved; None where it cannot be.

        A memory map without them would crash when the disk is full.
        """
        if size > self.limit_bytes:
            return None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._clear_abandoned()
            handle, text = tempfile.mkstemp(prefix="new-", suffix=name, dir=self.folder)
            try:
                os.write(handle, header)
                _reserve(handle, len(header), size)
            except OSError:
                Path(text).unlink()
                raise
            finally:
                os.close(handle)
        except OSError as error:
            self._report(error)
            return None
        return Path(text)

    def _clear_abandoned(self) -> None:
        for left in self.folder.glob("new-*"):
            # Another process may end with its own at this moment.
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                    left.unlink()

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
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                return self._in_transaction(work)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED:
                    raise
                self._report(error, "it is rebuilt")
                self._begin_anew()
                return self._in_transaction(work)
        except (sqlite3.Error, OSError) as error:
            self._report(error)
            return otherwise

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables:
                self._create(database)
            return work(database)

    def _create(self, database: sqlite3.Connection) -> None:
        """An empty table, but for the arrays that are there: they count towards the limit."""
        database.execute(
            "CREATE TABLE IF NOT EXISTS entries"
            " (key TEXT PRIMARY KEY, size INTEGER, used REAL, value BLOB)"
        )
        for path in self.folder.glob(f"{'[0-9a-f]' * 64}.npy"):
            with suppress(OSError):
                found = path.stat()
                row = (path.name, found.st_size, found.st_mtime, None)
                database.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?)", row)

    def _begin_anew(self) -> None:
        # SQLite's own journal would be played back into the new file.
        for suffix in ("", "-journal", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self.folder / "cache.sqlite"

    def _report(self, error: Exception, then: str = "continuing without it") -> None:
        if not self._reported:
            self._reported = True
            sys.stderr.write(f"the cache {self.folder} cannot be used ({error}): {then}\n")


def _code(error: sqlite3.DatabaseError) -> int | None:
    """SQLite's primary result code; None for an error of the module's own."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """The first bytes of a file of NumPy's format."""
    file = io.BytesIO()
    described = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def _reserve(handle: int, start: int, size: int) -> None:
    """Take up the room on the disk after ``start``; raises ``OSError`` if there is too little."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(handle, start, size)
            return
        except OSError as error:
            # Some disks cannot, and macOS has no such call: then every byte is written.
            if error.errno not in {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}:
                raise
    block = bytes(1 << 20)
    with os.fdopen(os.dup(handle), "wb") as file:
        for done in range(0, size, len(block)):
            file.write(block[: size - done])
        file.flush()
        os.fsync(file.fileno())


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

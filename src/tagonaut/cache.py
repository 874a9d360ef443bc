"""One bounded, content-addressed cache: pixels, features, thumbnails.

A cache is only ever a saving: where its folder cannot be used, work goes on without it. Each value
ends with a checksum, so that a damaged one is computed again. The checksum is a CRC-32, which reads
3 GB/s here (SHA-256 and BLAKE2: under 1 GB/s): it finds damage, and the folder, which its owner
alone can read and write, keeps other people out.
"""

import errno
import hashlib
import io
import os
import re
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.files.reading import open_regular
from tagonaut.terminal import say

FOLDER_VARIABLE = "TAGONAUT_CACHE"
LIMIT_VARIABLE = "TAGONAUT_CACHE_GB"
DEFAULT_LIMIT_GB = 20.0

# SQLite's codes for a file that is damaged, no database, or one of other tables.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# A file that a process at work may still be writing is younger.
_ABANDONED_SECONDS = 86_400
# No other file of the folder is ever removed, whatever the database names.
_ARRAY_FILE = re.compile(r"[0-9a-f]{64}\.npy")
_CHECKSUM_BYTES = 4
_SCHEMA = {("table", "entries"), ("index", "sqlite_autoindex_entries_1")}
# The arrays that this process has read in full: path, inode, size, time of modification.
_checked: set[tuple[str, int, int, int]] = set()

T = TypeVar("T")


def cache_folder() -> Path:
    """``TAGONAUT_CACHE``, or ``tagonaut`` in the user's cache folder."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Path(folder)
    return _own_folder()


def _own_folder() -> Path:
    return platformdirs.user_cache_path("tagonaut", appauthor=False)


class Cache:
    """Values by key, up to a limit of bytes; those that were not used for longest go first.

    Small values live in an SQLite file, arrays in files of their own beside it. A damaged SQLite
    file is begun anew, with the arrays that are there. An array is checked in full when a process
    first loads it.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int | None = None) -> None:
        self.folder = folder or cache_folder()
        self.limit_bytes = _limit() if limit_bytes is None else limit_bytes
        self._reported = self._damage_reported = False

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The values of those keys that are there."""

        def get(database: sqlite3.Connection) -> dict[str, bytes]:
            found: dict[str, bytes] = {}
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                where = f"WHERE key IN ({','.join('?' * len(some))})"
                rows = f"SELECT key, CAST(value AS BLOB) FROM entries {where}"
                found.update(database.execute(rows, some))
                database.execute(f"UPDATE entries SET used = ? {where}", (time.time(), *some))
            return found

        empty: dict[str, bytes] = {}
        found = self._with_database(get, empty)
        whole = {key: _unsealed(key, value) for key, value in found.items()}
        if damaged := sum(value is None for value in whole.values()):
            self._report_damage(f"{damaged:,} of its values are")
        return {key: value for key, value in whole.items() if value is not None}

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep small values (up to some hundred kilobytes each)."""
        self._put(
            [(key, len(value), time.time(), _sealed(key, value)) for key, value in values.items()]
        )

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
        kept = self._kept(path, shape, dtype)
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
                with suppress(OSError), temporary.open("r+b") as file:
                    file.seek(0, os.SEEK_END)
                    file.write(_checksum(path.name, values))
                self._keep(temporary, path, size)
            return values
        finally:
            temporary.unlink(missing_ok=True)

    def _kept(
        self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any] | None:
        """The array in a file; None where there is none, or a damaged one."""
        header = _header(shape, dtype)
        try:
            with open_regular(path) as file:
                found = os.fstat(file.fileno())
                whole = len(header) + int(np.prod(shape)) * dtype.itemsize + _CHECKSUM_BYTES
                if found.st_size != whole or file.read(len(header)) != header:
                    raise ValueError("another array")
                values: NDArray[Any] = np.memmap(file, dtype, "r", len(header), shape)
                state = (str(path.absolute()), found.st_ino, found.st_size, found.st_mtime_ns)
                file.seek(-_CHECKSUM_BYTES, os.SEEK_END)
                if state not in _checked and file.read() != _checksum(path.name, values):
                    raise ValueError("another checksum")
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            self._report_damage("an array is")
            return None
        _checked.add(state)
        return values

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
            self._make_folder()
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
        database.execute(
            "DELETE FROM entries WHERE typeof(key) <> 'text' OR typeof(size) <> 'integer'"
        )
        (total,) = database.execute("SELECT coalesce(sum(size), 0) FROM entries").fetchone()
        oldest = database.execute(
            "SELECT rowid, key, size, value IS NULL FROM entries ORDER BY used"
        ).fetchall()
        for row, key, size, is_file in oldest:
            if total <= self.limit_bytes:
                break
            if is_file and _ARRAY_FILE.fullmatch(key):
                (self.folder / key).unlink(missing_ok=True)
            database.execute("DELETE FROM entries WHERE rowid = ?", (row,))
            total -= size

    def _with_database(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            self._make_folder()
            try:
                return self._in_transaction(work)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED and not isinstance(error, _ForeignSchemaError):
                    raise
                self._report(error, "it is rebuilt")
                self._begin_anew()
                return self._in_transaction(work)
        except (sqlite3.Error, OSError) as error:
            self._report(error)
            return otherwise

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            there = set(database.execute("SELECT type, name FROM sqlite_master"))
            if not there:
                self._create(database)
            elif there != _SCHEMA:
                raise _ForeignSchemaError("its database has tables, views or triggers of others")
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

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077 and self.folder == _own_folder():
            self.folder.chmod(0o700)

    @property
    def _file(self) -> Path:
        return self.folder / "cache.sqlite"

    def _report(self, error: Exception, then: str = "continuing without it") -> None:
        if not self._reported:
            self._reported = True
            say(f"the cache {self.folder} cannot be used ({error}): {then}")

    def _report_damage(self, what: str) -> None:
        if not self._damage_reported:
            self._damage_reported = True
            say(
                f"the cache {self.folder}: {what} damaged, or of an earlier version: computed again"
            )


class _ForeignSchemaError(sqlite3.DatabaseError):
    """The database is none that this module has made."""


def _checksum(name: str, value: Any) -> bytes:
    """The checksum of the bytes of a value and of its name, under which no other value belongs."""
    return zlib.crc32(value, zlib.crc32(name.encode())).to_bytes(_CHECKSUM_BYTES, "little")


def _sealed(key: str, value: bytes) -> bytes:
    return value + _checksum(key, value)


def _unsealed(key: str, sealed: Any) -> bytes | None:
    """The value; None for a damaged one."""
    value = sealed[:-_CHECKSUM_BYTES] if isinstance(sealed, bytes) else b""
    return value if sealed == _sealed(key, value) else None


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

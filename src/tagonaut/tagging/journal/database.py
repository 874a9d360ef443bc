"""The journal's SQLite file: its kind and version, its transactions, its errors."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tagonaut.errors import TagonautError
from tagonaut.tagging.journal.schema import APPLICATION, MIGRATIONS, SCHEMA, VERSION

_COMMIT_SECONDS = 1.0
# Rows that a query which streams a table reads at once.
PAGE = 500
# SQLITE_DBCONFIG_DEFENSIVE
_DEFENSIVE = 1010
_COLUMNS = (
    "SELECT tables.name, columns.name, columns.hidden FROM sqlite_master AS tables,"
    " pragma_table_xinfo(tables.name) AS columns WHERE tables.type = 'table'"
)

Execute = Callable[..., sqlite3.Cursor]


class Database:
    """An SQLite file that threads may share; one commit serves several changes.

    A file of an earlier version is migrated in one transaction. Raises ``TagonautError`` for a file
    that is damaged, of another kind or a later version, or that cannot be written, and, before
    anything is written, unless the file that is open is ``the_file``, which raises ``OSError``.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        the_file: Callable[[], os.stat_result] | None = None,
    ) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._committing = threading.Lock()
        self._noted = self._durable = 0
        self._committed = time.monotonic()
        with self._guarded():
            if not read_only and the_file is None:
                make_private(path)
            mode = "ro" if read_only else "rw"
            address = f"{path.absolute().as_uri()}?mode={mode}"
            self._database = sqlite3.connect(
                address, uri=True, timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
                if the_file is not None:
                    self._check_file(the_file)
                self._check_kind(read_only)
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Commit, and close the file."""
        with self._guarded():
            try:
                self._commit()
            finally:
                self._database.close()

    def _check_file(self, the_file: Callable[[], os.stat_result]) -> None:
        """Raise ``TagonautError`` if a link or another file was put in the journal's place."""
        self._rows("PRAGMA user_version")  # from here on SQLite has the file open
        try:
            same = _is_open(the_file())
        except OSError as error:
            raise TagonautError(f"{self.path}: cannot be used ({error})") from None
        if not same:
            raise TagonautError(f"{self.path} was replaced while it was opened: not used")

    def _check_kind(self, read_only: bool) -> None:
        # A hostile file's own definitions may call nothing, and write to no table of SQLite's.
        self._database.execute("PRAGMA trusted_schema = OFF")
        if hasattr(self._database, "setconfig"):  # since Python 3.12
            self._database.setconfig(_DEFENSIVE, True)
        ((application,),) = self._rows("PRAGMA application_id")
        ((version,),) = self._rows("PRAGMA user_version")
        ((tables,),) = self._rows("SELECT count(*) FROM sqlite_master")
        # EXTRA: the removal of SQLite's own journal is on disk too, or else a power failure could
        # undo a write that the photo already has. Not WAL: it fails on network shares.
        self._database.execute("PRAGMA synchronous = EXTRA")
        if not tables and not read_only:
            self._change_tables(SCHEMA)
        elif application != APPLICATION:
            raise TagonautError(f"{self.path} is an SQLite file, but not a journal of Tagonaut")
        self._check_definitions()
        if not tables:
            return
        if version in MIGRATIONS and not read_only:
            self._change_tables("".join(MIGRATIONS[step] for step in range(version, VERSION)))
        elif version != VERSION:
            raise TagonautError(
                f"the journal {self.path} has version {version}, this Tagonaut knows {VERSION}:"
                " use the Tagonaut that wrote it, or a newer one"
            )
        self._check_columns()

    def _check_definitions(self) -> None:
        """Raise ``TagonautError`` for triggers, views and virtual tables: no journal has any."""
        strange = self._rows(
            "SELECT type || ' ' || name FROM sqlite_master WHERE type NOT IN ('table', 'index')"
            " OR (type = 'table' AND rootpage = 0)"
        )
        if strange:
            raise TagonautError(
                f"{self.path} is no journal of Tagonaut's: it has the {strange[0][0]}: not used"
            )

    def _check_columns(self) -> None:
        """Raise ``TagonautError`` unless there are exactly the journal's tables and columns."""
        with closing(sqlite3.connect(":memory:")) as new:
            new.executescript(SCHEMA)
            expected = {*new.execute(_COLUMNS)}
        if {*self._rows(_COLUMNS)} != expected:
            raise TagonautError(f"{self.path} is no journal of Tagonaut's: its tables are others")

    def _change_tables(self, script: str) -> None:
        try:
            self._database.executescript(f"BEGIN IMMEDIATE; {script}; COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._guarded():
            return self._database.execute(query, values).fetchall()

    def _row(self, query: str, *values: object) -> Any:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    @contextmanager
    def _changing(self) -> Iterator[Execute]:
        """Take part in a transaction, which is committed after a second at the latest."""
        with self._guarded():
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            yield self._database.execute
            if time.monotonic() - self._committed >= _COMMIT_SECONDS:
                self._commit()

    def _ticket(self) -> int:
        """A number for the change just made, for ``_wait_for_disk``; call it while changing."""
        self._noted += 1
        return self._noted

    def _wait_for_disk(self, ticket: int) -> None:
        # The commit of the first thread that waits here serves all the others.
        with self._committing:
            if self._durable < ticket:
                with self._guarded():
                    self._commit()

    def _commit(self) -> None:
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        self._durable = self._noted
        self._committed = time.monotonic()

    @contextmanager
    def _parsing(self) -> Iterator[None]:
        """Raise ``TagonautError`` where the values of a damaged or hostile journal are read."""
        try:
            yield
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: object) -> TagonautError:
        return TagonautError(
            f"the journal {self.path} is damaged ({error}): bring it back from a backup, or"
            " move it aside and lose the knowledge of which tags are ours"
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            raise TagonautError(f"the journal {self.path} cannot be used ({error})") from error
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            raise self._damaged(error) from error


def typed(value: Any, *kinds: type) -> Any:
    """A value of a journal; ``TypeError`` if it is not of one of these types.

    SQLite holds any value in any column.
    """
    if type(value) not in kinds:
        raise TypeError(f"a value is of type {type(value).__name__}")
    return value


def _is_open(file: os.stat_result) -> bool:
    """Whether this process has a file open; true where the system cannot say."""
    with suppress(OSError):
        for handle in os.listdir("/proc/self/fd"):  # noqa: PTH208
            with suppress(OSError):
                if os.path.samestat(os.fstat(int(handle)), file):
                    return True
        return False
    return True


def make_private(path: Path) -> None:
    """Create the file of a new journal, for its owner alone."""
    with suppress(OSError):  # SQLite reports it
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))


def is_current(path: Path) -> bool:
    """Whether a journal can be read as it is; false for one of an earlier version."""
    try:
        with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return True
    return version not in MIGRATIONS

"""What was done to each photo, in an SQLite file that outlives kills and power failures."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.metadata.keywords import Keywords
from tagonaut.tagging.records import Seen, Write
from tagonaut.tagging.replacing import Stamp
from tagonaut.tagging.schema import APPLICATION, SCHEMA, VERSION

_COMMIT_SECONDS = 1.0
_PAGE = 500


class Journal:
    """The journal of one archive; photos are known by their path relative to its root, as bytes.

    Threads may share it. What ``begin`` notes is on disk when it returns; everything else follows
    within about a second of work, and at the latest with ``close``. Raises ``TagonautError`` for a
    file that is damaged, of another kind or version, or that cannot be written.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._committing = threading.Lock()
        self._noted = self._durable = 0
        self._committed = time.monotonic()
        with self._guarded():
            address = path.absolute().as_uri() + ("?mode=ro" if read_only else "")
            self._database = sqlite3.connect(
                address, uri=True, timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
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
        """Put everything on disk."""
        with self._guarded():
            try:
                self._commit()
            finally:
                self._database.close()

    def seen(self, paths: Iterable[bytes]) -> dict[bytes, Seen]:
        """What is known of photos, up to some hundred; nothing where no run ended well with one."""
        asked = list(paths)
        rows = self._rows(
            "SELECT path, run, source_size, source_mtime_ns, size, mtime_ns FROM photos"
            f" WHERE path IN ({','.join('?' * len(asked))})",
            *asked,
        )
        return {row[0]: Seen(row[1], Stamp(*row[2:4]), Stamp(*row[4:6])) for row in rows}

    def settle(self, path: bytes, run: str, source: Stamp, left: Stamp) -> None:
        """A run ended well with a photo, without writing."""
        with self._changing() as execute:
            self._leave(execute, path, run, source, left)

    def begin(self, write: Write) -> int:
        """Note a write that is about to take the photo's place; on disk when this returns."""
        with self._changing() as execute:
            cursor = execute(
                "INSERT INTO writes (path, run, time, state, source_size, source_mtime_ns, before,"
                " after, digest_before, digest_after, tags, afresh)"
                " VALUES (?, ?, ?, 'writing', ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(write.path, write.run, time.time(), *write.source),
                    *(json.dumps(fields.to_json()) for fields in (write.before, write.after)),
                    *(write.digest_before, write.digest_after),
                    *(json.dumps(write.tags), write.afresh),
                ),
            )
            self._noted += 1
            ticket = self._noted
        # Those who wait here for the disk are all served by the commit of the first of them.
        with self._committing:
            if self._durable < ticket:
                with self._guarded():
                    self._commit()
        return int(cursor.lastrowid or 0)

    def done(self, number: int, left: Stamp) -> None:
        """The write has taken the photo's place; ``left`` is the stamp of what stands there."""
        with self._changing() as execute:
            (write,) = self._writes("number = ?", number)
            if write.run is None or write.afresh:
                self._undo(execute, write.path)
            for tag, score in write.tags.items():
                execute(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, 'written', ?)",
                    (write.path, tag, write.run, score, time.time()),
                )
            execute("UPDATE writes SET state = 'done' WHERE number = ?", (number,))
            self._leave(execute, write.path, write.run, write.source, left)

    def failed(self, number: int) -> None:
        """The write has not taken the photo's place."""
        with self._changing() as execute:
            execute("UPDATE writes SET state = 'failed' WHERE number = ?", (number,))

    def undone(self, path: bytes) -> None:
        """Nothing of ours is on a photo any more, without a write."""
        with self._changing() as execute:
            self._undo(execute, path)
            execute("UPDATE photos SET run = NULL WHERE path = ?", (path,))

    def refuse(self, path: bytes, tags: Iterable[str]) -> None:
        """A person took tags of ours away."""
        for tag in tags:
            with self._changing() as execute:
                execute(
                    "UPDATE facts SET state = 'refused', time = ?"
                    " WHERE path = ? AND tag = ? AND state = 'written'",
                    (time.time(), path, tag),
                )

    def facts(self, path: bytes) -> dict[str, str]:
        """The state of each tag that we ever wrote to a photo: written, refused or undone."""
        return dict(self._rows("SELECT tag, state FROM facts WHERE path = ?", path))

    def writes(self, path: bytes) -> list[Write]:
        """The writes of tags that are in force on a photo, newest first."""
        return self._writes("path = ? AND run IS NOT NULL AND state = 'done'", path)

    def unfinished(self) -> list[Write]:
        """Writes of which it is not known whether they took the photo's place."""
        return self._writes("state = 'writing'")

    def tagged(self) -> Iterator[bytes]:
        """The paths of all photos with writes in force, sorted; they may change meanwhile."""
        last = b""
        while True:
            rows = self._rows(
                "SELECT DISTINCT path FROM writes WHERE run IS NOT NULL AND state = 'done'"
                f" AND path > ? ORDER BY path LIMIT {_PAGE}",
                last,
            )
            if not rows:
                return
            yield from (path for (path,) in rows)
            last = rows[-1][0]

    def register(self, run: str, labels: Sequence[str]) -> None:
        """Make a run known, with the labels that its scores stand for."""
        with self._changing() as execute:
            execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (run, json.dumps(labels)))

    def labels(self, run: str) -> list[str]:
        """The labels that a run's scores stand for; none for a run that is not known."""
        row = self._row("SELECT labels FROM runs WHERE run = ?", run)
        return [] if row is None else json.loads(row[0])

    def score(self, path: bytes, run: str, scores: NDArray[np.float32]) -> None:
        """Keep the scores ``[k]`` that a run gave a photo."""
        with self._changing() as execute:
            values = np.ascontiguousarray(scores, "<f4").tobytes()
            execute("INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", (run, path, values))

    def scores(self, run: str) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
        """Each photo's path and scores ``[k]`` by a run, sorted by path."""
        last = b""
        while True:
            rows = self._rows(
                "SELECT path, scores FROM scores WHERE run = ? AND path > ?"
                f" ORDER BY path LIMIT {_PAGE}",
                run,
                last,
            )
            if not rows:
                return
            for path, values in rows:
                yield path, np.frombuffer(values, "<f4")
            last = rows[-1][0]

    def _check_kind(self, read_only: bool) -> None:
        ((application,),) = self._rows("PRAGMA application_id")
        ((version,),) = self._rows("PRAGMA user_version")
        ((tables,),) = self._rows("SELECT count(*) FROM sqlite_master")
        if not tables and not read_only:
            self._database.executescript(f"BEGIN; {SCHEMA}; COMMIT")
        elif application != APPLICATION:
            raise TagonautError(f"{self.path} is an SQLite file, but no journal of Tagonaut's")
        elif version != VERSION:
            raise TagonautError(
                f"the journal {self.path} has version {version}, this Tagonaut knows {VERSION}:"
                " use the Tagonaut that wrote it, or a newer one"
            )
        # EXTRA: the removal of SQLite's own journal is on disk too, or else a power failure could
        # take back a write that the photo already has. Not WAL: it fails on network shares.
        self._database.execute("PRAGMA synchronous = EXTRA")

    def _writes(self, where: str, *values: object) -> list[Write]:
        rows = self._rows(
            "SELECT path, run, source_size, source_mtime_ns, before, after, digest_before,"
            f" digest_after, tags, afresh, number FROM writes WHERE {where} ORDER BY number DESC",
            *values,
        )
        return [
            Write(
                path=row[0],
                run=row[1],
                source=Stamp(row[2], row[3]),
                before=Keywords.from_json(json.loads(row[4])),
                after=Keywords.from_json(json.loads(row[5])),
                digest_before=row[6],
                digest_after=row[7],
                tags=json.loads(row[8]),
                afresh=bool(row[9]),
                number=row[10],
            )
            for row in rows
        ]

    def _leave(
        self, execute: Any, path: bytes, run: str | None, source: Stamp, left: Stamp
    ) -> None:
        values = (path, run, *source, *left, time.time())
        execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _undo(self, execute: Any, path: bytes) -> None:
        execute(
            "UPDATE writes SET state = 'undone'"
            " WHERE path = ? AND run IS NOT NULL AND state = 'done'",
            (path,),
        )
        execute(
            "UPDATE facts SET state = 'undone', time = ? WHERE path = ? AND state = 'written'",
            (time.time(), path),
        )

    def _row(self, query: str, *values: object) -> Any:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._guarded():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _changing(self) -> Iterator[Any]:
        """Part of a transaction; several wait for one commit, for a second at most."""
        with self._guarded():
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            yield self._database.execute
            if time.monotonic() - self._committed >= _COMMIT_SECONDS:
                self._commit()

    def _commit(self) -> None:
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        self._durable = self._noted
        self._committed = time.monotonic()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            raise TagonautError(f"the journal {self.path} cannot be used ({error})") from error
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            raise TagonautError(
                f"the journal {self.path} is damaged ({error}): bring it back from a backup, or"
                " move it aside and lose the knowledge of which tags are ours"
            ) from error

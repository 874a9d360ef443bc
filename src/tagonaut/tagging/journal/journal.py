"""What was done to each photo, in an SQLite file that outlives kills and power failures."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.files.atomic import Stamp
from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal.database import Database, Execute
from tagonaut.tagging.journal.records import Fact, Seen, State, Write
from tagonaut.tagging.journal.selection import Selection

_PAGE = 500
# Paths of photos in whose places others were put begin so; no file's name does.
_ASIDE = b"\0"
_LIKE_IT = 20
# Of which a later restoring has to know: writes of tags, and those that took away some of them.
_IN_FORCE = "state = 'done' AND (run IS NOT NULL OR taken != '[]')"


class Journal(Database):
    """The journal of one archive; photos are known by their path relative to its root, as bytes.

    A sidecar goes by its own path. Threads may share the journal. What ``begin`` notes is on disk
    when it returns; everything else follows within about a second of work, and at the latest with
    ``close``.
    """

    def seen(self, paths: Iterable[bytes]) -> dict[bytes, Seen]:
        """What is known of photos, up to some hundred; nothing where no run ended well with one."""
        asked = list(paths)
        rows = self._rows(
            "SELECT path, run, source_size, source_mtime_ns, size, mtime_ns FROM photos"
            f" WHERE path IN ({','.join('?' * len(asked))})",
            *asked,
        )
        return {row[0]: Seen(row[1], Stamp(*row[2:4]), Stamp(*row[4:6])) for row in rows}

    def settle(
        self,
        path: bytes,
        run: str,
        source: Stamp,
        left: Stamp,
        *,
        sidecar_of: bytes | None = None,
    ) -> None:
        """A run ended well with a photo, without writing."""
        with self._changing() as execute:
            self._leave(execute, path, run, source, left, sidecar_of)

    def begin(self, write: Write) -> int:
        """Note a write that is about to take the photo's place; on disk when this returns."""
        with self._changing() as execute:
            cursor = execute(
                "INSERT INTO writes (path, run, time, state, source_size, source_mtime_ns, before,"
                " after, digest_before, digest_after, tags, afresh, labels, taken, sidecar_of,"
                " digest_there, pixels)"
                " VALUES (?, ?, ?, 'writing', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(write.path, write.run, time.time(), *write.source),
                    *(json.dumps(fields.to_json()) for fields in (write.before, write.after)),
                    *(write.digest_before, write.digest_after),
                    *(json.dumps(write.tags), write.afresh),
                    *(json.dumps(write.labels), json.dumps(write.taken), write.sidecar_of),
                    *(write.digest_there, write.pixels),
                ),
            )
            ticket = self._ticket()
        self._wait_for_disk(ticket)
        return int(cursor.lastrowid or 0)

    def done(self, number: int, left: Stamp) -> None:
        """The write has taken the photo's place; ``left`` is the stamp of what stands there."""
        with self._changing() as execute:
            (write,) = self._writes("number = ?", number)
            now = time.time()
            if write.everything or write.afresh:
                self._undo(execute, write.path)
            for tag in write.taken:
                execute(
                    "UPDATE facts SET state = 'undone', time = ?"
                    " WHERE path = ? AND tag = ? AND state = 'written'",
                    (now, write.path, tag),
                )
            for tag, score in write.tags.items():
                label = write.labels.get(tag, tag)
                execute(
                    "INSERT INTO facts (path, tag, label, run, score, state, time)"
                    " VALUES (?, ?, ?, ?, ?, 'written', ?) ON CONFLICT (path, tag) DO UPDATE"
                    " SET label = excluded.label, run = excluded.run, score = excluded.score,"
                    " time = excluded.time,"
                    " state = iif(state = 'confirmed', state, excluded.state)",
                    (write.path, tag, label, write.run, score, now),
                )
            execute("UPDATE writes SET state = 'done' WHERE number = ?", (number,))
            self._leave(execute, write.path, write.run, write.source, left, write.sidecar_of)

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
        self._decide(path, tags, "refused", ("written", "confirmed"))

    def confirm(self, path: bytes, tags: Iterable[str]) -> None:
        """A person stands by tags of ours, or put back what had been taken away."""
        self._decide(path, tags, "confirmed", ("written", "refused", "undone"))

    def facts(self, path: bytes) -> dict[str, str]:
        """The state of each tag that we ever wrote to a photo."""
        return {fact.tag: fact.state for fact in self.told(path)}

    def told(self, path: bytes) -> list[Fact]:
        """All that is known of each tag that we ever wrote to a photo, by tag."""
        rows = self._rows(
            "SELECT tag, label, run, score, state, time FROM facts WHERE path = ? ORDER BY tag",
            path,
        )
        return [Fact(*row) for row in rows]

    def writes(self, path: bytes) -> list[Write]:
        """The writes that are in force on a photo, newest first."""
        return self._writes(f"path = ? AND {_IN_FORCE}", path)

    def last(self, path: bytes) -> Write | None:
        """The last write that took a photo's place, in force or not; None if we never wrote it."""
        found = self._writes(
            "number = (SELECT max(number) FROM writes WHERE path = ?"
            " AND state IN ('done', 'undone'))",
            path,
        )
        return found[0] if found else None

    def last_digest(self, path: bytes) -> str | None:
        """SHA-256 of what we last left of a photo; None if we never wrote it."""
        last = self.last(path)
        return None if last is None else last.digest_after

    def left_as(self, content: str) -> list[Write]:
        """Writes in force, each the last on its photo, that left a file of that SHA-256.

        Some twenty at most, those of photos in whose places others were put among them.
        """
        found = self._writes(
            f"number IN (SELECT number FROM writes WHERE digest_after = ? AND {_IN_FORCE}"
            f" ORDER BY number DESC LIMIT {_LIKE_IT})",
            content,
        )
        return [write for write in found if self.last(write.path) == write]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread uses the journal meanwhile."""
        with self._lock:
            yield

    def revert(self, path: bytes, writes: Sequence[Write], facts: Iterable[Fact]) -> None:
        """A photo is as it was before the last of its ``writes``; what that makes of its facts."""
        with self._changing() as execute:
            for write in writes:
                execute("UPDATE writes SET state = 'undone' WHERE number = ?", (write.number,))
            for fact in facts:
                execute(
                    "UPDATE facts SET state = ?, time = ? WHERE path = ? AND tag = ?"
                    " AND state != ?",
                    (fact.state, fact.time, path, fact.tag, fact.state),
                )

    def set_aside(self, path: bytes) -> None:
        """Another photo stands in the place of one: what is known of that is kept, not applied."""
        self._move(path, _ASIDE + secrets.token_hex(8).encode())

    def move(self, path: bytes, new: bytes, sidecar_of: bytes | None) -> None:
        """A photo has another path now; what was known of one that lay there is set aside."""
        self.set_aside(new)
        self._move(path, new)
        with self._changing() as execute:
            execute("UPDATE writes SET sidecar_of = ? WHERE path = ?", (sidecar_of, new))

    def _move(self, path: bytes, new: bytes) -> None:
        with self._changing() as execute:
            for table in ("writes", "facts"):
                execute(f"UPDATE {table} SET path = ? WHERE path = ?", (new, path))
            execute("DELETE FROM photos WHERE path = ?", (path,))

    def unfinished(self, path: bytes | None = None) -> list[Write]:
        """Writes, of one photo or all, of which it is not known whether they took its place."""
        if path is None:
            return self._writes("state = 'writing'")
        return self._writes("state = 'writing' AND path = ?", path)

    def tagged(self, selection: Selection | None = None) -> Iterator[bytes]:
        """The paths of all photos with writes in force, sorted; they may change meanwhile.

        With a selection, only those that have some of its tags.
        """
        query = f"SELECT DISTINCT path FROM writes WHERE {_IN_FORCE}"
        values: tuple[object, ...] = ()
        if selection is not None:
            condition, values = selection.condition()
            query = f"SELECT DISTINCT path FROM facts WHERE state = 'written' AND {condition}"
        last = _ASIDE + b"\xff"
        while True:
            rows = self._rows(f"{query} AND path > ? ORDER BY path LIMIT {_PAGE}", *values, last)
            if not rows:
                return
            yield from (path for (path,) in rows)
            last = rows[-1][0]

    def register(
        self, run: str, labels: Sequence[str], choice: Mapping[str, Any] | None = None
    ) -> None:
        """Make a run known, with the labels that its scores stand for and what is chosen."""
        with self._changing() as execute:
            execute(
                "INSERT OR REPLACE INTO runs (run, labels, choice) VALUES (?, ?, ?)",
                (run, json.dumps(labels), json.dumps(choice or {})),
            )

    def runs(self) -> list[str]:
        """The runs that tags were written by."""
        rows = self._rows(
            "SELECT run FROM facts UNION SELECT run FROM writes"
            " WHERE run IS NOT NULL AND state IN ('done', 'undone') ORDER BY run"
        )
        return [run for (run,) in rows]

    def labels(self, run: str) -> list[str]:
        """The labels that a run's scores stand for; none for a run that is not known."""
        row = self._row("SELECT labels FROM runs WHERE run = ?", run)
        return [] if row is None else json.loads(row[0])

    def words(self) -> set[str]:
        """What tags can be named by: every label of a run, and every tag that was written."""
        found = {tag for (tag,) in self._rows("SELECT DISTINCT tag FROM facts")}
        return found.union(*(json.loads(row) for (row,) in self._rows("SELECT labels FROM runs")))

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

    def root(self) -> bytes | None:
        """Where the archive lay when it was last worked on; None if that is not known."""
        row = self._row("SELECT root FROM archive")
        return None if row is None else row[0]

    def identity(self) -> str | None:
        """The id that the archive carries; None if that is not known."""
        row = self._row("SELECT id FROM archive")
        return None if row is None else row[0]

    def note_archive(self, root: bytes, identity: str | None) -> None:
        """Note where the archive lies, and the id that it carries."""
        if (self.root(), self.identity()) != (root, identity):
            with self._changing() as execute:
                execute("DELETE FROM archive")
                execute("INSERT INTO archive (root, id) VALUES (?, ?)", (root, identity))

    def _decide(
        self, path: bytes, tags: Iterable[str], state: State, states: Sequence[State]
    ) -> None:
        for tag in tags:
            with self._changing() as execute:
                execute(
                    "UPDATE facts SET state = ?, time = ? WHERE path = ? AND tag = ?"
                    f" AND state IN ({','.join('?' * len(states))})",
                    (state, time.time(), path, tag, *states),
                )

    def _writes(self, where: str, *values: object) -> list[Write]:
        rows = self._rows(
            "SELECT path, run, source_size, source_mtime_ns, before, after, digest_before,"
            " digest_after, tags, afresh, number, labels, taken, sidecar_of, digest_there, pixels"
            f" FROM writes WHERE {where} ORDER BY number DESC",
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
                labels=json.loads(row[11]),
                taken=tuple(json.loads(row[12])),
                sidecar_of=row[13],
                digest_there=row[14],
                pixels=row[15],
            )
            for row in rows
        ]

    def _leave(
        self,
        execute: Execute,
        path: bytes,
        run: str | None,
        source: Stamp,
        left: Stamp,
        sidecar_of: bytes | None,
    ) -> None:
        execute(
            "INSERT OR REPLACE INTO photos (path, run, source_size, source_mtime_ns, size,"
            " mtime_ns, time, sidecar_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (path, run, *source, *left, time.time(), sidecar_of),
        )

    def _undo(self, execute: Execute, path: bytes) -> None:
        execute(f"UPDATE writes SET state = 'undone' WHERE path = ? AND {_IN_FORCE}", (path,))
        execute(
            "UPDATE facts SET state = 'undone', time = ? WHERE path = ? AND state = 'written'",
            (time.time(), path),
        )

    def _row(self, query: str, *values: object) -> Any:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

"""The history of each photo of an archive, in a database that survives kills and power failures."""

import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tagonaut.files.atomic import Stamp
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.tagging.journal.database import PAGE, Execute, typed
from tagonaut.tagging.journal.events import Events
from tagonaut.tagging.journal.location import is_id
from tagonaut.tagging.journal.new_photos import NewPhotos
from tagonaut.tagging.journal.records import (
    BETWEEN_LABELS,
    SCORES,
    Fact,
    Seen,
    State,
    Write,
    Written,
)
from tagonaut.tagging.journal.runs import Runs
from tagonaut.tagging.journal.selection import Selection
from tagonaut.tagging.journal.unwritable import Unwritable

# The paths of replaced photos begin with this; no file's name does.
_ASIDE = b"\0"
_MOST_ALIKE = 100
_LISTS = {field.name for field in WORD_FIELDS}

_FACT = "tag, label, run, score, state, time"
# The columns of a write that a copy of its photo has too.
_COPIED = (
    "run, source_size, source_mtime_ns, before, after, digest_before, digest_after, tags, afresh,"
    " labels, taken, digest_there, pixels, capture, beside_size, beside_mtime_ns, runs"
)

T = TypeVar("T", dict[str, Any], list[Any])
_REPLACED = "state IN ('done', 'undone')"
_OF_TAGS = "(run IS NOT NULL OR taken != '[]')"
# The writes that untagging has to undo: those of tags, and those that removed some of our tags.
_IN_FORCE = f"state = 'done' AND {_OF_TAGS}"


class Journal(Runs, Events, Unwritable):
    """The journal of one archive; a photo's key is its path relative to the root, as bytes.

    A sidecar has its own path. Threads may share the journal. ``begin`` returns when its write is
    on disk; all other changes reach the disk within about a second of work, or with ``close``.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        the_file: Callable[[], os.stat_result] | None = None,
    ) -> None:
        super().__init__(path, read_only=read_only, the_file=the_file)
        # A question waits for the commit under way, and about new photos none needs to be asked.
        self._new = NewPhotos()
        self._begun: dict[int, Write] = {}

    def seen(self, paths: Iterable[bytes]) -> dict[bytes, Seen]:
        """The stamps of those of these photos, up to some hundred, that a run has finished."""
        asked = list(paths)
        self._find_new(asked)
        rows = self._rows(
            "SELECT path, run, source_size, source_mtime_ns, size, mtime_ns, beside_size,"
            " beside_mtime_ns FROM photos"
            f" WHERE path IN ({','.join('?' * len(asked))})",
            *asked,
        )
        with self._parsing():
            return {
                typed(row[0], bytes): Seen(
                    typed(row[1], str, type(None)),
                    *(_stamp(*row[2:4]), _stamp(*row[4:6])),
                    _stamp_if_known(*row[6:8]),
                )
                for row in rows
            }

    def _find_new(self, asked: Sequence[bytes]) -> None:
        with self._guarded():
            marks = ",".join("?" * len(asked))
            rows = self._rows(
                f"SELECT path FROM writes WHERE path IN ({marks})"
                f" UNION SELECT path FROM facts WHERE path IN ({marks})",
                *asked,
                *asked,
            )
            self._new.add({*asked}.difference(path for (path,) in rows))

    def settle(
        self,
        path: bytes,
        run: str,
        source: Stamp,
        left: Stamp,
        *,
        sidecar_of: bytes | None = None,
        beside: Stamp | None = None,
    ) -> None:
        """Note that a run finished a photo without writing to it."""
        with self._changing() as execute:
            self._leave(execute, path, Seen(run, source, left, beside), sidecar_of)

    def forget_finished(self) -> None:
        """Forget which photos runs finished, and their scores: each is looked at and scored."""
        with self._changing() as execute:
            execute("UPDATE photos SET run = NULL")
            execute("DELETE FROM scores")

    def forget_scores(self, is_there: Callable[[bytes, set[int]], bool]) -> None:
        """Forget the scores of photos that are not there; the sizes are those that one has had."""
        scored = [typed(path, bytes) for (path,) in self._rows("SELECT DISTINCT path FROM scores")]
        for path in scored:
            rows = self._rows(
                "SELECT size, source_size FROM photos WHERE path = ? OR sidecar_of = ?", path, path
            )
            if not is_there(path, {size for row in rows for size in row}):
                with self._changing() as execute:
                    execute("DELETE FROM scores WHERE path = ?", (path,))

    def begin(self, write: Write, delta: bytes | None = None) -> int:
        """Note that a new file is about to replace the photo; the note is on disk on return.

        ``delta`` leads from the new file back to the one before.
        """
        with self._changing() as execute:
            number = self._begin(execute, write)
            self._begun[number] = write
            if delta is not None:
                execute("INSERT OR REPLACE INTO originals VALUES (?, ?)", (number, delta))
            ticket = self._ticket()
        self._wait_for_disk(ticket)
        return number

    def begin_all(self, writes: Iterable[Write]) -> None:
        """As ``begin``, of many photos: all is on disk on return."""
        ticket = 0
        for write in writes:
            with self._changing() as execute:
                self._begin(execute, write)
                ticket = self._ticket()
        self._wait_for_disk(ticket)

    def done(self, number: int, left: Stamp) -> None:
        """Note that the new file, with the stamp ``left``, has replaced the photo."""
        with self._changing() as execute:
            write = self._begun.pop(number, None) or self._writes("number = ?", number)[0]
            now = time.time()
            if write.everything or write.afresh:
                self._undo(execute, write.path)
            elif self.deltas([replace(write, number=number)]) is None:
                # Nothing leads back from this file, so the earlier deltas are of no use.
                self._forget_deltas(execute, f"path = ? AND {_IN_FORCE}", write.path)
            for tag in write.taken:
                execute(
                    "UPDATE facts SET state = 'undone', time = ?"
                    " WHERE path = ? AND tag = ? AND state = 'written'",
                    (now, write.path, tag),
                )
            for tag, score in write.tags.items():
                label, run = write.labels.get(tag, tag), write.runs.get(tag, write.run)
                execute(
                    "INSERT INTO facts (path, tag, label, run, score, state, time)"
                    " VALUES (?, ?, ?, ?, ?, 'written', ?) ON CONFLICT (path, tag) DO UPDATE"
                    " SET label = excluded.label, run = excluded.run, score = excluded.score,"
                    " time = excluded.time,"
                    " state = iif(state = 'confirmed', state, excluded.state)",
                    (write.path, tag, label, run, score, now),
                )
            execute("UPDATE writes SET state = 'done' WHERE number = ?", (number,))
            seen = Seen(write.run, write.source, left, write.beside)
            self._leave(execute, write.path, seen, write.sidecar_of)

    def failed(self, number: int) -> None:
        """Note that the photo was not replaced."""
        with self._changing() as execute:
            self._begun.pop(number, None)
            execute("UPDATE writes SET state = 'failed' WHERE number = ?", (number,))
            self._forget_deltas(execute, "number = ?", number)

    def undone(self, path: bytes) -> None:
        """Note that a photo has none of our tags any more, although nothing was written."""
        with self._changing() as execute:
            self._undo(execute, path)
            execute("UPDATE photos SET run = NULL WHERE path = ?", (path,))

    def refuse(self, path: bytes, tags: Iterable[str]) -> None:
        """Note that a person removed tags of ours."""
        self._decide(path, tags, "refused", ("written", "confirmed"))

    def confirm(self, path: bytes, tags: Iterable[str]) -> None:
        """Note that a person confirmed tags of ours, or put back removed ones."""
        self._decide(path, tags, "confirmed", ("written", "refused", "undone"))

    def facts(self, path: bytes) -> list[Fact]:
        """Every tag that we ever wrote to a photo, with its state, sorted by tag."""
        if path in self._new:
            return []
        rows = self._rows(
            "SELECT tag, label, run, score, state, time FROM facts WHERE path = ? ORDER BY tag",
            path,
        )
        with self._parsing():
            return [_fact(*row) for row in rows]

    def written_words(self) -> list[str]:
        """Every tag that we ever wrote to a photo: a copy may have it still."""
        rows = self._rows("SELECT DISTINCT tag FROM facts")
        with self._parsing():
            return [typed(tag, str) for (tag,) in rows]

    def written(self, low: float, means: Callable[[bytes], bool] | None = None) -> list[Written]:
        """How many photos have each tag of ours, by run; ``low``: the score that is not low.

        ``means`` says which paths count, by default all; it gets a photo's path several times.
        """
        ours = "state = 'written' AND tag != ? AND substr(path, 1, 1) != ?"
        if means is None:
            rows = self._rows(
                "SELECT tag, label, run, count(*), sum(score < ?) FROM facts"
                f" WHERE {ours} GROUP BY tag, label, run ORDER BY tag",
                *(low, SCORES, _ASIDE),
            )
            with self._parsing():
                return [_written(*row) for row in rows]
        photos: Counter[tuple[Any, Any, Any]] = Counter()
        few: Counter[tuple[Any, Any, Any]] = Counter()
        last: tuple[object, ...] = (b"", "")
        while rows := self._rows(
            f"SELECT path, tag, label, run, score FROM facts WHERE {ours} AND (path, tag) > (?, ?)"
            f" ORDER BY path, tag LIMIT {PAGE}",
            *(SCORES, _ASIDE, *last),
        ):
            with self._parsing():
                for path, tag, label, run, score in rows:
                    if means(typed(path, bytes)):
                        photos[tag, label, run] += 1
                        few[tag, label, run] += score < low
            last = rows[-1][:2]
        with self._parsing():
            return [_written(*of, photos[of], few[of]) for of in sorted(photos)]

    def writes(self, path: bytes) -> list[Write]:
        """The writes in force on a photo, newest first."""
        if path in self._new:
            return []
        return self._writes(f"path = ? AND {_IN_FORCE}", path)

    def replacements(self, path: bytes) -> list[Write]:
        """The writes that ever replaced a photo, in force or not, newest first."""
        return self._writes(f"path = ? AND {_REPLACED}", path)

    def last(self, path: bytes) -> Write | None:
        """The last write that replaced a photo, in force or not; None if we never wrote it."""
        if path in self._new:
            return None
        found = self._writes(
            f"number = (SELECT max(number) FROM writes WHERE path = ? AND {_REPLACED})",
            path,
        )
        return found[0] if found else None

    def last_digest(self, path: bytes) -> str | None:
        """SHA-256 of the file that we last wrote for a photo; None if we never wrote it."""
        last = self.last(path)
        return None if last is None else last.digest_after

    def writes_of(self, content: str) -> list[Write]:
        """The writes of tags whose file has that SHA-256, in force or not, newest first.

        At most a hundred; writes on replaced photos are among them.
        """
        return self._of_tags("digest_after = ?", content)

    def writes_with(self, pixels: str, before: float) -> list[Write]:
        """The writes of tags to a picture with that digest, as ``writes_of`` gives them.

        Only those that began ``before`` a time, in seconds since 1970.
        """
        return self._of_tags("pixels = ? AND time <= ?", pixels, before)

    def _of_tags(self, condition: str, *values: object) -> list[Write]:
        return self._writes(
            f"number IN (SELECT number FROM writes WHERE {condition} AND {_REPLACED}"
            f" AND {_OF_TAGS} ORDER BY number DESC LIMIT {_MOST_ALIKE})",
            *values,
        )

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other threads from using the journal meanwhile."""
        with self._lock:
            yield

    def revert(self, path: bytes, writes: Sequence[Write], facts: Iterable[Fact]) -> None:
        """Undo the last ``writes`` of a photo; ``facts`` are its tags before them."""
        with self._changing() as execute:
            for write in writes:
                execute("UPDATE writes SET state = 'undone' WHERE number = ?", (write.number,))
                self._forget_deltas(execute, "number = ?", write.number)
            for fact in facts:
                execute(
                    "UPDATE facts SET state = ?, time = ? WHERE path = ? AND tag = ?"
                    " AND state != ?",
                    (fact.state, fact.time, path, fact.tag, fact.state),
                )

    def set_aside(self, path: bytes) -> None:
        """Keep the history of a replaced photo apart from that of the photo now at its path."""
        self._move(path, _ASIDE + secrets.token_hex(8).encode())

    def move(self, path: bytes, new: bytes, sidecar_of: bytes | None) -> None:
        """Give a moved photo its new path; the history of a photo known there is set aside."""
        self.set_aside(new)
        self._move(path, new)
        with self._changing() as execute:
            execute("UPDATE writes SET sidecar_of = ? WHERE path = ?", (sidecar_of, new))

    def copy(
        self,
        facts: Iterable[Fact],
        writes: Sequence[Write],
        new: bytes,
        sidecar_of: bytes | None,
    ) -> None:
        """Give a copy of a photo these of its facts and writes, newest first, and their deltas.

        The history of a photo known there is set aside. The writes have the time of this note, for
        nothing tells when the copy was made.
        """
        self.set_aside(new)
        with self._changing() as execute:
            self._new.discard(new)
            for fact in facts:
                execute(
                    f"INSERT INTO facts (path, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?)", (new, *fact)
                )
            for write in reversed(writes):
                cursor = execute(
                    f"INSERT INTO writes (path, sidecar_of, time, state, {_COPIED})"
                    f" SELECT ?, ?, ?, 'done', {_COPIED} FROM writes WHERE number = ?",
                    (new, sidecar_of, time.time(), write.number),
                )
                execute(
                    "INSERT OR REPLACE INTO originals SELECT ?, delta FROM originals"
                    " WHERE write = ?",
                    (cursor.lastrowid, write.number),
                )

    def keep_refused(self, path: bytes, facts: Iterable[Fact]) -> None:
        """Set the history of a photo aside, but for these tags: they stay refused."""
        self.set_aside(path)
        with self._changing() as execute:
            self._new.discard(path)
            for fact in facts:
                execute(
                    f"INSERT INTO facts (path, {_FACT}) VALUES (?, ?, ?, ?, ?, 'refused', ?)",
                    (path, fact.tag, fact.label, fact.run, fact.score, fact.time),
                )

    def _move(self, path: bytes, new: bytes) -> None:
        with self._changing() as execute:
            self._new.discard(new)
            for table in ("writes", "facts"):
                execute(f"UPDATE {table} SET path = ? WHERE path = ?", (new, path))
            execute("DELETE FROM photos WHERE path = ?", (path,))

    def deltas(self, writes: Sequence[Write]) -> list[bytes] | None:
        """The deltas of writes, each from the file after it to the one before; None unless all."""
        found: list[bytes] = []
        for write in writes:
            row = self._row("SELECT delta FROM originals WHERE write = ?", write.number)
            if row is None:
                return None
            with self._parsing():
                found.append(typed(row[0], bytes))
        return found

    def is_tagged(self, path: bytes, selection: Selection | None = None) -> bool:
        """Whether ``tagged`` has a path."""
        query, values = _tagged(selection)
        return self._row(f"{query} AND path = ? LIMIT 1", *values, path) is not None

    def photo_of(self, path: bytes) -> bytes | None:
        """The photo of a sidecar with writes in force; None for any other file."""
        row = self._row(
            f"SELECT sidecar_of FROM writes WHERE path = ? AND {_IN_FORCE}"
            " ORDER BY number DESC LIMIT 1",
            path,
        )
        with self._parsing():
            return None if row is None else typed(row[0], bytes, type(None))

    def with_sidecars(self, names: Iterable[bytes]) -> set[bytes]:
        """The photos to which those of these sidecars belong that a run has finished."""
        asked = list(names)
        rows = self._rows(
            "SELECT sidecar_of FROM photos WHERE sidecar_of IS NOT NULL"
            f" AND path IN ({','.join('?' * len(asked))})",
            *asked,
        )
        with self._parsing():
            return {typed(photo, bytes) for (photo,) in rows}

    def sidecars(self, photo: bytes) -> list[bytes]:
        """The paths of a photo's sidecars with writes in force, sorted."""
        rows = self._rows(
            f"SELECT DISTINCT path FROM writes WHERE sidecar_of = ? AND {_IN_FORCE} ORDER BY path",
            photo,
        )
        with self._parsing():
            return [typed(path, bytes) for (path,) in rows]

    def unfinished(self, path: bytes | None = None) -> list[Write]:
        """The writes, of one photo or of all, that a killed run has not ended."""
        if path is None:
            return self._writes("state = 'writing'")
        if path in self._new:
            return []
        return self._writes("state = 'writing' AND path = ?", path)

    def tagged(self, selection: Selection | None = None) -> Iterator[bytes]:
        """The paths of all photos with writes in force, sorted; the caller may change them.

        With a selection, only photos that have some of its tags.
        """
        query, values = _tagged(selection)
        last = _ASIDE + b"\xff"
        while True:
            rows = self._rows(f"{query} AND path > ? ORDER BY path LIMIT {PAGE}", *values, last)
            if not rows:
                return
            with self._parsing():
                paths = [typed(path, bytes) for (path,) in rows]
            yield from paths
            last = paths[-1]

    def root(self) -> bytes | None:
        """The archive's folder at its last run; None if that is unknown."""
        row = self._row("SELECT root FROM archive")
        with self._parsing():
            root: bytes | None = None if row is None else typed(row[0], bytes)
            if root is not None and b"\0" in root:
                raise ValueError("its folder's name has a zero byte")
        return root

    def identity(self) -> str | None:
        """The archive's id; None if that is unknown."""
        row = self._row("SELECT id FROM archive")
        with self._parsing():
            identity: str | None = None if row is None else typed(row[0], str, type(None))
            if identity is not None and not is_id(identity):
                raise ValueError("its archive's id is none")
        return identity

    def inode(self) -> int | None:
        """The inode of the archive's folder at its last run; None if that is unknown."""
        row = self._row("SELECT inode FROM archive")
        with self._parsing():
            return None if row is None else typed(row[0], int, type(None))

    def note_archive(self, root: bytes, identity: str | None, inode: int | None = None) -> None:
        """Note the archive's folder, its id, and the folder's inode."""
        if (self.root(), self.identity(), self.inode()) != (root, identity, inode):
            with self._changing() as execute:
                execute("DELETE FROM archive")
                execute(
                    "INSERT INTO archive (root, id, inode) VALUES (?, ?, ?)",
                    (root, identity, inode),
                )

    def _begin(self, execute: Execute, write: Write) -> int:
        self._new.discard(write.path)
        return _insert(execute, write)

    def source(self) -> tuple[bytes, str | None, int | None] | None:
        """The folder of the photos whose tags go here, its own id and its inode; None: unknown."""
        row = self._row("SELECT root, id, inode FROM source")
        with self._parsing():
            if row is None:
                return None
            if b"\0" in typed(row[0], bytes):
                raise ValueError("the name of the photos' folder has a zero byte")
            return (row[0], typed(row[1], str, type(None)), typed(row[2], int, type(None)))

    def sources(self, most: int) -> list[tuple[bytes, Stamp, str]]:
        """Some finished photos, with their stamps, and the SHA-256 of those that were copied."""
        rows = self._rows(
            "SELECT coalesce(sidecar_of, path), source_size, source_mtime_ns, coalesce((SELECT"
            " digest_before FROM writes WHERE writes.path = photos.path AND afresh = 1"
            " ORDER BY number DESC LIMIT 1), '') FROM photos LIMIT ?",
            most,
        )
        with self._parsing():
            return [(typed(r[0], bytes), _stamp(*r[1:3]), typed(r[3], str)) for r in rows]

    def note_source(self, root: bytes, identity: str | None, inode: int | None) -> None:
        """Note the folder of the photos."""
        if self.source() != (root, identity, inode):
            with self._changing() as execute:
                execute("DELETE FROM source")
                execute("INSERT INTO source VALUES (?, ?, ?)", (root, identity, inode))

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
            " digest_after, tags, afresh, number, labels, taken, sidecar_of, digest_there, pixels,"
            " capture, beside_size, beside_mtime_ns, runs"
            f" FROM writes WHERE {where} ORDER BY number DESC",
            *values,
        )
        with self._parsing():
            return [_write(*row) for row in rows]

    def _leave(
        self,
        execute: Execute,
        path: bytes,
        seen: Seen,
        sidecar_of: bytes | None,
    ) -> None:
        beside = seen.beside or (None, None)
        # Untagging does not look at the photo's own sidecar: the earlier stamp stays.
        execute(
            "INSERT INTO photos (path, run, source_size, source_mtime_ns, size,"
            " mtime_ns, time, sidecar_of, beside_size, beside_mtime_ns)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE"
            " SET run = excluded.run, source_size = excluded.source_size,"
            " source_mtime_ns = excluded.source_mtime_ns, size = excluded.size,"
            " mtime_ns = excluded.mtime_ns, time = excluded.time,"
            " sidecar_of = excluded.sidecar_of,"
            " beside_size = coalesce(excluded.beside_size, beside_size),"
            " beside_mtime_ns = coalesce(excluded.beside_mtime_ns, beside_mtime_ns)",
            (path, seen.run, *seen.source, *seen.left, time.time(), sidecar_of, *beside),
        )

    def _undo(self, execute: Execute, path: bytes) -> None:
        self._forget_deltas(execute, f"path = ? AND {_IN_FORCE}", path)
        execute(f"UPDATE writes SET state = 'undone' WHERE path = ? AND {_IN_FORCE}", (path,))
        execute(
            "UPDATE facts SET state = 'undone', time = ? WHERE path = ? AND state = 'written'",
            (time.time(), path),
        )

    def _forget_deltas(self, execute: Execute, where: str, value: object) -> None:
        execute(
            f"DELETE FROM originals WHERE write IN (SELECT number FROM writes WHERE {where})",
            (value,),
        )


def _tagged(selection: Selection | None) -> tuple[str, tuple[object, ...]]:
    """The query for the paths of tagged photos, and its values; more conditions may follow it."""
    if selection is None:
        return f"SELECT DISTINCT path FROM writes WHERE {_IN_FORCE}", ()
    condition, values = selection.condition()
    return f"SELECT DISTINCT path FROM facts WHERE state = 'written' AND {condition}", values


def _insert(execute: Execute, write: Write) -> int:
    """Add a write that is about to happen; return its number."""
    cursor = execute(
        "INSERT INTO writes (path, run, time, state, source_size, source_mtime_ns, before,"
        " after, digest_before, digest_after, tags, afresh, labels, taken, sidecar_of,"
        " digest_there, pixels, capture, beside_size, beside_mtime_ns, runs)"
        " VALUES (?, ?, ?, 'writing', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(write.path, write.run, time.time(), *write.source),
            *(json.dumps(fields.to_json()) for fields in (write.before, write.after)),
            *(write.digest_before, write.digest_after),
            *(json.dumps(write.tags), write.afresh),
            *(json.dumps(write.labels), json.dumps(write.taken), write.sidecar_of),
            *(write.digest_there, write.pixels, write.capture),
            *(write.beside or (None, None)),
            json.dumps(write.runs),
        ),
    )
    return int(cursor.lastrowid or 0)


def _stamp(size: Any, mtime_ns: Any) -> Stamp:
    return Stamp(typed(size, int), typed(mtime_ns, int))


def _stamp_if_known(size: Any, mtime_ns: Any) -> Stamp | None:
    return None if size is None else _stamp(size, mtime_ns)


def _fact(tag: Any, label: Any, run: Any, score: Any, state: Any, time: Any) -> Fact:
    _check_texts((tag, label, run, state))
    return Fact(tag, label, run, typed(score, float), state, typed(time, float))


def _write(*row: Any) -> Write:
    """A row of the table of writes; raises ``TypeError`` or ``ValueError`` for odd values."""
    before, after = (Keywords.from_json(_of(dict, text)) for text in row[4:6])
    for fields in (before, after):
        for name, value in (vars(fields) | {"blocks": None, "unlisted": None}).items():
            _check_texts(value or () if name in _LISTS else (value or "",))
        for one in fields.unlisted:
            _check_texts((one.name, one.text, *one.words))
            typed(one.description, int), typed(one.attribute, int, type(None))
    tags, labels, taken = _of(dict, row[8]), _of(dict, row[11]), _of(list, row[12])
    runs = _of(dict, row[19])
    _check_texts((*tags, *labels, *labels.values(), *taken, *runs, *runs.values()))
    return Write(
        path=typed(row[0], bytes),
        run=typed(row[1], str, type(None)),
        source=_stamp(*row[2:4]),
        before=before,
        after=after,
        digest_before=typed(row[6], str),
        digest_after=typed(row[7], str),
        tags={tag: float(score) for tag, score in tags.items()},
        afresh=bool(row[9]),
        number=row[10],
        labels=labels,
        taken=tuple(taken),
        sidecar_of=typed(row[13], bytes, type(None)),
        digest_there=typed(row[14], str, type(None)),
        pixels=typed(row[15], str, type(None)),
        capture=typed(row[16], str, type(None)),
        beside=_stamp_if_known(*row[17:19]),
        runs=runs,
    )


def _of(kind: type[T], text: Any) -> T:
    """The value of a JSON text, of this type."""
    found: T = typed(json.loads(typed(text, str)), kind)
    return found


def _check_texts(values: Iterable[Any]) -> None:
    for value in values:
        typed(value, str)


def _written(tag: Any, label: Any, run: Any, photos: Any, few: Any) -> Written:
    labels = frozenset(typed(label, str).split(BETWEEN_LABELS))
    return Written(typed(tag, str), labels, typed(run, str), typed(photos, int), typed(few, int))

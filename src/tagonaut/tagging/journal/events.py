"""The journal as a record: what was written to which photo, when, by which run, and what failed."""

import heapq
import json
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal.database import PAGE, Database, typed
from tagonaut.tagging.journal.records import SCORES, State

Done = Literal["added", "taken", "failed", "noted"]

# In the table of failures, a reason that begins with this is no failure: the photo is done.
_NOTED = "noted: "
# No reason is longer in the journal.
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Event:
    """A tag that was added to a photo or taken from it, a photo that failed, or a note on one.

    ``path`` is the file that holds the tags, the photo itself or its sidecar; ``photo`` is the
    photo. Both begin with a zero byte for a photo that another has replaced. ``run`` is None if
    tags were removed by untagging. ``state`` is the tag's on that photo today, since ``since``.
    Times are in seconds since 1970.
    """

    time: float
    photo: bytes
    path: bytes
    run: str | None
    done: Done
    tag: str = ""
    label: str = ""
    score: float | None = None
    state: State | None = None
    since: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """Events by photo, by folder, by run and by time; None: all.

    ``photo`` and ``below`` (a folder) are paths in the archive. ``since`` (inclusive) and ``until``
    (exclusive) are in seconds since 1970.
    """

    photo: bytes | None = None
    below: bytes | None = None
    runs: tuple[str, ...] | None = None
    since: float | None = None
    until: float | None = None

    def condition(self, *paths: str) -> tuple[str, list[object]]:
        """An SQL condition on a table whose columns ``paths`` may name the photo, and its values.

        A path in the folder begins with its name and a slash.
        """
        parts, values = ["1"], list[object]()
        if self.photo is not None:
            parts.append("(" + " OR ".join(f"{path} = ?" for path in paths) + ")")
            values += [self.photo] * len(paths)
        if self.below is not None:
            parts.append(f"substr({paths[0]}, 1, ?) = ?")
            values += [len(self.below) + 1, self.below + b"/"]
        if self.runs is not None:
            parts.append(f"run IN ({','.join('?' * len(self.runs))})")
            values += self.runs
        for limit, compared in ((self.since, ">="), (self.until, "<")):
            if limit is not None:
                parts.append(f"time {compared} ?")
                values.append(limit)
        return " AND ".join(parts), values


class Events(Database):
    """The journal's table of failures, and its writes, as events."""

    def note_failure(self, path: bytes, run: str | None, reason: str) -> None:
        """Note that a run, or untagging (None), left out a photo or a folder, and why."""
        with self._changing() as execute:
            execute(
                "INSERT OR REPLACE INTO failures (path, run, time, reason) VALUES (?, ?, ?, ?)",
                (path, run or "", time.time(), reason[:_LONGEST_REASON]),
            )

    def note_on(self, path: bytes, run: str | None, note: str) -> None:
        """Record a note on a photo that a run, or untagging (None), has done."""
        self.note_failure(path, run, _NOTED + note)

    def runs_at_work(self) -> list[str]:
        """The runs that wrote tags or failed on photos."""
        rows = self._rows(
            "SELECT run FROM writes WHERE run IS NOT NULL UNION SELECT run FROM facts"
            " UNION SELECT run FROM failures WHERE run != '' ORDER BY run"
        )
        with self._parsing():
            return [typed(run, str) for (run,) in rows]

    def events(self, asked: Asked) -> Iterator[Event]:
        """The events that are asked for, the oldest first; they are read a page at a time."""
        return heapq.merge(self._changes(asked), self._failures(asked), key=attrgetter("time"))

    def _failures(self, asked: Asked) -> Iterator[Event]:
        condition, values = asked.condition("path")
        last: tuple[object, ...] = (-1.0, b"", "")
        while True:
            rows = self._rows(
                "SELECT time, path, run, reason FROM failures"
                f" WHERE {condition} AND (time, path, run) > (?, ?, ?)"
                f" ORDER BY time, path, run LIMIT {PAGE}",
                *values,
                *last,
            )
            if not rows:
                return
            with self._parsing():
                found = [_failure(*row) for row in rows]
            yield from found
            last = rows[-1][:3]

    def _changes(self, asked: Asked) -> Iterator[Event]:
        condition, values = asked.condition("path", "sidecar_of")
        # Numbers alone are sorted for all: an earlier version's copies had times before others'.
        numbers = array(
            "q",
            [
                number
                for (number,) in self._rows(
                    "SELECT number FROM writes WHERE state IN ('done', 'undone')"
                    f" AND {condition} ORDER BY time, number",
                    *values,
                )
            ],
        )
        for start in range(0, len(numbers), PAGE):
            page = numbers[start : start + PAGE]
            rows = self._rows(
                "SELECT time, path, sidecar_of, run, tags, taken, before, after, runs"
                " FROM writes"
                f" WHERE number IN ({','.join('?' * len(page))}) ORDER BY time, number",
                *page,
            )
            with self._parsing():
                found = [event for row in rows for event in self._of_write(*row)]
            yield from found

    def _of_write(self, *row: Any) -> Iterator[Event]:
        """The events of one row of the table of writes."""
        at, path, sidecar_of, run, tags, taken, before, after, others = row
        facts = {tag: rest for tag, *rest in self._facts_of(path)}
        scores: Mapping[str, float] = typed(json.loads(tags), dict)
        gone = typed(json.loads(taken), list)
        runs: Mapping[str, str] = typed(json.loads(others), dict)
        if run is None and not gone:
            was, left = (Keywords.from_json(json.loads(text)).tags() for text in (before, after))
            gone = [tag for tag in was if tag in facts and tag not in left]
        changes: list[tuple[Done, str, float | None]] = [
            *(("added", tag, score) for tag, score in scores.items()),
            *(("taken", tag, None) for tag in gone),
        ]
        for done, tag, score in changes:
            if tag == SCORES:
                continue
            label, state, since = facts.get(tag, ("", None, None))
            yield Event(
                time=typed(at, float),
                photo=typed(sidecar_of or path, bytes),
                path=typed(path, bytes),
                run=typed(runs.get(tag, run) if done == "added" else run, str, type(None)),
                done=done,
                tag=typed(tag, str),
                label=label,
                score=None if score is None else float(score),
                state=state,
                since=None if since is None else max(since, at),
            )

    def _facts_of(self, path: bytes) -> list[Any]:
        return self._rows("SELECT tag, label, state, time FROM facts WHERE path = ?", path)


def _failure(at: Any, path: Any, run: Any, reason: Any) -> Event:
    typed(path, bytes)
    return Event(
        time=typed(at, float),
        photo=path,
        path=path,
        run=typed(run, str) or None,
        done="noted" if typed(reason, str).startswith(_NOTED) else "failed",
        reason=reason.removeprefix(_NOTED),
    )

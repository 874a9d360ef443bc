"""The runs of an archive in its journal: what their scores stand for, and the scores."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.tagging.journal.database import PAGE, Database, typed
from tagonaut.tagging.journal.selection import known_run


class Runs(Database):
    """The journal's tables of runs and scores."""

    def register(
        self, run: str, labels: Sequence[str], choice: Mapping[str, Any] | None = None
    ) -> None:
        """Store a run: the labels of its scores, and its choice of tags as plain values."""
        with self._changing() as execute:
            execute(
                "INSERT OR REPLACE INTO runs (run, labels, choice) VALUES (?, ?, ?)",
                (run, json.dumps(labels), json.dumps(choice or {})),
            )

    def known_as(self, run: str) -> str:
        """The id under which the journal knows a run of this content; else its own."""
        rows = self._rows("SELECT run FROM runs ORDER BY rowid")
        with self._parsing():
            return known_run(run, [typed(other, str) for (other,) in rows])

    def runs(self) -> list[str]:
        """The runs that wrote tags."""
        rows = self._rows(
            "SELECT run FROM facts UNION SELECT run FROM writes"
            " WHERE run IS NOT NULL AND state IN ('done', 'undone') ORDER BY run"
        )
        with self._parsing():
            return [typed(run, str) for (run,) in rows]

    def labels(self, run: str) -> list[str]:
        """The labels of a run's scores; an unknown run has none."""
        row = self._row("SELECT labels FROM runs WHERE run = ?", run)
        with self._parsing():
            return [] if row is None else _labels(row[0])

    def labels_and_tags(self) -> set[str]:
        """Every label of a run, and every tag that was written."""
        found = {tag for (tag,) in self._rows("SELECT DISTINCT tag FROM facts")}
        with self._parsing():
            return found.union(*(_labels(row) for (row,) in self._rows("SELECT labels FROM runs")))

    def store_scores(self, run: str, scored: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Store the paths of photos with the scores ``[k]`` that a run gave them."""
        with self._changing() as execute:
            for path, scores in scored:
                values = np.ascontiguousarray(scores, "<f4").tobytes()
                execute("INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", (run, path, values))

    def scores(self, run: str) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
        """Each photo's path and scores ``[k]`` by a run, sorted by path."""
        last, labels = b"", len(self.labels(run))
        while True:
            rows = self._rows(
                "SELECT path, scores FROM scores WHERE run = ? AND path > ?"
                f" ORDER BY path LIMIT {PAGE}",
                run,
                last,
            )
            if not rows:
                return
            with self._parsing():
                for path, values in rows:
                    typed(path, bytes)
                    if len(typed(values, bytes)) != 4 * (labels or len(values) // 4):
                        raise ValueError("a photo has not as many scores as there are labels")
            for path, values in rows:
                yield path, np.frombuffer(values, "<f4")
            last = rows[-1][0]


def _labels(text: Any) -> list[str]:
    return [typed(label, str) for label in typed(json.loads(typed(text, str)), list)]

"""The files kept beside the tagged photos: journals, results, failures, the current session."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json
from tagonaut.tagging.ray.store import Store

_OWN = ".tagonaut/ray"
_SESSION = f"{_OWN}/session"
RESULTS = "scores.parquet"


def runs_in(out: Store) -> list[str]:
    """The runs that have results in a store of tagged copies."""
    names = (name.partition("run=") for name in out.names(RESULTS))
    return [unquote(run) for before, _, run in names if run and not before]


@dataclass(frozen=True)
class Failures:
    """The failed photos of a partition, with reasons; ``again``: the next run tries again."""

    failures: tuple[tuple[str, str], ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Attempts:
    """The number of unended attempts at a partition, in all sessions and in this one (``here``)."""

    total: int = 0
    here: int = 0


@dataclass(frozen=True)
class Ledger:
    """The files of one run, named by its id in journals, in the store of the tagged copies.

    A partition is done once its results exist, as they are written last.
    """

    out: Store
    run: str

    @property
    def results(self) -> str:
        """The folder of results: one Parquet file per partition."""
        return f"{RESULTS}/run={quote(self.run, safe='+ ')}"

    @property
    def _run(self) -> str:
        return f"{_OWN}/runs/{quote(self.run, safe='+ ')}"

    def ended(self) -> set[int]:
        """The numbers of the partitions that have results."""
        return _numbers(self.out.names(self.results), ".parquet")

    def failed(self) -> dict[int, Failures]:
        """The failures of each partition with failures."""
        numbers = _numbers(self.out.names(f"{self._run}/failures"), ".json")
        return {number: self.failures(number) for number in sorted(numbers)}

    def is_done(self, number: int) -> bool:
        """Whether a partition needs no more work."""
        return self.out.look(self._results(number)) is not None and not self.failures(number).again

    def failures(self, number: int) -> Failures:
        """The failures of a partition."""
        values = self._json(self._failures(number))
        if values is None:
            return Failures()
        try:
            failed = tuple((str(name), str(why)) for name, why in values["failures"])
            return Failures(failed, bool(values["again"]))
        except (TypeError, KeyError, ValueError):
            raise self._damaged(self._failures(number)) from None

    def end(self, number: int, results: bytes, failures: Failures) -> None:
        """Write a partition's results; everything else of it has to be written before."""
        if failures.failures:
            values = {"failures": failures.failures, "again": failures.again}
            self.out.write(self._failures(number), json.dumps(values).encode())
        self.out.write(self._results(number), results)
        if not failures.failures:
            self.out.remove(self._failures(number))
        self.out.remove(self._attempts(number))

    def reopen(self, number: int) -> None:
        """Remove a partition's results, so that it is done again."""
        self.out.remove(self._results(number))

    def attempt(self, number: int, session: str) -> Attempts:
        """Note that work on a partition begins; return the earlier attempts that never ended."""
        before = self._json(self._attempts(number))
        if before is None:
            before = {"total": 0, "session": "", "here": 0}
        try:
            here = int(before["here"]) if before["session"] == session else 0
            total = int(before["total"])
        except (TypeError, KeyError, ValueError, OverflowError):
            raise self._damaged(self._attempts(number)) from None
        now = {"total": total + 1, "session": session, "here": here + 1}
        self.out.write(self._attempts(number), json.dumps(now).encode())
        return Attempts(total, here)

    def journal(self, number: int) -> str:
        """The name of a partition's journal, which all runs share."""
        return f"{_OWN}/journals/{number:06}.sqlite"

    def take_over(self, session: str) -> None:
        """Make this session the only one that may write."""
        self.out.write(_SESSION, session.encode())

    def is_ours(self, session: str) -> bool:
        """Whether no other session has taken over."""
        return self.out.read(_SESSION) == session.encode()

    def _json(self, name: str) -> Any:
        try:
            content = self.out.read(name)
            return None if content is None else parse_json(content)
        except (OSError, ValueError):
            raise self._damaged(name) from None

    def _damaged(self, name: str) -> TagonautError:
        return TagonautError(f"{self.out.path(name)}: damaged: remove it")

    def _results(self, number: int) -> str:
        return f"{self.results}/{number:06}.parquet"

    def _failures(self, number: int) -> str:
        return f"{self._run}/failures/{number:06}.json"

    def _attempts(self, number: int) -> str:
        return f"{self._run}/attempts/{number:06}.json"


def _numbers(names: list[str], suffix: str) -> set[int]:
    stems = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
    return {int(stem) for stem in stems if stem.isdecimal()}

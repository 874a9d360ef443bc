"""What is kept beside the tagged photos: journals, results, failures, and who is at work."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tagonaut.errors import TagonautError
from tagonaut.tagging.ray.store import Store

_OWN = ".tagonaut/ray"
_SESSION = f"{_OWN}/session"
RESULTS = "scores.parquet"


@dataclass(frozen=True)
class Failures:
    """The photos of a partition that failed, with reasons; ``again``: the next run tries again."""

    failures: tuple[tuple[str, str], ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Attempts:
    """How often work on a partition was begun and not ended, in all runs and in one session."""

    total: int = 0
    here: int = 0


@dataclass(frozen=True)
class Ledger:
    """The files of one run, by the name that it has in journals, in the store that it writes to.

    A partition is done when its results are there: they are written last.
    """

    out: Store
    run: str

    @property
    def results(self) -> str:
        """The folder of results: a Parquet file a partition."""
        return f"{RESULTS}/run={quote(self.run, safe='+ ')}"

    @property
    def _run(self) -> str:
        return f"{_OWN}/runs/{quote(self.run, safe='+ ')}"

    def ended(self) -> set[int]:
        """The numbers of the partitions that have results."""
        return _numbers(self.out.names(self.results), ".parquet")

    def failed(self) -> dict[int, Failures]:
        """The failures of each partition that had some."""
        numbers = _numbers(self.out.names(f"{self._run}/failures"), ".json")
        return {number: self.failures(number) for number in sorted(numbers)}

    def is_done(self, number: int) -> bool:
        """Whether nothing is left to do in a partition."""
        return self.out.look(self._results(number)) is not None and not self.failures(number).again

    def failures(self, number: int) -> Failures:
        """The failures of a partition."""
        told = self._json(self._failures(number))
        if told is None:
            return Failures()
        return Failures(tuple((name, why) for name, why in told["failures"]), told["again"])

    def end(self, number: int, results: bytes, failures: Failures) -> None:
        """Write a partition's results, after everything else of it."""
        if failures.failures:
            told = {"failures": failures.failures, "again": failures.again}
            self.out.write(self._failures(number), json.dumps(told).encode())
        self.out.write(self._results(number), results)
        if not failures.failures:
            self.out.remove(self._failures(number))
        self.out.remove(self._attempts(number))

    def reopen(self, number: int) -> None:
        """A partition is to be done again."""
        self.out.remove(self._results(number))

    def attempt(self, number: int, session: str) -> Attempts:
        """Note that work on a partition begins; the attempts before, of which none ended."""
        told = self._json(self._attempts(number)) or {"total": 0, "session": "", "here": 0}
        here = told["here"] if told["session"] == session else 0
        now = {"total": told["total"] + 1, "session": session, "here": here + 1}
        self.out.write(self._attempts(number), json.dumps(now).encode())
        return Attempts(told["total"], here)

    def journal(self, number: int) -> str:
        """The name of a partition's journal, which all runs share."""
        return f"{_OWN}/journals/{number:06}.sqlite"

    def take_over(self, session: str) -> None:
        """From now on it is this session that may write."""
        self.out.write(_SESSION, session.encode())

    def is_ours(self, session: str) -> bool:
        """Whether no other session has taken over."""
        return self.out.read(_SESSION) == session.encode()

    def _json(self, name: str) -> Any:
        content = self.out.read(name)
        try:
            return None if content is None else json.loads(content)
        except ValueError:
            raise TagonautError(f"{self.out.path(name)}: damaged: remove it") from None

    def _results(self, number: int) -> str:
        return f"{self.results}/{number:06}.parquet"

    def _failures(self, number: int) -> str:
        return f"{self._run}/failures/{number:06}.json"

    def _attempts(self, number: int) -> str:
        return f"{self._run}/attempts/{number:06}.json"


def _numbers(names: list[str], suffix: str) -> set[int]:
    stems = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
    return {int(stem) for stem in stems if stem.isdecimal()}

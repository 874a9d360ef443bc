"""The files kept beside the tagged photos: journals, results, failures, the current session."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json
from tagonaut.tagging.ray.plan import Part
from tagonaut.tagging.ray.seal import mark
from tagonaut.tagging.ray.store import Store

_OWN = ".tagonaut/ray"
SESSION = f"{_OWN}/session"
RESULTS = "scores.parquet"


def runs_in(out: Store) -> list[str]:
    """The runs that have results in a store of tagged copies."""
    names = (name.partition("run=") for name in out.names(RESULTS))
    return [unquote(run) for before, _, run in names if run and not before]


@dataclass(frozen=True)
class Failures:
    """The failed photos of a partition, with reasons; ``again``: the next run tries again.

    ``passed`` counts the photos that were passed over, by reason and suffix.
    """

    failures: tuple[tuple[str, str], ...] = ()
    again: bool = False
    passed: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempts:
    """The number of unended attempts at a partition, in all sessions and in this one (``here``)."""

    total: int = 0
    here: int = 0


@dataclass(frozen=True)
class Ledger:
    """The files of one run, named by its id in journals, in the store of the tagged copies.

    A partition is done once it is marked as done, which happens last. Others may write there too:
    a mark is a digest under ``key`` of the list of photos and of the failures that it stands for.
    """

    out: Store
    run: str
    key: bytes = field(repr=False)

    @property
    def results(self) -> str:
        """The folder of results: one Parquet file per partition."""
        return f"{RESULTS}/run={quote(self.run, safe='+ ')}"

    @property
    def _run(self) -> str:
        return f"{_OWN}/runs/{quote(self.run, safe='+ ')}"

    def done(self, parts: Iterable[Part]) -> dict[int, Failures]:
        """The failures of each of these partitions that is done, or to be tried again."""
        ended, marks = _numbers(self.out.names(self.results), ".parquet"), {*self._marks()}
        failed = _numbers(self.out.names(f"{self._run}/failures"), ".json")
        done = {}
        for part in parts:
            if part.number in ended:
                content = self._read_failures(part.number) if part.number in failed else b""
                if self._mark(part, content) in marks:
                    done[part.number] = self._parsed(part.number, content)
        return done

    def unmarked(self, done: Collection[int]) -> int:
        """The number of partitions with results that are not ``done``."""
        return len(_numbers(self.out.names(self.results), ".parquet") - {*done})

    def done_before(self, part: Part) -> Failures | None:
        """The failures of a partition that needs no more work; None if it does."""
        if self.out.look(self._results(part.number)) is None:
            return None
        content = self._read_failures(part.number)
        if self.out.look(f"{self._run}/done/{self._mark(part, content)}") is None:
            return None
        failures = self._parsed(part.number, content)
        return None if failures.again else failures

    def end(self, part: Part, results: bytes, failures: Failures) -> None:
        """Mark a partition as done; everything else of it has to be written before."""
        content = b""
        if failures.failures or failures.passed:
            content = json.dumps(asdict(failures)).encode()
            self.out.write(self._failures(part.number), content)
        else:
            self.out.remove(self._failures(part.number))
        self.out.write(self._results(part.number), results)
        self.out.write(f"{self._run}/done/{self._mark(part, content)}", b"")
        self.out.remove(self._attempts(part.number))

    def reopen(self, number: int) -> None:
        """Remove a partition's results, so that it is done again."""
        self.out.remove(self._results(number))

    def _marks(self) -> list[str]:
        return self.out.names(f"{self._run}/done")

    def _mark(self, part: Part, failures: bytes) -> str:
        failed = sha256(failures).hexdigest()
        return f"{part.number:06}-{mark(self.key, self.run, part.number, part.digest, failed)}"

    def _read_failures(self, number: int) -> bytes:
        try:
            return self.out.read(self._failures(number)) or b""
        except OSError:  # no file of ours
            return b"unreadable"

    def _parsed(self, number: int, content: bytes) -> Failures:
        if not content:
            return Failures()
        try:
            values = parse_json(content)
            failed = tuple((str(name), str(why)) for name, why in values["failures"])
            passed = {
                str(reason): {str(kind): int(count) for kind, count in kinds.items()}
                for reason, kinds in values.get("passed", {}).items()
            }
            return Failures(failed, bool(values["again"]), passed)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
            raise self._damaged(self._failures(number)) from None

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
        self.out.write(SESSION, session.encode())

    def is_ours(self, session: str) -> bool:
        """Whether no other session has taken over."""
        return self.out.read(SESSION) == session.encode()

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

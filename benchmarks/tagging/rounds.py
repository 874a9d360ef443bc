"""All ways in turn, several times, each time as a new process."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from environments import NotInstalled, python_of
from measuring import Cost, Failed, Process
from pictures import copies
from ways import Way


@dataclass
class Measured:
    """What a way cost in each round, and how long it loaded; or why it could not."""

    costs: list[Cost] = field(default_factory=list)
    loading: list[float] = field(default_factory=list)
    failure: str = ""


@dataclass(frozen=True)
class Bench:
    """``pictures`` are repeated to ``most`` at the most; a job takes about ``seconds``.

    ``warm``: how many pictures warm a way up; its rate over them says how many it gets.
    """

    pictures: list[Path]
    most: int
    warm: int
    seconds: float
    rounds: int
    kept: Path
    work: Path

    def measure(self, ways: list[Way]) -> dict[str, Measured]:
        """By the ways' names."""
        found = {way.name: Measured() for way in ways}
        sample = copies(self.pictures, self.most, self.work / "pictures")
        try:
            for number in range(self.rounds):
                for way in ways:
                    told = found[way.name]
                    if not told.failure:
                        self._measure(way, sample, told)
                    said = told.failure or _said(told.costs[-1])
                    print(f"round {number + 1}, {way.name}: {said}", file=sys.stderr, flush=True)
        finally:
            shutil.rmtree(self.work / "pictures")
        return found

    def _measure(self, way: Way, sample: list[Path], told: Measured) -> None:
        log = self.work / f"{way.script}.log"
        try:
            python = python_of(way.environment, self.kept)
            with Process(python, way.script, list(way.arguments), log) as process:
                warm = self._job(way, sample[: self.warm], process.do)
                # A few pictures hardly pay for the start of workers: a round knows better.
                known = told.costs[-1] if told.costs else warm
                cost = self._job(way, sample[: self._wanted(_rate(known))], process.do)
            told.loading.append(process.loading)
            told.costs.append(cost)
        except (Failed, NotInstalled) as error:
            told.failure = str(error)

    def _job(self, way: Way, sample: list[Path], do: Callable[[list[Path], Path], Cost]) -> Cost:
        if not way.folder:
            return do(sample, sample[0].parent)
        folder = self.work / "own" / "photos"
        try:
            return do(copies(sample, len(sample), folder), folder)
        finally:
            shutil.rmtree(folder.parent)

    def _wanted(self, rate: float) -> int:
        # Whole rounds through the pictures: not all are equally quick.
        unit = len(self.pictures) if len(self.pictures) < self.warm else 1
        wanted = int(rate * self.seconds) // unit * unit
        return min(max(wanted, self.warm), self.most)


def _said(cost: Cost) -> str:
    each = 1000 * cost.processor_seconds / cost.pictures
    return f"{cost.pictures} pictures, {_rate(cost):.1f}/s, {each:.1f} ms of processors each"


def _rate(cost: Cost) -> float:
    return cost.pictures / cost.seconds

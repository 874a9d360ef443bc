"""Processor seconds of this process and of all that it has started, whoever else is at work."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY_SECONDS = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessorSeconds:
    """Measures a block; ``seconds`` is known at its end.

    Processes are looked at four times a second, since those of a cluster are not our own children:
    of one that ends, the last moments are missing.
    """

    def __enter__(self) -> Self:
        self._used: dict[int, float] = {}
        self._before = _used()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._used |= _used()
        self.seconds = sum(used - self._before.get(one, 0.0) for one, used in self._used.items())

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._used |= _used()


def _used() -> dict[int, float]:
    """The processor seconds of this process and of each one below it, by process number."""
    used: dict[int, float] = {}
    below: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            values = file.read_text().rpartition(")")[2].split()
            number = int(file.parent.name)
            used[number] = (int(values[11]) + int(values[12])) / _TICKS
            below.setdefault(int(values[1]), []).append(number)
    found = [os.getpid()]
    for one in found:
        found += below.get(one, ())
    return {one: used[one] for one in found if one in used}

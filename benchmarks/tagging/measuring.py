"""A way as a process of its own, with what it and the processes below it cost."""

import json
import os
import select
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
PEERS = Path(__file__).parent / "peers"
# Between two looks at the memory; a look at a large process takes some milliseconds.
SECONDS_BETWEEN = 0.5
# Nobody looks on: what says nothing for so long hangs.
PATIENCE = 900.0


class Failed(Exception):
    """A way that ended before its work did, and its last words."""


@dataclass(frozen=True)
class Cost:
    """Of one job: pictures, seconds by the clock, seconds of processors, bytes at the most."""

    pictures: int
    seconds: float
    processor_seconds: float
    peak_memory: int


class Process:
    """A script of ``peers``, loaded; does jobs until it is closed.

    ``loading``: seconds from its start until its model was there.
    """

    def __init__(self, python: Path, script: str, arguments: list[str], log: Path) -> None:
        """Raises ``Failed``; the log gets all that it prints."""
        self.log = log
        begun = time.perf_counter()
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [str(python), str(PEERS / script), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
                cwd=log.parent,
            )
        try:
            self._wait_for("loaded")
        except Failed:
            self.close()
            raise
        self.loading = time.perf_counter() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def do(self, paths: list[Path], folder: Path) -> Cost:
        """A job of so many pictures, which are all that is in the folder; raises ``Failed``."""
        self._say(json.dumps({"paths": [str(path) for path in paths], "folder": str(folder)}))
        self._wait_for("ready")
        session = self.process.pid
        with _Memory(session) as memory:
            processor, begun = processor_seconds(session), time.perf_counter()
            self._say("go")
            self._wait_for("done")
            seconds = time.perf_counter() - begun
            processor = processor_seconds(session) - processor
        return Cost(len(paths), seconds, processor, memory.peak)

    def close(self) -> None:
        """End it, and whatever it has started."""
        assert self.process.stdin
        with suppress(OSError):
            self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _say(self, line: str) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except OSError:
            raise Failed(self._last_words()) from None

    def _wait_for(self, word: str) -> None:
        assert self.process.stdout
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise Failed(f"nothing {word} within {PATIENCE:g} s")
        said = self.process.stdout.readline().strip()
        if said != word:
            raise Failed(self._last_words())

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class _Memory:
    """The most memory that a session's processes have had, looked at now and then."""

    def __init__(self, session: int) -> None:
        self.session, self.peak = session, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(_memory, _processes(self.session))))
            if self._over.wait(SECONDS_BETWEEN):
                return


def processor_seconds(session: int) -> float:
    """User and system time of a session's processes, and of those that they have waited for."""
    ticks = 0
    for process in _processes(session):
        ticks += sum(map(int, _status(process)[11:15]))
    return ticks / TICKS


def _processes(session: int) -> list[int]:
    # Whatever a process of it starts is in the session too, wherever its parent went.
    every = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [one for one in every if _status(one)[3] == str(session)]


def _status(process: int) -> list[str]:
    """Of /proc/PID/stat what stands after the name: state, parent, group, session, …"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 15


def _memory(process: int) -> int:
    # What several processes share counts once: forked workers share most of what they have.
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in text.splitlines())
    return sum(1024 * int(line[1]) for line in lines if line[0] == "Pss:")

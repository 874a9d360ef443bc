"""Runs in processes of their own, and how they are killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(arguments: Sequence[str], temporary: Path) -> subprocess.Popen[bytes]:
    """``benchmarks.soak.run`` with these arguments; it has set to work when this returns.

    ``temporary`` is the system's temporary folder to it.
    """
    temporary.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stdout
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[bytes], seconds: float, *, everything: bool) -> int:
    """The exit status of a run, killed after so many seconds: itself, or with all below it."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        if everything:
            # Stopped, it starts no further one.
            process.send_signal(signal.SIGSTOP)
            for one in _below(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
        process.kill()
    return process.wait()


def working_below(place: Path) -> list[int]:
    """The processes whose working folder is there."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(place):
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


def _below(process: int) -> list[int]:
    """All processes that a process has started, and those that they have."""
    above: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        above.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = list(above.get(process, ()))
    for one in found:
        found += above.get(one, ())
    return found

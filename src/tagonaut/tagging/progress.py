"""What a run tells while it is at work: how far it is, how fast, how long still, what failed."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tagonaut.progress import LOG_EVERY_SECONDS
from tagonaut.tagging.summary import Outcome

# The rate is that of the last while: a run that goes on from where another ended passes over what
# is done much faster than over what is to do.
_WINDOW_SECONDS = 30.0


class Count:
    """How many photos there are, counted by a thread meanwhile; None until it is through."""

    def __init__(self, count: Callable[[Callable[[], bool]], int]) -> None:
        self._ended = False
        self._found: int | None = None
        self._thread = threading.Thread(target=self._work, args=(count,), daemon=True)
        self._thread.start()

    def _work(self, count: Callable[[Callable[[], bool]], int]) -> None:
        try:
            found = count(lambda: self._ended)
        except OSError:
            return
        if not self._ended:
            self._found = found

    @property
    def total(self) -> int | None:
        """The number, if it is known by now."""
        return self._found

    def close(self) -> None:
        """End the counting."""
        self._ended = True
        self._thread.join()


class Rate:
    """Photos a second over the last half minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def add(self, done: int) -> None:
        """So many are done by now."""
        now = time.monotonic()
        if now - self._seen[-1][0] >= 0.5:
            self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()

    def now(self, done: int) -> float | None:
        """None before there is anything to go by."""
        start, before = self._seen[0]
        seconds = time.monotonic() - start
        return (done - before) / seconds if seconds > 0 and done > before else None


def told(
    outcomes: Iterable[Outcome], description: str, total: Callable[[], int | None]
) -> Iterator[Outcome]:
    """Yield outcomes while one live line tells how the work goes, on standard error.

    Where that is no terminal, a plain line every ten seconds instead.
    """
    return (_live if sys.stderr.isatty() else _logged)(outcomes, description, total)


def line(done: int, failed: int, total: int | None, rate: float | None) -> str:
    """How far, how fast, how long still, and what failed."""
    of = f" of {max(total, done):,}" if total is not None else ""
    parts = [f"{done:,}{of} photos"]
    if rate:
        parts.append(f"{rate:,.1f}/s")
        if total is not None:
            parts.append(f"{_span(max(total - done, 0) / rate)} left")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _live(
    outcomes: Iterable[Outcome], description: str, total: Callable[[], int | None]
) -> Iterator[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}"),
    ]
    rate, failed = Rate(), 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=None, told="")
        for done, outcome in enumerate(outcomes, 1):
            yield outcome
            failed += outcome.kind == "failed"
            rate.add(done)
            words = line(done, failed, total(), rate.now(done))
            progress.update(task, completed=done, total=total(), told=words)


def _logged(
    outcomes: Iterable[Outcome], description: str, total: Callable[[], int | None]
) -> Iterator[Outcome]:
    rate, failed, last = Rate(), 0, time.monotonic()
    for done, outcome in enumerate(outcomes, 1):
        yield outcome
        failed += outcome.kind == "failed"
        rate.add(done)
        if time.monotonic() - last >= LOG_EVERY_SECONDS:
            last = time.monotonic()
            sys.stderr.write(f"{description}: {line(done, failed, total(), rate.now(done))}\n")
            sys.stderr.flush()

"""Progress of long work: one line with rate and time left, on standard error.

On a terminal the line is live; elsewhere a plain line is written every ten seconds.
"""

import sys
import time
from collections import deque
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tagonaut.terminal import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

T = TypeVar("T")

LOG_EVERY_SECONDS = 10.0
_DRAW_EVERY_SECONDS = 0.1
# The rate is that of the last while: a run that continues an earlier one passes over what is done
# much faster than over what is to do.
_WINDOW_SECONDS = 30.0


class Progress:
    """Shows how far work is; a context manager, at whose end nothing is drawn any more.

    ``before``: how many items were done earlier, and do not count for the rate.
    """

    def __init__(self, description: str, *, unit: str = "pictures", before: int = 0) -> None:
        self._description, self._unit, self._before = description, unit, before
        self._done, self._failed = before, 0
        self._total: int | None = None
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        self._now = self._shown = time.monotonic()
        self._rate = Rate(self._now)
        if sys.stderr.isatty():
            self._bar = _bar(self._description)
            self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        if self._bar is not None:
            self._draw(self._bar)
            self._bar.stop()

    def update(self, done: int, total: int | None, *, failed: int = 0) -> None:
        """Say that ``done`` items are done of ``total`` (None: not known yet), some in vain."""
        self._done, self._total, self._failed = done, total, failed
        self._now = time.monotonic()
        self._rate.add(self._now, done - self._before)
        every = _DRAW_EVERY_SECONDS if self._bar is not None else LOG_EVERY_SECONDS
        if self._now - self._shown < every:
            return
        self._shown = self._now
        if self._bar is not None:
            self._draw(self._bar)
        else:
            say(f"{self._description}: {self._line()}")

    def _draw(self, bar: "Bar") -> None:
        (task,) = bar.task_ids
        bar.update(task, completed=self._done, total=self._total, line=self._line(), refresh=True)

    def _line(self) -> str:
        rate = self._rate.per_second(self._now, self._done - self._before)
        return line(self._done, self._failed, self._total, rate, self._unit)


def track(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "pictures"
) -> Generator[T, None, None]:
    """Yield ``items`` while ``Progress`` shows how many are done.

    The display ends with the iterator. A ``for`` over the call itself drops it wherever the loop is
    left; who keeps the iterator under a name closes it (``contextlib.closing``), or a traceback
    keeps it, and it draws over the error message.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    with Progress(description, unit=unit) as progress:
        for done, item in enumerate(items, 1):
            yield item
            progress.update(done, total)


class Rate:
    """Items a second over the last half minute."""

    def __init__(self, now: float) -> None:
        self._seen: deque[tuple[float, int]] = deque([(now, 0)])

    def add(self, now: float, done: int) -> None:
        """Note that ``done`` items are done at the time ``now``, in seconds."""
        if now - self._seen[-1][0] >= 0.5:
            self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()

    def per_second(self, now: float, done: int) -> float | None:
        """The rate; None before there is anything to go by."""
        start, before = self._seen[0]
        seconds = now - start
        return (done - before) / seconds if seconds > 0 and done > before else None


def line(done: int, failed: int, total: int | None, rate: float | None, unit: str) -> str:
    """How many items are done and how fast, the time left, and how many failed."""
    of = f" of {max(total, done):,}" if total is not None else ""
    parts = [f"{done:,}{of} {unit}"]
    if rate:
        parts.append(f"{rate:,.1f}/s")
        if total is not None:
            parts.append(f"{_duration(max(total - done, 0) / rate)} left")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _bar(description: str) -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[line]}"),
        console=Console(stderr=True),
        # Redrawn as items are done: a thread of its own would outlive the work if it was left.
        auto_refresh=False,
    )
    bar.add_task(description, total=None, line="")
    return bar

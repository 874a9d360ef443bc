"""Progress of long work: one live line with rate and time left, on standard error."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

LOG_EVERY_SECONDS = 10.0


def track(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "pictures"
) -> Iterator[T]:
    """Yield ``items`` while a bar tells how many are done, how fast, and how long it still takes.

    Where standard error is no terminal, a plain line every ten seconds instead.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from _live(items, description, total, unit)
    else:
        yield from _logged(items, description, total, unit)


def _live(items: Iterable[T], description: str, total: int | None, unit: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(
                "" if speed is None else f"{speed:,.1f} {unit}/s", style="progress.data.speed"
            )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield from progress.track(items, total=total, description=description)


def _logged(items: Iterable[T], description: str, total: int | None, unit: str) -> Iterator[T]:
    start = last = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= LOG_EVERY_SECONDS:
            last = now
            rate = done / (now - start)
            of = f" of {total:,}" if total else ""
            left = f", {(total - done) / rate:.0f} s left" if total else ""
            sys.stderr.write(f"{description}: {done:,}{of} {unit}, {rate:,.1f}/s{left}\n")

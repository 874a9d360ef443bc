"""Draws many pictures on all processors."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tagonaut.progress import track

A = TypeVar("A")
B = TypeVar("B")

# Pixels in all from which starting processes takes less time than they save.
WORTH_SPREADING = 4_000_000


def spread(
    function: Callable[[A], B], items: Sequence[A], description: str, *, pixels: int
) -> Iterator[B]:
    """Yield ``function(item)`` of each item in order, by one process a core, with progress.

    ``pixels``: of one picture. ``function`` is a module's own (it is found by its name in the
    other processes), its items and results are small. A picture drawn by index is the same in
    whichever process it is drawn.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(items) * pixels < WORTH_SPREADING or not cores or cores == 1:
        yield from track(map(function, items), description, total=len(items))
        return
    # Spawned, not forked: a fork inherits the locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    chunk = max(1, min(16, len(items) // (4 * cores)))
    # A pool's processes are daemons: however this one ends, they end with it.
    with context.Pool(cores, initializer=_ignore_interrupts) as pool:
        found = pool.imap(function, items, chunksize=chunk)
        yield from track(found, description, total=len(items))


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends the others in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

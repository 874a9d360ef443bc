"""The threads and ExifTool processes of one run."""

import os
import queue
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tagonaut.metadata.exiftool import ExifTool

T = TypeVar("T")

# Threads that decode, and ExifTool processes.
WORKERS = max(2, os.cpu_count() or 2)
# Threads that write: most of them wait for the disk, and those that do so share its answers.
WRITERS = 4 * WORKERS


class Tools:
    """ExifTool processes for threads to borrow, one for each processor."""

    def __init__(self) -> None:
        self._free: queue.LifoQueue[ExifTool] = queue.LifoQueue()
        for _ in range(WORKERS):
            self._free.put(ExifTool())

    @contextmanager
    def one(self) -> Iterator[ExifTool]:
        """An ExifTool that nobody else uses meanwhile; waits for one to be free."""
        tool = self._free.get()
        try:
            yield tool
        finally:
            self._free.put(tool)

    def close(self) -> None:
        """End them all; nobody may be using one any more."""
        while not self._free.empty():
            self._free.get_nowait().close()


@contextmanager
def ending(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """End a generator at the end, whatever happened: its threads use what is closed after it."""
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()

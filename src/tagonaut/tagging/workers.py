"""The threads and ExifTool processes of a run."""

import os
import queue
import resource
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool

T = TypeVar("T")

# A writer holds its photo, folders and new file; an ExifTool has pipes. The rest of a run has few.
_OPEN_FILES, _FEW = 10, 256


class Workers:
    """``readers`` threads that decode, ``writers`` threads that write, and ExifTool processes.

    ``readers`` is by default the number of processors, at least two. There is an ExifTool for each
    of them. Most writers wait for the disk, and those that wait together share its answers: there
    are four times as many.
    """

    def __init__(self, readers: int | None = None) -> None:
        self.readers = readers or max(2, os.cpu_count() or 2)
        self.writers = 4 * self.readers
        _allow_open_files(_FEW + _OPEN_FILES * self.writers)
        self._version = ""
        self._free: queue.LifoQueue[ExifTool] = queue.LifoQueue()
        for _ in range(self.readers):
            self._free.put(ExifTool())

    @contextmanager
    def exiftool(self) -> Iterator[ExifTool]:
        """Lend an ExifTool to one thread; waits until one is free."""
        tool = self._free.get()
        try:
            yield tool
        finally:
            self._free.put(tool)

    def exiftool_version(self) -> str:
        """ExifTool's version; empty if it does not tell."""
        if not self._version:
            with self.exiftool() as tool, suppress(MetadataError):
                self._version = tool.version()
        return self._version

    def close(self) -> None:
        """End all ExifTool processes; no thread may be using one."""
        while not self._free.empty():
            self._free.get_nowait().close()


def _allow_open_files(count: int) -> None:
    """Allow the process to open so many files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def ending(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """Close a generator in any case, before anything that its threads use is closed."""
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()

"""The file that a command leaves: its name is reserved, and it appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from tagonaut.errors import Interrupted, TagonautError
from tagonaut.files.atomic import sync_file, sync_folder, temporary
from tagonaut.files.locks import claimed
from tagonaut.files.names import hidden, shortened
from tagonaut.interrupts import deferred


@contextmanager
def out_file(out: Path | None, default: str, suffix: str) -> Iterator[Path]:
    """Reserve ``out``, which must be new, else the first free of ``default``, ``default-2``, ….

    Names that another process has reserved are not free. Raises ``TagonautError`` for a file that
    is there or that another command is writing, and for a place that cannot be written.
    """
    default = shortened(default)
    names = (Path(f"{default}{f'-{n}' if n > 1 else ''}{suffix}") for n in count(1))
    for path in names if out is None else [out]:
        with ExitStack() as stack:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = hidden(path, "lock")
                free = stack.enter_context(claimed(lock)) and not os.path.lexists(path)
            except OSError as error:
                raise TagonautError(f"{path}: cannot be written ({error.strerror})") from None
            if free:
                yield path
                return
            if out is not None:
                raise TagonautError(
                    f"{out} exists already, or another command is writing it: choose another --out"
                )


@contextmanager
def file_written_whole(path: Path) -> Iterator[Path]:
    """The name of a file to write, which is renamed to ``path`` at the end of the block.

    An error leaves nothing. Ctrl-C and SIGTERM wait until all is written; then ``Interrupted`` is
    raised. An error of the disk is a ``TagonautError``.
    """
    with deferred(f"{path} is being written: stopping after that") as heard:
        try:
            # Where a link leads: the link stays.
            real = Path(os.path.realpath(path))
            with temporary(real.parent) as new:
                yield new
                sync_file(new)
                new.replace(real)
                sync_folder(real.parent)
        except OSError as error:
            raise TagonautError(f"{path}: cannot be written ({error.strerror})") from error
    if heard:
        raise Interrupted(f"stopped; {path} is complete")

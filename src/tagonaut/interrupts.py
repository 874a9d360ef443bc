"""Ctrl-C asks long work to stop at the next good moment; a second one stops it at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether long work has been ``asked`` to stop."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stoppable(message: str) -> Iterator[Stop]:
    """A ``Stop`` that ctrl-C and SIGTERM set; ``message`` then tells what happens next."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        sys.stderr.write(f"\n{message} (once more to stop at once)\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

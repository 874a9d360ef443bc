"""Ctrl-C asks long work to stop at the next good moment, and never while something is written."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tagonaut.terminal import say

Handler = Callable[[int, FrameType | None], None]

BURST_SECONDS = 0.5
LOOK_AT_CLOCK_SECONDS = 10.0


class Stop:
    """Whether long work has been ``asked`` to stop."""

    def __init__(self) -> None:
        self.asked = False
        self._heard = False
        self._finishing: str | None = None
        self._first = 0.0

    def finish(self, message: str) -> bool:
        """Carry what follows to its end: from now on ctrl-C prints ``message``, however often.

        Returns whether the work had been asked to stop before.
        """
        before, self._finishing = self.asked, message
        return before

    def hear(self, message: str) -> None:
        """Note one more ctrl-C. Raises ``KeyboardInterrupt`` for a second one before ``finish``.

        Those that follow the first within half a second are one with it: programs that started
        this one pass on what the terminal has sent as well.
        """
        now = time.monotonic()
        if self._finishing is None and self._heard:
            if now - self._first < BURST_SECONDS:
                return
            raise KeyboardInterrupt
        if not self._heard:
            self._first = now
        self.asked = self._heard = True
        said = self._finishing or f"{message} (press again to stop immediately)"
        say(said, apart=True)


@contextmanager
def stoppable(message: str, *, until: float | None = None) -> Iterator[Stop]:
    """A ``Stop`` that ctrl-C and SIGTERM set; ``message`` then says what happens next.

    So does the time ``until``, in seconds since 1970.
    """
    stop = Stop()
    with _handled_by(lambda number, frame: stop.hear(message)):
        if until is None:
            yield stop
            return
        over = threading.Event()
        alarm = threading.Thread(target=_stop_at, args=(stop, until, message, over), daemon=True)
        alarm.start()
        try:
            yield stop
        finally:
            over.set()
            alarm.join()


def _stop_at(stop: Stop, until: float, message: str, over: threading.Event) -> None:
    # The clock is asked again and again: a machine that sleeps does not count the seconds.
    while (left := until - time.time()) > 0:
        if over.wait(min(left, LOOK_AT_CLOCK_SECONDS)):
            return
    if not stop.asked:
        stop.asked = True
        clock = time.strftime("%H:%M", time.localtime(until))
        say(f"It is {clock}. {message}", apart=True)


@contextmanager
def deferred(message: str) -> Iterator[list[int]]:
    """The signals, of ctrl-C and SIGTERM, that came during the block: they do not end it.

    Each prints ``message``. What follows from them is for the caller to say, after the block.
    """
    heard: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        say(message, apart=True)

    with _handled_by(note):
        yield heard


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    # Python delivers signals to the main thread alone.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)

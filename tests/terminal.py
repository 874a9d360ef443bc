"""A terminal that remembers what was written to it."""

import io
import sys
import threading

import pytest


class Terminal(io.StringIO):
    """Stands for standard error; see ``put_in_place``."""

    @classmethod
    def put_in_place(cls, monkeypatch: pytest.MonkeyPatch) -> "Terminal":
        """From within a test: between a fixture and the test, pytest sets standard error anew."""
        terminal = cls()
        monkeypatch.setattr(sys, "stderr", terminal)
        return terminal

    def __init__(self) -> None:
        super().__init__()
        self._threads = {*threading.enumerate()}

    def isatty(self) -> bool:
        return True

    def is_free(self) -> bool:
        """Whether no display is left that would draw over what is printed next."""
        return sys.stderr is self and not self.displays()

    def displays(self) -> list[str]:
        """The threads of displays that were started since."""
        started = {*threading.enumerate()} - self._threads
        return [str(thread) for thread in started if "rich" in type(thread).__module__]

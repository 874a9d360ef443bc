"""Standard output and error of the program, whatever the terminal shows and libraries print."""

import codecs
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ERRORS = "tagonaut-plain"
# What our own tables and lines hold, and what stands for it where it cannot be shown.
_PLAIN = {"─": "-", "━": "-", "–": "-", "—": "-", "…": "...", "×": "x", "→": "->", "’": "'"}


def show_everything() -> None:
    """Have standard output and error show what they cannot encode in another way, and not raise."""
    codecs.register_error(_ERRORS, _in_plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _in_plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = [
        _PLAIN.get(mark) or mark.encode("ascii", "backslashreplace").decode()
        for mark in error.object[error.start : error.end]
    ]
    return "".join(found), error.end


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep from the terminal what libraries print: warnings, log lines, and C code's own output.

    What concerns a picture is in our own lines. Python's development mode (``python -X dev -m
    tagonaut``) shows all, and ``PYTHONWARNINGS`` the warnings.
    """
    if sys.flags.dev_mode:
        yield
        return
    shown, last = warnings.showwarning, logging.lastResort
    if not sys.warnoptions:
        warnings.showwarning = _show_nothing
    logging.lastResort = None
    try:
        with _own_standard_error():
            yield
    finally:
        warnings.showwarning, logging.lastResort = shown, last


@contextmanager
def _own_standard_error() -> Iterator[None]:
    """Have our own lines go to another descriptor than 2, to which C code writes, and 2 nowhere."""
    before = sys.stderr
    if not isinstance(before, io.TextIOWrapper) or not _is_descriptor_2(before):
        yield
        return
    before.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = open(kept, "w", 1, before.encoding, before.errors, closefd=False)  # noqa: SIM115
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        sys.stderr = before
        os.dup2(kept, 2)
        os.close(kept)


def _is_descriptor_2(stream: io.TextIOWrapper) -> bool:
    with suppress(OSError, ValueError):
        return stream.fileno() == 2
    return False


def _show_nothing(*_: object, **__: object) -> None:
    """Take the place of ``warnings.showwarning``."""


def give_up_output() -> None:
    """Lead standard output nowhere: nobody reads it any more, and Python flushes it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

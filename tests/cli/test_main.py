"""What the program makes of errors that no command has caught: a line and a status."""

import gc
import sys

import pytest

from tagonaut.cli import app as app_module
from tagonaut.cli import main

PanicException = type("PanicException", (BaseException,), {})


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (PanicException("PyErr { type: <class 'KeyboardInterrupt'> }"), 130, "stopped"),
        (RecursionError(), 2, "a file is nested too deeply to be read"),
        (OSError(28, "No space left on device", "x"), 2, "x: No space left on device"),
    ],
)
def test_an_error_is_a_line(monkeypatch, capsys, error, status, line):
    def command():
        raise error

    monkeypatch.setattr(app_module, "app", command)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (status, f"tagonaut: {line}\n")


def test_a_ctrl_c_while_the_first_one_clears_up_is_no_traceback(monkeypatch, capsys):
    def work():
        try:
            yield
        finally:
            raise KeyboardInterrupt

    def command():
        working = work()
        next(working)
        del working
        gc.collect()
        raise KeyboardInterrupt

    monkeypatch.setattr(app_module, "app", command)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "tagonaut: stopped\n"

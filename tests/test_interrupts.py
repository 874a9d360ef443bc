"""Ctrl-C asks long work to stop, once; a second one ends it."""

import re
import signal
import time

import pytest

from tagonaut import interrupts
from tagonaut.interrupts import Stop, stoppable


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now[0])
    return now


def test_a_burst_of_signals_is_one(clock, capsys):
    with stoppable("stopping") as stop:
        for seconds in (10.0, 10.0, 10.3, 10.49):
            clock[0] = seconds
            signal.raise_signal(signal.SIGINT)
        assert stop.asked
        assert capsys.readouterr().err == "\nstopping (press again to stop immediately)\n"
        clock[0] = 10.6
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_nothing_ends_what_is_being_finished(clock, capsys):
    stop = Stop()
    assert not stop.finish("writing")
    for seconds in (1.0, 5.0, 9.0):
        clock[0] = seconds
        stop.hear("stopping")
    assert stop.asked
    assert capsys.readouterr().err == "\nwriting\n" * 3


def test_a_time_stops_as_ctrl_c_does(capsys):
    with stoppable("stopping", until=time.time() + 0.05) as stop:
        deadline = time.monotonic() + 10
        while not stop.asked and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stop.asked
        assert re.fullmatch(r"\nIt is \d\d:\d\d\. stopping\n", capsys.readouterr().err)
        # The first ctrl-C is still the polite one.
        signal.raise_signal(signal.SIGINT)
    with stoppable("stopping", until=time.time() + 3600) as stop:
        assert not stop.asked

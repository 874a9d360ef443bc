import numpy as np
import pytest

from tagonaut import progress
from tagonaut.cache import Cache
from tagonaut.errors import Interrupted
from tagonaut.interrupts import Stop
from tagonaut.pixels.pixel_cache import pixel_pack
from tagonaut.pixels.preprocessing import Preprocessing
from tests.terminal import Terminal


def test_lines_where_there_is_no_terminal(monkeypatch, capsys):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    assert list(progress.track(range(6), "working", unit="photos")) == list(range(6))
    err = capsys.readouterr().err
    assert err == (
        "working: 3 of 6 photos, 0.2/s, 12 s left\nworking: 6 of 6 photos, 0.2/s, 0 s left\n"
    )


def test_one_live_line_on_a_terminal(monkeypatch):
    terminal = Terminal.put_in_place(monkeypatch)
    assert list(progress.track(iter(range(6)), "working", unit="photos")) == list(range(6))
    assert "working" in terminal.getvalue()
    assert "6 photos" in terminal.getvalue()
    assert terminal.is_free()


def test_a_loop_that_is_left_early_leaves_no_display(monkeypatch):
    terminal = Terminal.put_in_place(monkeypatch)
    for _ in progress.track(range(6), "working"):
        break
    assert terminal.is_free()
    with pytest.raises(ZeroDivisionError) as held:  # its traceback keeps every local variable
        for item in progress.track(range(6), "working"):
            1 / item
    assert held.tb is not None
    assert terminal.is_free()


def test_decoding_that_is_stopped_leaves_no_display(monkeypatch, painter, tmp_path):
    terminal = Terminal.put_in_place(monkeypatch)
    paths = [tmp_path / f"{name}.jpg" for name in "abc"]
    for path in paths:
        painter(path, ["red"], np.random.default_rng(0))
    stop, scale = Stop(), Preprocessing(8, (0.0,) * 3, (1.0,) * 3)
    stop.asked = True
    with pytest.raises(Interrupted) as held:
        pixel_pack(paths, ["a", "b", "c"], scale, Cache(), stop=stop)
    assert held.tb is not None
    assert "decoding" in terminal.getvalue()
    assert terminal.is_free()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0, None, None), "0 photos"),
        ((1200, 0, None, 31.42), "1,200 photos, 31.4/s"),
        ((1200, 3, 5000, 10.0), "1,200 of 5,000 photos, 10.0/s, 6 min 20 s left, 3 failed"),
        ((10, 0, 400_010, 20.0), "10 of 400,010 photos, 20.0/s, 5 h 33 min left"),
        ((7, 0, 5, 1.0), "7 of 7 photos, 1.0/s, 0 s left"),
    ],
)
def test_the_line(values, expected):
    assert progress.line(*values, "photos") == expected


def test_the_rate_is_that_of_the_last_half_minute():
    rate = progress.Rate(0.0)
    assert rate.per_second(0.0, 0) is None
    # 100,000 photos with nothing to do in a second; then ten a second.
    for second in range(1, 101):
        rate.add(float(second), 100_000 + 10 * second)
    assert rate.per_second(100.0, 100_000 + 1000) == pytest.approx(10)

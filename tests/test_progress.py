from tagonaut import progress


def test_lines_where_there_is_no_terminal(monkeypatch, capsys):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    assert list(progress.track(range(6), "working", unit="photos")) == list(range(6))
    err = capsys.readouterr().err
    assert err == (
        "working: 3 of 6 photos, 0.2/s, 12 s left\nworking: 6 of 6 photos, 0.2/s, 0 s left\n"
    )

"""``tagonaut draw`` with and without packages that declare kinds of collections."""

import json
from importlib.metadata import EntryPoint

import pytest

from tagonaut.drawing import kinds
from tagonaut.drawing.kinds import GROUP

DOTS = EntryPoint("dots", "tests.drawing.test_kinds:Dots", GROUP)
BROKEN = EntryPoint("broken", "no_such_module:Kind", GROUP)


@pytest.fixture
def installed(monkeypatch):
    def install(*points: EntryPoint) -> None:
        monkeypatch.setattr(kinds, "entry_points", lambda group: points)

    return install


def test_chips_are_built_in(tagonaut, installed, tmp_path):
    installed()
    drawing = ("draw", tmp_path / "new", "--kind", "chips", "--pictures", "2", "--size", "32")
    status, out, err = tagonaut(*drawing)
    assert (status, err) == (0, "")
    assert f"tagonaut explore {tmp_path / 'new' / 'labels.csv'}" in out
    again = (*drawing[:1], tmp_path / "more", *drawing[2:], "--unlabelled", "--json")
    status, out, _ = tagonaut(*again)
    assert json.loads(out) == {"data": str(tmp_path / "more"), "pictures": 2, "seed": 0}


@pytest.mark.parametrize("words", [(), ("--kind", "amazon", "--tif"), ("--kind=orbit",)])
def test_without_the_samples_one_line_says_what_to_install(tagonaut, installed, tmp_path, words):
    installed()
    status, out, err = tagonaut("draw", tmp_path / "new", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "pip install tagonaut-samples" in err
    assert not (tmp_path / "new").exists()
    status, out, _ = tagonaut("draw", "--help")
    assert status == 0
    assert "--kind <chips>" in out
    assert "--tif" not in out


def test_a_wrong_kind_lists_those_there_are(tagonaut, installed, tmp_path):
    installed(DOTS)
    status, out, err = tagonaut("draw", tmp_path / "new", "--kind", "wrong")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.endswith("'wrong': --kind takes chips, dots\n")


def test_options_that_kinds_add(tagonaut, installed, tmp_path):
    installed(DOTS)
    status, out, _ = tagonaut("draw", "--help")
    assert status == 0
    text = " ".join(out.split())
    assert "dots: dots;" in text
    assert "--colour <str> dots: the colour." in text
    folder = tmp_path / "new"
    status, out, _ = tagonaut("draw", folder, "--kind", "dots", "--colour", "blue", "--json")
    assert (status, json.loads(out)["data"]) == (0, str(folder))
    status, out, err = tagonaut("draw", folder, "--kind", "chips", "--colour", "blue")
    assert (status, out, err) == (2, "", "tagonaut: --colour needs --kind dots\n")


def test_a_broken_package_costs_one_line_and_not_the_command(tagonaut, installed, tmp_path):
    installed(BROKEN)
    words = ("--kind", "chips", "--pictures", "1", "--size", "32")
    status, out, err = tagonaut("draw", tmp_path / "new", *words)
    assert (status, err.count("\n")) == (0, 1)
    assert "'broken' of an unknown package cannot be used: ModuleNotFoundError" in err
    assert "1 pictures drawn" in out

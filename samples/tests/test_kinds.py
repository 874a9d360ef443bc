"""What the distribution declares, and the command that finds it."""

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tagonaut.cli import main
from tagonaut.drawing import kinds as module
from tagonaut.drawing.kinds import GROUP, SAMPLES, kinds, own_options

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """The entry points as they are declared: those installed may be of an earlier version."""
    points = [EntryPoint(*item, GROUP) for item in PROJECT["entry-points"][GROUP].items()]
    monkeypatch.setattr(module, "entry_points", lambda group: points)


def test_the_kinds_that_tagonaut_knows_of_are_those_declared():
    there = kinds()
    assert there.notes == ()
    assert tuple(name for name in there.found if name != "chips") == SAMPLES
    added = {name: [o.name for o in own_options(kind)] for name, kind in there.found.items()}
    assert added == {
        "amazon": ["tif"],
        "cartoon": ["challenge"],
        "chips": ["unlabelled"],
        "orbit": ["unlabelled"],
    }


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("--tif",), ["labels.csv", "train-jpg", "train-tif"]),
        (
            ("--kind", "cartoon", "--challenge", "1"),
            ["challenge", "challenge.csv", "images", "labels.csv"],
        ),
        (("--kind", "orbit", "--unlabelled"), ["mission-12"]),
    ],
    ids=SAMPLES,
)
def test_the_command_draws_them(tmp_path, monkeypatch, capsys, words, files):
    folder = tmp_path / "new"
    words = ("draw", str(folder), "--pictures", "1", "--size", "64", *words)
    monkeypatch.setattr(sys, "argv", ["tagonaut", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert sorted(path.name for path in folder.iterdir()) == files
    out = capsys.readouterr().out
    assert "tagonaut explore" in out
    hard = folder / "challenge.csv"
    assert (f"tagonaut evaluate RUN {hard} --only {hard}" in out) == hard.exists()

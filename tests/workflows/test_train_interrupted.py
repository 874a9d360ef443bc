"""A finished run is never lost: not to ctrl-C, not to another command, not to a rule."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tagonaut as package
from tagonaut.errors import TagonautError
from tagonaut.learning import cross_fit as cross_fit_module
from tagonaut.learning.recipes import load_recipe
from tagonaut.runs import folder
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger
from tagonaut.workflows import train as module
from tagonaut.workflows.decide import decide
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.train import train

SMALL = ("size=32", "frozen.epochs=1")


def fast(*changes):
    return load_recipe("fast", [*SMALL, *changes])


@pytest.fixture
def dataset(painted):
    return package.read(painted)


def ctrl_c_in(monkeypatch, owner, name, times=1, when=lambda *_: True):
    """Press ctrl-C so often whenever this function is called with such arguments."""
    inner = getattr(owner, name)

    def pressed(*arguments, **options):
        for _ in range(times if when(*arguments) else 0):
            signal.raise_signal(signal.SIGINT)
        return inner(*arguments, **options)

    monkeypatch.setattr(owner, name, pressed)


TRAIN = """
import sys, time
from pathlib import Path
import tagonaut
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows import train as module
table, weights, own, other = sys.argv[1:]
inner = module.fit
def fit(*arguments, **options):
    # Both have chosen where to write before either of them writes.
    Path(own).touch()
    for _ in range(600):
        if Path(other).exists():
            break
        time.sleep(0.1)
    return inner(*arguments, **options)
module.fit = fit
recipe = load_recipe("fast", ["size=32", "frozen.epochs=1"])
print(module.train(tagonaut.read(table), recipe, weights=weights).run)
"""


def test_two_side_by_side_leave_two_runs(painted, weights, tmp_path):
    """Promise: a finished run is never lost to Ctrl-C, a kill or a second command."""
    names = ["a", "b"]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TRAIN, painted, weights, own, other],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for own, other in (names, names[::-1])
    ]
    runs = {one.communicate(timeout=300)[0].strip() for one in both}
    assert runs == {"runs/fast-1", "runs/fast-2"}
    for run in runs:
        Tagger.load(tmp_path / run)
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"fast-1", "fast-2"}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("step", ["tuned_rule", "Tagger", "write_report", "rmtree"])
def test_ctrl_c_after_the_fit_loses_nothing(dataset, weights, tmp_path, monkeypatch, step, times):
    """Promise: a finished run is never lost to Ctrl-C, a kill or a second command."""
    run = train(dataset, fast(), out=tmp_path / "run", weights=weights).run
    (run / "grid-fold-9.csv").touch()
    owners = {"tuned_rule": module, "Tagger": module, "write_report": folder, "rmtree": shutil}
    # While the run before is being deleted, which has been moved aside.
    when = (
        (lambda path: (Path(path) / "grid-fold-9.csv").exists())
        if step == "rmtree"
        else (lambda *_: True)
    )
    ctrl_c_in(monkeypatch, owners[step], step, times, when)
    trained = train(dataset, fast(), out=run, weights=weights)
    # The fit was complete.
    assert trained.interrupted
    assert not trained.metrics["interrupted"]
    assert not (run / "grid-fold-9.csv").exists()
    assert json.loads((run / "metrics.json").read_text()) == trained.metrics
    Tagger.load(run)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_the_command_says_where_the_run_is(tagonaut, painted, weights, tmp_path, monkeypatch):
    ctrl_c_in(monkeypatch, module, "tuned_rule", 2)
    monkeypatch.chdir(tmp_path)
    settings = [word for change in SMALL for word in ("--set", change)]
    status, out, err = tagonaut("train", painted, "--weights", weights, *settings)
    assert status == 1
    assert "run: runs/fast-1" in out
    assert err.count("The fit is over: stopping when runs/fast-1 is written") == 2


def test_ctrl_c_before_anything_is_fitted_is_its_own_exit_status(
    tagonaut, painted, weights, tmp_path, monkeypatch
):
    ctrl_c_in(monkeypatch, module, "prepare")
    settings = [word for change in SMALL for word in ("--set", change)]
    arguments = ("train", painted, "--weights", weights, "--out", tmp_path / "run", *settings)
    status, _, err = tagonaut(*arguments)
    assert status == 130
    assert err.splitlines()[-1].startswith("tagonaut: stopped")
    assert not [path for path in tmp_path.iterdir() if "run" in path.name]


def folds_done(monkeypatch, number):
    """Ask to stop in the fold after so many."""
    calls = []
    fit = cross_fit_module.fit

    def stopped(prepared, recipe, *, stop, **how):
        calls.append(1)
        stop.asked = len(calls) > number
        return fit(prepared, recipe, stop=stop, **how)

    monkeypatch.setattr(cross_fit_module, "fit", stopped)


@pytest.mark.parametrize("missing", ["validation", "train"])
def test_complete_folds_without_a_picture_of_a_split_are_a_run(
    dataset, weights, tmp_path, monkeypatch, missing
):
    # The complete fold holds pictures of the other split alone.
    rest = "train" if missing == "validation" else "validation"
    prepare = module.prepare

    def moved(*arguments, **options):
        prepared = prepare(*arguments, **options)
        splits = np.where(prepared.table.folds == 0, rest, prepared.table.splits)
        return replace(prepared, table=replace(prepared.table, splits=splits))

    monkeypatch.setattr(module, "prepare", moved)
    folds_done(monkeypatch, 1)
    trained = train(dataset, fast(), out=tmp_path / "run", weights=weights, folds=3)
    assert trained.interrupted
    assert trained.metrics["interrupted"]
    assert trained.metrics[missing] is None
    assert (
        f"no {missing} picture is in these folds: there are no figures on {missing} pictures"
        in trained.notes
    )
    tagger = Tagger.load(trained.run)
    table = RunFolder(trained.run).table(tagger)
    assert set(tagger.rule.pictures) == {table.ids[row] for row in np.flatnonzero(table.folds == 0)}
    assert evaluate_run(trained.run)["tuned"]["map"] == trained.metrics["test"]["tuned"]["map"]
    assert decide(trained.run, ["metric=f2"]).metrics[missing] is None
    page = (trained.run / "report.html").read_text()
    assert ("No training picture is in a complete fold" in page) == (missing == "train")


def test_a_rule_that_cannot_be_tuned_does_not_cost_the_run(dataset, weights, tmp_path):
    # Nobody has a label among the validation pictures, so there is nothing to calibrate by.
    names = np.array(["train", "validation", "test"])[np.arange(90) % 3]
    targets = dataset.targets.copy()
    targets[names == "validation"] = 0
    import polars as pl

    marked = replace(dataset, targets=targets, columns=pl.DataFrame({"part": names}))
    recipe = fast("rule.calibration=beta")
    trained = train(marked, recipe, out=tmp_path / "run", weights=weights, parts="column:part")
    assert any(
        note.startswith("no decision rule could be tuned, every label is decided at 0.5:")
        for note in trained.notes
    )
    assert Tagger.load(trained.run).rule.thresholds == (0.5, 0.5, 0.5)


def test_a_place_that_is_taken_meanwhile_costs_nothing(dataset, weights, tmp_path, monkeypatch):
    fit = module.fit

    def taken(*arguments, **options):
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "mine").touch()
        return fit(*arguments, **options)

    monkeypatch.setattr(module, "fit", taken)
    with pytest.raises(TagonautError, match=r"it is complete in .*run-2") as raised:
        train(dataset, fast(), out=tmp_path / "run", weights=weights)
    Tagger.load(Path(str(raised.value).split()[-1]))
    assert (tmp_path / "run" / "mine").exists()

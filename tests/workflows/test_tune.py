import csv
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from dataclasses import replace

import numpy as np
import pytest

import tagonaut
from tagonaut.errors import TagonautError
from tagonaut.files.locks import locked
from tagonaut.interrupts import Stop
from tagonaut.learning import prepared
from tagonaut.learning.fitting import Epoch
from tagonaut.learning.preparing import Preparing, prepare
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows import tune as module
from tagonaut.workflows.train import train
from tagonaut.workflows.tune import tune

RATES = (0.0001, 0.03, 0.003)
CHANGES = (
    "size=32",
    "frozen.batch_size=16",
    "tune.sampler=grid",
    "tune.pruning=false",
    "tune.changes=['frozen.epochs=4']",
    f"tune.space={{frozen.learning_rate = {{choices = {list(RATES)}}}}}",
)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def without_times(trials):
    return [replace(trial, seconds=0) for trial in trials]


@pytest.fixture
def fits(monkeypatch):
    """The recipes that were fitted."""
    made, fit = [], module.fit

    def counted(prepared, recipe, **more):
        made.append(recipe)
        return fit(prepared, recipe, **more)

    monkeypatch.setattr(module, "fit", counted)
    return made


def test_a_search_leaves_its_trials_and_a_recipe_that_train_takes(
    painted, weights, tmp_path, fits, monkeypatch
):
    features, computed = [], prepared.frozen_features
    monkeypatch.setattr(
        prepared, "frozen_features", lambda *a, **k: features.append(1) or computed(*a, **k)
    )
    dataset = tagonaut.read(painted)
    tuned = tune(dataset, "fast", CHANGES, out=tmp_path / "search", weights=weights)
    folder = tmp_path / "search"
    assert features == [1]  # of all trials together
    assert [recipe.frozen.learning_rate for recipe in fits] == list(RATES)
    assert {recipe.frozen.epochs for recipe in fits} == {4}
    assert (tuned.made, tuned.interrupted, len(tuned.trials)) == (3, False, 3)
    table = rows(folder / "trials.csv")
    assert [float(row["frozen.learning_rate"]) for row in table] == list(RATES)
    for number, row in enumerate(table, 1):
        history = rows(folder / "trials" / f"{number:03}.csv")
        assert [int(epoch["epoch"]) for epoch in history] == [1, 2, 3, 4]
        best = max(float(epoch["validation_map"]) for epoch in history)
        assert float(row["objective"]) == pytest.approx(best, rel=1e-5)
    assert tuned.best == max(tuned.trials, key=lambda trial: trial.objective)

    # As a run of the same settings would have it, but for the search's own changes.
    best = load_recipe(str(folder / "best.toml"))
    rate = tuned.best.values["frozen.learning_rate"]
    wanted = load_recipe("fast", [*CHANGES[:2], f"frozen.learning_rate={rate}"])
    assert best == wanted.model_copy(update={"backbone": "test_resnet", "tune": None})
    short = best.model_copy(update={"frozen": best.frozen.model_copy(update={"epochs": 4})})
    trained = train(dataset, short, out=tmp_path / "run", weights=weights)
    history = rows(trained.run / "history.csv")
    same = rows(folder / "trials" / f"{tuned.best.number:03}.csv")
    assert [row["validation_map"] for row in history] == [row["validation_map"] for row in same]

    page = (folder / "tune.html").read_text()
    assert page.count("<svg") == 2 + 5
    assert all(f"{100 * trial.objective:.2f} %" in page for trial in tuned.trials)
    assert not re.search(r'(src|href)="(?!#|data:)', page.replace('xlink:href="#', ""))

    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = tune(dataset, "fast", CHANGES, out=folder, weights=weights)
    assert (again.made, len(fits)) == (0, 3)
    assert again.trials == tuned.trials
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_test_pictures_are_not_looked_at(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    recipe = load_recipe("fast", CHANGES)
    table = prepare(dataset, recipe, Preparing(weights), stop=Stop()).table
    parts = tmp_path / "split.parquet"
    table.write(parts)
    targets = dataset.targets.copy()
    targets[table.rows("test")] ^= 1
    found = [
        tune(some, "fast", CHANGES, out=tmp_path / name, weights=weights, parts=str(parts))
        for name, some in [("a", dataset), ("b", replace(dataset, targets=targets))]
    ]
    assert without_times(found[0].trials) == without_times(found[1].trials)


KILLED = """
import os, signal, sys
import tagonaut
from tagonaut.workflows import tune as module
data, weights, out, *changes = sys.argv[1:]
fit, fits = module.fit, []

def killing(prepared, recipe, *, on_epoch, **more):
    fits.append(recipe)
    def report(epoch):
        on_epoch(epoch)
        if len(fits) == 2 and epoch.epoch == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    return fit(prepared, recipe, on_epoch=report, **more)

module.fit = killing
module.tune(tagonaut.read(data), "fast", changes, out=out, weights=weights)
"""


def test_a_killed_search_goes_on_where_it_was(painted, weights, tmp_path, fits):
    changes = [
        *CHANGES[:2],
        "tune.trials=4",
        "tune.changes=['frozen.epochs=4']",
        "tune.space={frozen.learning_rate = {low = 1e-4, high = 0.1, log = true}}",
    ]
    arguments = [str(painted), str(weights), str(tmp_path / "killed"), *changes]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        check=False, capture_output=True, env=dict(os.environ),
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not (tmp_path / "killed" / "tune.html").exists()
    dataset = tagonaut.read(painted)
    after = tune(dataset, "fast", changes, out=tmp_path / "killed", weights=weights)
    assert after.made == len(fits) == 3
    whole = tune(dataset, "fast", changes, out=tmp_path / "whole", weights=weights)
    assert without_times(after.trials) == without_times(whole.trials)
    assert [path.name for path in sorted((tmp_path / "killed" / "trials").iterdir())] == [
        "001.csv", "002.csv", "003.csv", "004.csv",
    ]  # fmt: skip
    more = [*changes, "tune.trials=5"]
    longer = tune(dataset, "fast", more, out=tmp_path / "killed", weights=weights)
    assert (longer.made, len(longer.trials)) == (1, 5)


def test_asked_to_stop_it_keeps_what_is_over_and_goes_on_later(
    painted, weights, tmp_path, fits, monkeypatch
):
    dataset, report, told = tagonaut.read(painted), module.RunningTrial.report, []

    def interrupted(self, figure):
        told.append(figure)
        if len(told) == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return report(self, figure)

    monkeypatch.setattr(module.RunningTrial, "report", interrupted)
    stopped = tune(dataset, "fast", CHANGES, out=tmp_path / "search", weights=weights)
    assert stopped.interrupted
    assert [trial.number for trial in stopped.trials] == [1]
    assert "the same command continues it" in (tmp_path / "search" / "tune.html").read_text()
    assert (tmp_path / "search" / "best.toml").exists()
    after = tune(dataset, "fast", CHANGES, out=tmp_path / "search", weights=weights)
    assert [recipe.frozen.learning_rate for recipe in fits] == [RATES[0], RATES[1], *RATES[1:]]
    assert (after.interrupted, len(after.trials)) == (False, 3)


def test_trials_that_are_pruned_or_fail_are_told_and_never_the_best(
    painted, weights, tmp_path, monkeypatch
):
    levels = [0.5, 0.6, None, 0.7, 0.8, 0.1]

    def fit(prepared, recipe, *, on_epoch, **more):
        level = levels.pop(0)
        for number in range(1, 5):
            if level is None:
                raise TagonautError("the loss is no number")
            figure = level + 0.01 * number
            epochs.append(Epoch("head", number, 1, 1, figure, figure, figure, figure, 0.1, 1.0))
            on_epoch(epochs[-1])
        return Fitted(epochs[-1])

    class Fitted:
        def __init__(self, best):
            self.history, self.best = self, lambda: best

    epochs = []
    monkeypatch.setattr(module, "fit", fit)
    changes = [
        "size=32",
        "tune.trials=6",
        "tune.space={frozen.epochs = {low = 1, high = 90, integer = true}}",
    ]
    tuned = tune(tagonaut.read(painted), "fast", changes, out=tmp_path / "search", weights=weights)
    assert [trial.outcome for trial in tuned.trials] == [
        "complete", "complete", "failed", "complete", "complete", "pruned",
    ]  # fmt: skip
    assert tuned.best.number == 5
    assert tuned.trials[5].epochs == 3
    assert len(rows(tmp_path / "search" / "trials" / "006.csv")) == 3
    page = (tmp_path / "search" / "tune.html").read_text()
    assert "Trial 3 failed: the loss is no number" in page
    assert "1 ended early, 1 failed" in page


def test_trials_may_differ_in_what_is_decoded(painted, tmp_path, fits):
    changes = [
        "network.epochs=1",
        "network.batch_size=32",
        "tune.sampler=grid",
        "tune.space={size = {choices = [24, 32]}}",
    ]
    tuned = tune(tagonaut.read(painted), "scratch", changes, out=tmp_path / "search")
    assert [recipe.size for recipe in fits] == [24, 32]
    assert [trial.outcome for trial in tuned.trials] == ["complete", "complete"]
    best = tomllib.loads((tmp_path / "search" / "best.toml").read_text())
    assert best["size"] == tuned.best.values["size"]


def test_another_search_is_not_gone_on_with(painted, weights, tmp_path):
    dataset, out = tagonaut.read(painted), tmp_path / "search"

    def search(*changes, **more):
        given = {"out": out, "weights": weights, **more}
        return tune(dataset, "fast", [*CHANGES, *changes], **given)

    search()
    with pytest.raises(
        TagonautError, match="another search in it, with other seed: choose another"
    ):
        search("seed=1")
    with pytest.raises(TagonautError, match="another search in it, with other frozen and tune"):
        search("frozen.clip=1", "tune.objective=f1")
    with pytest.raises(TagonautError, match="another search in it, with other data or split"):
        search(parts="50/25/25")
    with (
        locked(out / ".lock"),
        pytest.raises(TagonautError, match="another run is at work here"),
    ):
        search()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(TagonautError, match="exists already and is not a search"):
        search(out=tmp_path / "full")


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("fast", [], r"fast has no \[tune.space\]: name the keys .*--space frozen.learning_rate"),
        ("scratch", [], r"scratch has no \[tune.space\]: .*--space network.learning_rate"),
        ("amazon-forest", [], "has a search of its own"),
        ("fast", ["tune.space={seed = {choices = [1, 2]}}"], "seed cannot be searched"),
        ("fast", ["tune.space={frozen.epoch = {choices = [1]}}"], "did you mean 'epochs'"),
        ("fast", ["tune.space={frozen.epochs = {choices = [3, 0]}}"], "frozen.epochs: .*it is 0"),
        ("fast", ["tune.space={frozen.epochs = {low = 1, high = 9}}"], "frozen.epochs: .*integer"),
        ("fast", ["tune.space={loss.kind = {choices = ['bce', 'focl']}}"], "did you mean 'focal'"),
        ("fast", ["tune.space={backbone = {choices = ['a', 'b']}}"], "neither --weights nor"),
    ],
)
def test_a_search_that_cannot_be_made_is_told_at_once(
    painted, weights, tmp_path, recipe, changes, message
):
    given = {} if recipe == "amazon-forest" else {"weights": weights}
    with pytest.raises(TagonautError, match=message):
        tune(tagonaut.read(painted), recipe, changes, out=tmp_path / "search", **given)
    assert not (tmp_path / "search").exists()


def test_the_command_searches_what_it_is_told_and_says_how_to_train(
    tagonaut, painted, weights, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = ["tune", "labels.csv", "--recipe", "fast", "--weights", str(weights),
             "--split", "50/25/25", "--set", "size=32", "--set", "frozen.epochs=2",
             "--set", "tune.sampler=grid",
             "--space", "frozen.learning_rate=0.1,0.01", "--space", "loss.kind=bce,focal",
             "--trials", "3", "--no-stratify"]  # fmt: skip
    status, out, err = tagonaut(*words)
    assert status == 0, out + err
    assert "the first 3 of 4 combinations are tried" in err
    assert (
        f"tagonaut train labels.csv \\\n    --weights {weights} \\\n    --split 50/25/25 \\\n"
        "    --no-stratify \\\n    --recipe runs/fast-tune/best.toml\n"
    ) in out
    assert (
        "nothing to do: all 3 trials are over (raise --trials to make more)" in tagonaut(*words)[1]
    )
    document = json.loads(tagonaut(*words, "--json")[1])
    assert document["made"] == 0
    assert [trial["values"]["loss.kind"] for trial in document["trials"]] == ["bce", "focal", "bce"]
    best = max(document["trials"], key=lambda trial: trial["objective"])
    assert document["best"] == best
    objectives = np.array(
        [float(row["objective"]) for row in rows(tmp_path / "runs/fast-tune/trials.csv")]
    )
    assert objectives.max() == best["objective"]


def test_values_that_do_not_go_together_fail_a_trial_and_not_the_search(painted, weights, tmp_path):
    changes = [
        *("size=32", "frozen.epochs=1", "tune.sampler=grid", "tune.pruning=false"),
        "tune.space={head.kind = {choices = ['linear', 'residual']},"
        " head.dropout = {choices = [0.0, 0.5]}}",
    ]
    tuned = tune(tagonaut.read(painted), "fast", changes, out=tmp_path / "search", weights=weights)
    assert [trial.outcome for trial in tuned.trials] == ["complete", "complete", "failed", "failed"]
    assert "there is no key 'dropout'" in tuned.trials[2].note

import json
import math
import os
import random

import pytest

from tagonaut.errors import TagonautError
from tagonaut.learning.searching import (
    Search,
    TuneSettings,
)

SPACE = {
    "frozen.learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    "head.dropout": {"low": 0.0, "high": 0.5},
    "frozen.batch_size": {"low": 8, "high": 32, "integer": True},
    "loss.kind": {"choices": ["bce", "focal"]},
    "head.stages": {"choices": [[-1], [-2, -1], True, 1, 1.0]},
}


def settings(**changes):
    return TuneSettings.model_validate({"trials": 14, "pruning": False, "space": SPACE, **changes})


def quality(values):
    return 0.9 - abs(math.log10(values["frozen.learning_rate"]) + 3) / 10


def searched(journal, wanted, cuts=None):
    """Make all trials; with ``cuts``, by processes that are killed now and then."""
    search = Search(journal, wanted, seed=5)
    while (attempt := search.next_trial()) is not None:
        if cuts and cuts.random() < 0.4:
            if cuts.random() < 0.5:
                attempt.report(0.123)
            if cuts.random() < 0.5:  # in the middle of a line
                with journal.open("a") as file:
                    file.write('{"op_code":7,"worker')
            search = Search(journal, wanted, seed=5)
            continue
        for epoch in range(3):
            attempt.report(quality(attempt.values) - 0.01 * (2 - epoch))
        attempt.end("complete", 1.0)
    return search


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid"])
def test_a_search_that_is_killed_again_and_again_makes_the_same_trials(tmp_path, sampler):
    space = {key: value for key, value in SPACE.items() if "choices" in value}
    wanted = (
        settings(sampler=sampler)
        if sampler != "grid"
        else settings(
            sampler=sampler, space={"frozen.learning_rate": {"choices": [0.1, 0.01]}, **space}
        )
    )
    whole = searched(tmp_path / "whole", wanted).trials()
    cut = searched(tmp_path / "cut", wanted, random.Random(1)).trials()
    assert cut == whole
    assert [trial.number for trial in whole] == list(range(1, 15))
    assert len({json.dumps(trial.values) for trial in whole}) == 14
    for line in (tmp_path / "cut").read_text().splitlines():
        json.loads(line)


def test_values_are_of_the_space(tmp_path):
    search = searched(tmp_path / "journal", settings(sampler="random", trials=60))
    values = {key: [trial.values[key] for trial in search.trials()] for key in SPACE}
    assert all(1e-5 <= rate <= 1e-1 for rate in values["frozen.learning_rate"])
    tenfolds = {math.floor(math.log10(rate)) for rate in values["frozen.learning_rate"]}
    assert tenfolds == {-5, -4, -3, -2}
    assert all(0 <= share <= 0.5 for share in values["head.dropout"])
    assert all(type(size) is int and 8 <= size <= 32 for size in values["frozen.batch_size"])
    assert {json.dumps(value) for value in values["head.stages"]} == {
        "[-1]", "[-2, -1]", "true", "1", "1.0",
    }  # fmt: skip
    best = max(search.trials(), key=lambda trial: quality(trial.values))
    assert search.best() == best
    assert (best.objective, best.best_epoch, best.epochs) == (quality(best.values), 3, 3)


def test_a_grid_is_every_combination_in_turn(tmp_path):
    wanted = settings(
        sampler="grid", space={"a": {"choices": [1, 2]}, "b": {"choices": ["x", "y", "z"]}}
    )
    assert wanted.planned == 6
    search = Search(tmp_path / "journal", wanted, seed=0)
    made = []
    while (attempt := search.next_trial()) is not None:
        made.append(tuple(attempt.values.values()))
        attempt.report(0.5)
        attempt.end("complete", 1.0)
    assert made == [(a, b) for a in (1, 2) for b in "xyz"]
    assert settings(sampler="grid", trials=2, space=wanted.space).planned == 2


def test_trials_below_the_median_are_ended(tmp_path):
    search = Search(tmp_path / "journal", settings(pruning=True, warmup=2), seed=0)
    told = []
    for level in (0.5, 0.6, 0.7, 0.8, 0.64, 0.66):
        attempt = search.next_trial()
        worth = [attempt.report(level + 0.01 * epoch) for epoch in range(4)]
        told.append(worth)
        attempt.end("pruned" if any(worth) else "complete", 1.0)
    # Of the first four the median is 0.65, and nothing is ended before its second epoch.
    assert told == [[False] * 4] * 4 + [[False, True, True, True], [False] * 4]
    assert [trial.outcome for trial in search.trials()][4:] == ["pruned", "complete"]
    assert search.best().number == 4


def test_the_objective_is_of_the_epoch_that_is_kept(tmp_path):
    search = Search(tmp_path / "journal", settings(), seed=0)
    outcomes = [
        ([0.3, 0.5, 0.4], {}, "complete", 0.5, 2),
        ([0.3, 0.5, 0.4], {"kept": 3}, "complete", 0.4, 3),
        ([math.nan, 0.2], {"kept": 1}, "complete", 0.2, 2),
        ([math.nan], {}, "failed", None, None),
        ([0.9], {"outcome": "failed", "note": "why"}, "failed", 0.9, 1),
    ]
    for figures, more, outcome, objective, epoch in outcomes:
        attempt = search.next_trial()
        for figure in figures:
            attempt.report(figure)
        trial = attempt.end(**{"outcome": "complete", "seconds": 1.0, **more})
        assert (trial.outcome, trial.objective, trial.best_epoch) == (outcome, objective, epoch)
    again = Search(tmp_path / "journal", settings(), seed=0)
    assert [trial.outcome for trial in again.trials()] == [row[2] for row in outcomes]
    assert again.trials()[4].note == "why"
    assert again.best().number == 1


def test_a_trial_that_was_over_but_not_told_to_the_sampler(tmp_path, monkeypatch):
    search = Search(tmp_path / "journal", settings(), seed=0)
    attempt = search.next_trial()
    attempt.report(0.5)
    with monkeypatch.context() as patched:
        patched.setattr("tagonaut.learning.searching.trials._tell", lambda *_: None)
        attempt.end("complete", 1.0)
    again = Search(tmp_path / "journal", settings(), seed=0)
    assert [trial.objective for trial in again.trials()] == [0.5]
    assert again.next_trial().number == 2
    assert again._study.best_value == 0.5


def test_a_damaged_journal_is_told(tmp_path):
    searched(tmp_path / "journal", settings(trials=1))
    lines = (tmp_path / "journal").read_text().splitlines()
    (tmp_path / "journal").write_text("\n".join([lines[0], "nonsense", *lines[1:], ""]))
    with pytest.raises(TagonautError, match="journal: damaged"):
        Search(tmp_path / "journal", settings(), seed=0)


@pytest.mark.parametrize("odd", [None, [], "text", 10**40, math.nan], ids=repr)
def test_a_journal_of_another_hand_is_one_line(tmp_path, odd):
    journal = tmp_path / "journal"
    searched(journal, settings(trials=1))
    lines = journal.read_text().splitlines()
    refused = 0
    for at, line in enumerate(lines):
        record = json.loads(line)
        ended = record.get("user_attr", {}).get("ended", {})
        for table in (record, ended):
            for key in [*table]:
                kept, table[key] = table[key], odd
                changed = [*lines[:at], json.dumps(record), *lines[at + 1 :], ""]
                table[key] = kept
                journal.write_text("\n".join(changed))
                try:
                    search = Search(journal, settings(), seed=0)
                    search.best()
                    search.next_trial()
                except TagonautError as error:
                    refused += 1
                    assert "\n" not in str(error)
    assert refused > 5


def test_a_journal_that_is_no_plain_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "deep").write_text("[" * 100_000 + "\n")
    (tmp_path / "list").write_text("[]\n")
    for name in ("pipe", "device", "deep", "list"):
        with pytest.raises(TagonautError, match=f"{name}: damaged"):
            Search(tmp_path / name, settings(), seed=0)

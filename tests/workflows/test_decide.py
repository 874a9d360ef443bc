"""Another rule for a run that is there already."""

import json

import pytest

import tagonaut
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.workflows.decide import decide
from tagonaut.workflows.evaluate import evaluate_run

RULE = ["metric=f2", "rule.kind=precision", "rule.target=0.9", "rule.calibration=platt"]


def trained(place, table, weights, *changes):
    recipe = load_recipe("fast", ["size=32", *changes])
    return tagonaut.train(tagonaut.read(table), recipe, out=place, weights=weights).run


def contents(run):
    return {path.name: path.read_bytes() for path in run.iterdir()}


def test_a_rule_tuned_anew_is_that_of_a_training_with_it(run, tmp_path, painted, weights):
    before, wanted = contents(run), trained(tmp_path / "other", painted, weights, *RULE)
    decided = decide(run, RULE)
    assert Tagger.load(run).rule == Tagger.load(wanted).rule
    metrics = json.loads((run / "metrics.json").read_text())
    assert decided.metrics == metrics
    expected = json.loads((wanted / "metrics.json").read_text())
    assert metrics == {**expected, "seconds": metrics["seconds"]}
    assert metrics["tuned_for"] == "precision 90 %"
    after = contents(run)
    assert after["recipe.toml"] == (wanted / "recipe.toml").read_bytes()
    assert "precision 90 %" in after["report.html"].decode()
    assert "precision 90 %" not in before["report.html"].decode()
    unchanged = {"model.safetensors", "labels.json", "scores.parquet", "split.parquet"}
    assert {name for name in before if before[name] == after[name]} >= unchanged
    assert set(after) == set(before)


def test_back_to_what_it_was_is_what_it_was(run):
    before = contents(run)
    decide(run, RULE)
    decide(run, ["metric=f1", "rule.kind=shrunk", "rule.calibration=auto"])
    after = contents(run)
    drawn = {"curves.svg", "report.html"}
    assert {name for name in before if before[name] != after[name]} <= drawn


def test_pages_of_the_rule_before_are_told(run):
    evaluate_run(run)
    notes = decide(run, ["metric=samples_f2"]).notes
    assert any("evaluation-test.html" in note for note in notes)


@pytest.mark.parametrize("change", ["frozen.epochs=3", "seed=1", "rules.kind=half", "size=64"])
def test_what_is_learned_is_not_decided(run, change):
    before = contents(run)
    with pytest.raises(TagonautError, match=r"only metric and rule.\* can be changed here"):
        decide(run, [change])
    assert contents(run) == before


def test_a_rule_that_no_longer_exists_is_refused_and_can_be_replaced(run):
    """Runs of earlier versions may have been decided by ``learned_count``."""
    before = contents(run)
    stored = json.loads(before["decisions.json"])
    stored["decider"] = {"kind": "learned_count", "counts": [1], "weights": [[0.0]], "bias": [0.0]}
    stored["tuning"]["kind"] = "learned_count"
    (run / "decisions.json").write_text(json.dumps(stored))
    recipe = before["recipe.toml"].decode()
    old = recipe.replace('kind = "shrunk"', 'kind = "learned_count"')
    assert old != recipe
    (run / "recipe.toml").write_text(old)
    for use in (Tagger.load, evaluate_run, lambda run: decide(run, ["metric=f2"])):
        with pytest.raises(TagonautError) as refused:
            use(run)
        (line,) = str(refused.value).splitlines()
        assert line.startswith(f"{run / 'decisions.json'}: the rule learned_count no longer exists")
        assert "tagonaut decide RUN --set rule.kind=" in line
    decide(run, ["rule.kind=shrunk"])
    after = contents(run)
    for name in ("decisions.json", "recipe.toml", "metrics.json"):
        assert after[name] == before[name]


def test_the_target_of_the_rule_before_is_not_taken_over(run):
    decide(run, RULE)
    with pytest.raises(TagonautError, match="rule of kind recall needs a target"):
        decide(run, ["rule.kind=recall"])
    assert decide(run, ["rule.kind=global"]).rule.tuning.target is None


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(TagonautError, match="not a run folder"):
        decide(tmp_path, ["metric=f2"])


def test_a_damaged_run_is_told_and_left(run):
    (run / "metrics.json").write_text("{}")
    before = contents(run)
    with pytest.raises(TagonautError, match=r"metrics.json: damaged, or of another version"):
        decide(run, ["metric=f2"])
    (run / "scores.parquet").unlink()
    with pytest.raises(TagonautError, match=r"scores.parquet: cannot be read"):
        decide(run, ["metric=f2"])
    del before["scores.parquet"]
    assert contents(run) == before

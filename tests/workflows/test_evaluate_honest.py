"""An evaluation cannot be brought to report, unmarked, what a run saw while it learned."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from PIL import Image

import tagonaut
from tagonaut.data.splits import SPLITS
from tagonaut.deciding import DecisionRule
from tagonaut.deciding.judging import judge
from tagonaut.errors import DataError, TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.evaluate import evaluate_data, evaluate_run


@pytest.fixture
def run(painted, weights, tmp_path):
    dataset = tagonaut.read(painted)
    return tagonaut.train(
        dataset, load_recipe("fast", ["size=32"]), out=tmp_path / "run", weights=weights
    ).run


@pytest.fixture
def tuned_half(run, painted):
    """The pictures that the rule was tuned on."""
    splits = pl.read_parquet(run / "split.parquet")["split"].to_numpy()
    return tagonaut.read(painted).subset(splits == "validation")


def renamed(dataset, folder):
    """The same files under names that nobody has seen."""
    folder.mkdir()
    paths = []
    for number, path in enumerate(dataset.paths):
        paths.append(folder / f"new{number}.jpg")
        paths[-1].write_bytes(path.read_bytes())
    return replace(dataset, ids=tuple(path.stem for path in paths), paths=tuple(paths))


def saved_anew(dataset, folder):
    """The same pictures under their names, in files of other bytes."""
    folder.mkdir()
    paths = []
    for path in dataset.paths:
        paths.append(folder / path.name)
        Image.open(path).save(paths[-1], quality=60)
    return replace(dataset, paths=tuple(paths))


def neither(dataset, folder):
    return dataset


@pytest.mark.parametrize("disguise", [neither, renamed, saved_anew])
def test_the_tuned_half_is_refused_or_marked(run, tuned_half, tmp_path, disguise):
    known = disguise(tuned_half, tmp_path / "disguised")
    with pytest.raises(DataError, match="nothing is left to judge it by"):
        evaluate_data(run, known, "half", in_sample=False)
    assert not list(run.glob("evaluation-*"))
    document = evaluate_data(run, known, "half", in_sample=True)
    assert document["in_sample"] is True
    for kind in ("tuned", "at_0.5"):
        assert document[kind]["in_sample"] == document[kind]["pictures"] == len(known)
    assert json.loads((run / "evaluation-half.json").read_text())["in_sample"] is True
    assert "In sample" in (run / "evaluation-half.html").read_text()
    assert any("not the contents" in note for note in document["notes"]) == (disguise is saved_anew)


def test_other_pictures_that_bear_the_same_names_are_new(run, tuned_half, tmp_path):
    folder = tmp_path / "others"
    folder.mkdir()
    random = np.random.default_rng(0)
    paths = [folder / path.name for path in tuned_half.paths]
    for path in paths:
        coarse = random.integers(0, 255, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((64, 64)).save(path)
    others = replace(tuned_half, paths=tuple(paths))
    document = evaluate_data(run, others, "others", in_sample=False)
    assert (document["left_out"], document["tuned"]["pictures"]) == (0, len(others))
    assert document["in_sample"] is False and not document["notes"]


def test_mixed_with_new_pictures_only_those_are_judged(run, tuned_half, painted, tmp_path):
    splits = pl.read_parquet(run / "split.parquet")["split"].to_numpy()
    new = tagonaut.read(painted).subset(splits == "test")
    known = renamed(tuned_half, tmp_path / "renamed")
    both = replace(
        new,
        ids=(*known.ids, *new.ids),
        paths=(*known.paths, *new.paths),
        targets=np.vstack([known.targets, new.targets]),
        known=np.vstack([known.known, new.known]),
    )
    document = evaluate_data(run, both, "both", in_sample=False)
    assert (document["left_out"], document["in_sample"]) == (len(known), False)
    assert document["tuned"] == evaluate_run(run)["tuned"]
    assert document["tuned"]["in_sample"] == 0
    marked = evaluate_data(run, both, "both", in_sample=True)
    assert marked["tuned"]["in_sample"] == len(known)
    assert marked["tuned"]["pictures"] == len(both)


def test_a_runs_own_validation_split_and_copies_in_its_test_split(run):
    with pytest.raises(DataError, match="nothing is left to judge it by"):
        evaluate_run(run, "validation")
    document = evaluate_run(run, "validation", in_sample=True)
    assert document["in_sample"] is True
    assert document["tuned"]["in_sample"] == document["tuned"]["pictures"] == 18
    # Two test pictures turn out to be copies: one of a training picture, one of a tuned one.
    table = pl.read_parquet(run / "split.parquet")
    first = {part: table.filter(pl.col("split") == part).rows(named=True) for part in SPLITS}
    copies = {
        first["test"][0]["id"]: first["train"][0]["hash"],
        first["test"][1]["id"]: first["validation"][0]["hash"],
    }
    hashes = [copies.get(row["id"], row["hash"]) for row in table.rows(named=True)]
    table.with_columns(hash=pl.Series(hashes)).write_parquet(run / "split.parquet")
    document = evaluate_run(run)
    assert (document["left_out"], document["tuned"]["pictures"]) == (2, 16)
    assert not document["in_sample"]
    document = evaluate_run(run, in_sample=True)
    assert (document["in_sample"], document["tuned"]["in_sample"]) == (True, 2)
    only = run.parent / "only.txt"
    only.write_text("\n".join(row["id"] for row in first["test"]))
    document = evaluate_run(run, only=only)
    assert len(document["only"]["missing"]) == 2
    assert "not new to" in document["only"]["missing"][0]


def test_a_rule_does_not_judge_what_it_was_tuned_on():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (40, 2))
    scores = (0.3 * targets + 0.7 * rng.random((40, 2))).round(3)
    ids = [f"p{number}" for number in range(40)]
    rule = DecisionRule.tune(
        ("a", "b"), targets[:20], scores[:20], ids=ids[:20], split="validation"
    )
    how = {"majority": [False, False]}
    with pytest.raises(TagonautError, match=r"20 of 20 pictures .*p0, p1, p2"):
        judge(rule, ids[:20], targets[:20], scores[:20], **how)
    with pytest.raises(TagonautError, match=r"1 of 21 pictures"):
        judge(rule, ids[19:], targets[19:], scores[19:], **how)
    assert judge(rule, ids[20:], targets[20:], scores[20:], **how)["in_sample"] == 0
    marked = judge(rule, ids[:20], targets[:20], scores[:20], in_sample=True, **how)
    assert marked["in_sample"] == 20

"""An evaluation cannot be brought to report, unmarked, what a run saw while it learned."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import tagonaut
from tagonaut.data.splitting import SPLITS
from tagonaut.deciding import DecisionRule, evaluate_rule
from tagonaut.errors import DataError, TagonautError
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.workflows.evaluate import EvaluateOptions, evaluate_data, evaluate_run
from tests.tagging.scorer import ByColour
from tests.workflows.marked_scores import rewrite_scores


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


def renamed_and_tagged(dataset, folder):
    """The same pixels under names that nobody has seen, in files that were tagged since."""
    known = renamed(dataset, folder)
    tag_folder(ByColour(), folder, TagOptions(in_place=True))
    return known


def saved_anew(dataset, folder):
    """The same pictures under their names, in files of other bytes."""
    folder.mkdir()
    paths = []
    for path in dataset.paths:
        paths.append(folder / path.name)
        Image.open(path).save(paths[-1], quality=60)
    return replace(dataset, paths=tuple(paths))


def anew_as(suffix, folder_in_id=""):
    """Saved anew in another format, with an id that tells so."""

    def disguise(dataset, folder):
        folder.mkdir()
        paths = [folder / f"{Path(name).stem}{suffix}" for name in dataset.ids]
        for old, new in zip(dataset.paths, paths, strict=True):
            Image.open(old).save(new, **({"quality": 80} if suffix == ".jpg" else {}))
        ids = tuple(f"{folder_in_id}{path.name}" for path in paths)
        return replace(dataset, ids=ids, paths=tuple(paths))

    return disguise


DISGUISES = {
    "saved anew": saved_anew,
    "as JPEG": anew_as(".jpg"),
    "as PNG": anew_as(".png"),
    "in a folder": anew_as(".jpg", "jpg/"),
    "in another case": anew_as(".PNG", "Some/Where/"),
}


def neither(dataset, folder):
    return dataset


@pytest.mark.parametrize(
    ("disguise", "told"),
    [
        (neither, False),
        (renamed, False),
        (renamed_and_tagged, False),
        *((some, True) for some in DISGUISES.values()),
    ],
    ids=["neither", "renamed", "tagged", *DISGUISES],
)
def test_the_tuned_half_is_refused_or_marked(run, tuned_half, tmp_path, disguise, told):
    """Promise: without --in-sample, no decision rule is evaluated on pictures that tuned it."""
    known = disguise(tuned_half, tmp_path / "disguised")
    with pytest.raises(DataError, match="nothing is left to evaluate it on"):
        evaluate_data(run, known, "half", in_sample=False)
    assert not list(run.glob("evaluation-*"))
    document = evaluate_data(run, known, "half", in_sample=True)
    assert document["in_sample"] is True
    for kind in ("tuned", "at_0.5"):
        assert document[kind]["in_sample"] == document[kind]["pictures"] == len(known)
    assert json.loads((run / "evaluation-data-half.json").read_text())["in_sample"] is True
    assert "In sample" in (run / "evaluation-data-half.html").read_text()
    assert (
        any("but not the same content, as pictures" in note for note in document["notes"]) == told
    )


def others_of_the_same_names(dataset, folder):
    folder.mkdir()
    random = np.random.default_rng(0)
    paths = [folder / path.name for path in dataset.paths]
    for path in paths:
        coarse = random.integers(0, 255, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((64, 64)).save(path)
    return replace(dataset, paths=tuple(paths))


@pytest.mark.parametrize("form", ["{}", "{}.jpg", "new/{}.png"])
def test_other_pictures_that_bear_the_same_names_are_new(run, tuned_half, tmp_path, form):
    others = others_of_the_same_names(tuned_half, tmp_path / "others")
    others = replace(others, ids=tuple(map(form.format, others.ids)))
    document = evaluate_data(run, others, "others", in_sample=False)
    assert (document["left_out"], document["tuned"]["pictures"]) == (0, len(others))
    assert document["in_sample"] is False and not document["notes"]


def test_without_its_original_a_picture_of_its_name_is_known_but_not_in_another_folder(
    run, tuned_half, tmp_path
):
    others = others_of_the_same_names(tuned_half, tmp_path / "others")
    table = pl.read_parquet(run / "split.parquet")
    # Nobody can look at what the run learned from any more, and it was in a folder.
    moved = pl.concat_str(pl.lit("train/"), "id")
    table.with_columns(id=moved, path=pl.lit("")).write_parquet(run / "split.parquet")
    scores = pl.read_parquet(run / "scores.parquet")
    scores.with_columns(id=moved).write_parquet(run / "scores.parquet")
    for form, left_out in (("{}.png", 18), ("train/{}", 18), ("new/{}", 0)):
        some = replace(others, ids=tuple(map(form.format, others.ids)))
        both = replace(
            some,
            ids=(*some.ids, "quite new"),
            paths=(*some.paths, some.paths[0]),
            targets=np.vstack([some.targets, some.targets[:1]]),
            known=np.vstack([some.known, some.known[:1]]),
        )
        assert evaluate_data(run, both, "both", in_sample=False)["left_out"] == left_out


def test_data_called_like_a_split_is_not_that_split(run, tuned_half, tmp_path):
    others = others_of_the_same_names(tuned_half, tmp_path / "others")
    own = evaluate_run(run)
    kept = (run / "evaluation-test.json").read_bytes()
    first = evaluate_data(run, others, tmp_path / "test.csv", in_sample=False)
    assert (first["split"], first["data"]) == (None, str(tmp_path / "test.csv"))
    assert first["written"][0] == str(run / "evaluation-data-test.json")
    assert (run / "evaluation-test.json").read_bytes() == kept
    page = (run / "evaluation-data-test.html").read_text()
    assert "on test.csv" in page
    assert "test split" not in page
    assert "on the test split" in (run / "evaluation-test.html").read_text()
    # Data of the same name from elsewhere is numbered, and said to be; the same again is not.
    second = evaluate_data(run, others, tmp_path / "there" / "test.csv", in_sample=False)
    assert second["written"][0] == str(run / "evaluation-data-test-2.json")
    assert any("evaluation-data-test-2.*" in note for note in second["notes"])
    for data, before in ((tmp_path / "test.csv", first), (tmp_path / "there" / "test.csv", second)):
        again = evaluate_data(run, others, data, in_sample=False)
        assert again["written"] == before["written"]
    # A run that was moved is still the one that its files are of.
    moved = run.rename(run.with_name("moved"))
    assert evaluate_run(moved)["written"][0] == str(moved / "evaluation-test.json")
    assert evaluate_run(moved)["tuned"] == own["tuned"]


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
    with pytest.raises(DataError, match="nothing is left to evaluate it on"):
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
    rewrite_scores(run)
    document = evaluate_run(run)
    assert (document["left_out"], document["tuned"]["pictures"]) == (2, 16)
    assert not document["in_sample"]
    document = evaluate_run(run, in_sample=True)
    assert (document["in_sample"], document["tuned"]["in_sample"]) == (True, 2)
    only = run.parent / "only.txt"
    only.write_text("\n".join(row["id"] for row in first["test"]))
    document = evaluate_run(run, options=EvaluateOptions(only=only))
    assert len(document["only"]["missing"]) == 2
    assert "not new to" in document["only"]["missing"][0]


def test_a_rule_does_not_judge_what_it_was_tuned_on():
    """Promise: without --in-sample, no decision rule is evaluated on pictures that tuned it."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (40, 2))
    scores = (0.3 * targets + 0.7 * rng.random((40, 2))).round(3)
    ids = [f"p{number}" for number in range(40)]
    rule = DecisionRule.tune(
        ("a", "b"), targets[:20], scores[:20], ids=ids[:20], split="validation"
    )
    how = {"majority": [False, False]}
    with pytest.raises(TagonautError, match=r"20 of 20 pictures .*p0, p1, p2"):
        evaluate_rule(rule, ids[:20], targets[:20], scores[:20], **how)
    with pytest.raises(TagonautError, match=r"1 of 21 pictures"):
        evaluate_rule(rule, ids[19:], targets[19:], scores[19:], **how)
    assert evaluate_rule(rule, ids[20:], targets[20:], scores[20:], **how)["in_sample"] == 0
    marked = evaluate_rule(rule, ids[:20], targets[:20], scores[:20], in_sample=True, **how)
    assert marked["in_sample"] == 20


def test_a_run_of_an_earlier_version_knows_its_pictures_by_their_files(run, tuned_half, tmp_path):
    table = pl.read_parquet(run / "split.parquet")
    table.drop("pixels").write_parquet(run / "split.parquet")
    with pytest.raises(DataError, match="nothing is left to evaluate it on"):
        evaluate_data(run, renamed(tuned_half, tmp_path / "renamed"), "half", in_sample=False)

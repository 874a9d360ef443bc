"""Anybody's predictions, judged: the figures are scikit-learn's from the same tables."""

import csv
import json
import shutil
import sys

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, fbeta_score, precision_score

from tagonaut.deciding import DecisionRule, DecisionSettings, create_rule
from tagonaut.errors import DataError, TagonautError
from tagonaut.reports.evaluate import report
from tagonaut.workflows.evaluate import EvaluateOptions, evaluate_predictions

LABELS = ("Volcano", "Sunrise Sunset", "Night", "Day")
N = 90


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def drawn():
    """``targets[n, k]`` and ``scores[n, k]`` of four labels, the last of which is hard to tell."""
    rng = np.random.default_rng(3)
    targets = (rng.random((N, 4)) < (0.2, 0.4, 0.5, 0.3)).astype(int)
    strength = np.array((3.0, 2.0, 2.0, 0.3))
    scores = 1 / (1 + np.exp(1 - strength * targets + rng.normal(size=(N, 4))))
    return targets, scores.round(4)


def write(file, values, names=True, header=True, between=",", end="", space=""):
    """A table; ``end`` after each row, ``space`` before each label and cell."""
    lines = [between.join([*(["id"] if names else []), *(f"{space}{x}" for x in LABELS)])]
    lines = lines if header else []
    for row, cells in enumerate(values):
        texts = [f"{space}{cell}" for cell in cells]
        lines.append(between.join([*([f"iss{row:03}.jpg"] if names else []), *texts]) + end)
    file.write_text("\n".join(lines) + "\n")
    return file


def write_tags(file, tags):
    rows = [
        f"iss{row:03},{';'.join(np.array(LABELS)[cells == 1])}" for row, cells in enumerate(tags)
    ]
    file.write_text("\n".join(["image_name,tags", *reversed(rows)]) + "\n")
    return file


def check(figures, targets, tags, scores=None):
    """The figures are those of scikit-learn."""
    assert figures["pictures"] == len(targets)
    for average in ("micro", "macro", "samples", "weighted"):
        expected = f1_score(targets, tags, average=average, zero_division=0)
        assert figures[f"{average}_f1"] == pytest.approx(expected)
    expected = fbeta_score(targets, tags, beta=2, average="samples", zero_division=0)
    assert figures["samples_f2"] == pytest.approx(expected)
    assert figures["exact_match"] == pytest.approx((targets == tags).all(axis=1).mean())
    assert figures["baseline_exact_match"] == pytest.approx(
        (targets == (2 * targets.sum(axis=0) > len(targets))).all(axis=1).mean()
    )
    precisions = precision_score(targets, tags, average=None, zero_division=0)
    assert [row["precision"] for row in figures["labels"]] == pytest.approx(precisions.tolist())
    assert [row["support"] for row in figures["labels"]] == targets.sum(axis=0).tolist()
    if scores is None:
        assert figures["map"] is None
    else:
        assert figures["map"] == pytest.approx(average_precision_score(targets, scores))


@pytest.mark.parametrize("form", ["terc", "matrix", "spaces", "array", "tags"])
def test_tags_of_any_form_are_judged_as_given(here, drawn, form):
    targets, scores = drawn
    tags = (scores > 0.6).astype(int)
    # Somebody's truth with spaces before its headers and cells, and commas after its rows.
    truth = write(here / "truth.csv", targets, between=",", space=" ", end=",")
    match form:
        case "terc":
            file = write(here / "p.csv", tags, space=" ", end=",")
        case "matrix":
            file = write(here / "p.csv", tags, names=False, header=False)
        case "spaces":
            file = here / "p.txt"
            np.savetxt(file, tags)
        case "array":
            file = here / "p.npy"
            np.save(file, tags.astype(bool))
        case "tags":
            file = write_tags(here / "p.csv", tags)
    document = evaluate_predictions(file, truth)
    assert document["ways"] == {"given": "as given"}
    check(document["given"], targets, tags)
    low, high = document["intervals"]["given"]["all"]["macro_f1"]
    assert low < document["given"]["macro_f1"] < high
    assert json.loads((here / "evaluation-p.json").read_text()) == document
    with (here / "evaluation-p.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["label"] for row in rows] == list(LABELS)
    assert [row["thresholds"] for row in rows] == ["given"] * 4
    assert "evaluated against truth.csv" in (here / "evaluation-p.html").read_text()
    assert any("it has seen the answers" in note for note in document["notes"])
    assert any("matched by position" in note for note in document["notes"]) == (
        form in {"matrix", "spaces", "array"}
    )


@pytest.mark.parametrize("plain", [False, True])
def test_scores_are_judged_by_thresholds_of_the_other_folds(here, drawn, plain):
    targets, scores = drawn
    shape = {"names": not plain, "header": not plain}
    truth = write(here / "truth.csv", targets, **shape)
    file = write(here / "p.csv", scores, **shape)
    document = evaluate_predictions(file, truth, objective="f2")
    assert document["ways"] == {"tuned": "tuned (f2) on other folds", "at_0.5": "at 0.5"}
    assert document["tuned_for"] == "f2"
    check(document["at_0.5"], targets, scores >= 0.5, scores)
    # The same by hand, fold by fold.
    tags, folds = np.zeros((N, 4), dtype=bool), np.random.default_rng(0).permutation(N) % 5
    for fold in range(5):
        rest = folds != fold
        rule = DecisionRule.tune(
            LABELS, targets[rest], scores[rest], DecisionSettings("f2"),
            ids=np.flatnonzero(rest).astype(str).tolist(), split="the rest",
        )  # fmt: skip
        tags[~rest] = rule.decide(scores[~rest])
    check(document["tuned"], targets, tags, scores)
    assert [row["threshold"] for row in document["tuned"]["labels"]] == [None] * 4


def test_noise_is_not_made_to_look_good(here):
    # Tuned and judged on the same pictures, scores that say nothing reach a better F1 than this.
    rng = np.random.default_rng(1)
    targets, scores = (rng.random((60, 4)) < 0.15).astype(int), rng.random((60, 4)).round(4)
    truth, file = write(here / "truth.csv", targets), write(here / "p.csv", scores)
    document = evaluate_predictions(file, truth)
    cheated = DecisionRule.tune(
        LABELS, targets, scores, DecisionSettings(rule=create_rule("optimum")),
        ids=list(map(str, range(60))), split="the same",
    ).decide(scores)  # fmt: skip
    assert document["tuned"]["macro_f1"] < f1_score(targets, cheated, average="macro") - 0.05


def test_one_threshold_tunes_nothing(here, drawn):
    targets, scores = drawn
    truth, file = write(here / "truth.csv", targets), write(here / "p.csv", scores)
    document = evaluate_predictions(file, truth, threshold=0.4)
    assert document["ways"] == {"at_0.4": "at 0.4"}
    assert document["tuned_for"] is None
    check(document["at_0.4"], targets, scores >= 0.4, scores)
    assert [row["threshold"] for row in document["at_0.4"]["labels"]] == [0.4] * 4
    tags = write(here / "tags.csv", targets)
    with pytest.raises(TagonautError, match="has tags, not scores"):
        evaluate_predictions(tags, truth, threshold=0.4)


def test_of_a_group_exactly_one_label_is_tagged_and_counted(here, drawn):
    targets, scores = drawn
    one = np.eye(2, dtype=int)[targets[:, 2]][:, ::-1]
    targets = np.column_stack([targets[:, :2], one])
    truth, said = write(here / "truth.csv", targets), write(here / "scores.csv", scores)
    group = ("Night", "Day")
    found = evaluate_predictions(said, truth, threshold=0.5, reading={"groups": [group]})
    tags = DecisionRule.at(LABELS, 0.5, groups=[group]).decide(scores)
    assert (tags[:, 2:].sum(axis=1) == 1).all()
    check(found["at_0.5"], targets, tags, scores)
    with pytest.raises(TagonautError, match=r"no label 'Nigth' .did you mean 'Night'"):
        evaluate_predictions(said, truth, reading={"groups": [("Nigth", "Day")]})


def test_unknown_truth_counts_nowhere(here, drawn):
    targets, scores = drawn
    tags = (scores > 0.5).astype(int)
    gaps = targets.copy()
    gaps[::3, 1] = -1
    document = evaluate_predictions(write(here / "p.csv", tags), write(here / "t.csv", gaps))
    known = gaps[:, 1] >= 0
    row = document["given"]["labels"][1]
    assert row["support"] == targets[known, 1].sum()
    assert row["f1"] == pytest.approx(f1_score(targets[known, 1], tags[known, 1]))


def test_a_label_of_which_the_truth_knows_nothing_is_left_out_and_told(here, drawn):
    targets, scores = drawn
    gaps = targets.copy()
    gaps[:, 2] = -1
    truth = write(here / "t.csv", gaps)
    document = evaluate_predictions(write(here / "p.csv", scores), truth)
    kept = [0, 1, 3]
    assert [row["label"] for row in document["at_0.5"]["labels"]] == [LABELS[k] for k in kept]
    check(document["at_0.5"], targets[:, kept], scores[:, kept] >= 0.5, scores[:, kept])
    assert any("'Night': unknown for every picture of t.csv" in n for n in document["notes"])


def test_predictions_of_one_name_from_two_folders_are_both_kept(here, drawn):
    targets, scores = drawn
    truth = write(here / "truth.csv", targets)
    for folder, rounds in (("a", 1), ("b", 2)):
        (here / folder).mkdir()
        write(here / folder / "sub.csv", scores.round(rounds))
    first = evaluate_predictions(here / "a" / "sub.csv", truth)
    second = evaluate_predictions(here / "b" / "sub.csv", truth)
    assert first["written"][0] == "evaluation-sub.json"
    assert second["written"][0] == "evaluation-sub-2.json"
    assert any("evaluation-sub-2.*" in note for note in second["notes"])
    assert json.loads((here / "evaluation-sub.json").read_text()) == first
    # Once more, the first takes its own place; what is of nobody known is left alone.
    assert evaluate_predictions(here / "a" / "sub.csv", truth)["written"] == first["written"]
    (here / "evaluation-sub.json").unlink()
    assert evaluate_predictions(here / "a" / "sub.csv", truth)["written"][0] == (
        "evaluation-sub-3.json"
    )


def test_subgroups_and_a_choice_of_pictures(here, drawn):
    targets, scores = drawn
    tags = (scores > 0.5).astype(int)
    lens = np.array(["wide", "long", "wide"] * (N // 3))
    truth = write(here / "truth.csv", targets)
    lines = truth.read_text().splitlines()
    lines = [f"{lines[0]},lens", *(f"{a},{b}" for a, b in zip(lines[1:], lens, strict=True))]
    truth.write_text("\n".join(lines))
    file = write_tags(here / "p.csv", tags)
    only = here / "only.csv"
    only.write_text(
        "name,kind\n" + "".join(f"iss{n:03},{'ab'[n % 2]}\n" for n in range(20)) + "z,a\n"
    )
    document = evaluate_predictions(file, truth, options=EvaluateOptions(by=["lens"], only=only))
    check_rows = {row["value"]: row for row in document["by"]["lens"]}
    for value in ("wide", "long"):
        rows = np.flatnonzero(lens[:20] == value)
        right = (targets[rows] == tags[rows]).all(axis=1)
        assert check_rows[value]["pictures"] == len(rows)
        assert check_rows[value]["exact_match"] == pytest.approx(right.mean())
    assert document["given"]["exact_match"] == (targets[:20] == tags[:20]).all(axis=1).mean()
    assert [row["pictures"] for row in document["only"]["values"]] == [10, 10]
    assert document["only"]["missing"] == ["only.csv:22, column name: no picture 'z'"]
    assert "lens" in (here / "evaluation-p.html").read_text()
    with pytest.raises(TagonautError, match=r"no column 'lense' .did you mean 'lens'"):
        evaluate_predictions(file, truth, options=EvaluateOptions(by=["lense"]))


def test_truth_in_a_folder_a_label_and_its_pictures_on_the_page(here, painter):
    rng = np.random.default_rng(0)
    for number in range(6):
        colour = ("red", "blue")[number % 2]
        painter(here / "photos" / colour / f"p{number}.jpg", [colour], rng)
    (here / "p.csv").write_text("file,red,blue\n" + "".join(f"p{n}.jpg,1,0\n" for n in range(6)))
    document = evaluate_predictions(here / "p.csv", here / "photos")
    assert [row["f1"] for row in document["given"]["labels"]] == pytest.approx([0, 2 / 3])
    assert "data:image/" in (here / "evaluation-p.html").read_text()


def test_pictures_without_prediction_are_an_error_or_left_out(here, drawn):
    targets, scores = drawn
    truth, file = write(here / "truth.csv", targets), write(here / "p.csv", scores)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-10]))
    with pytest.raises(DataError, match="no predictions for 10 of 90 pictures"):
        evaluate_predictions(file, truth)
    document = evaluate_predictions(file, truth, reading={"missing": "skip"})
    assert (document["left_out"], document["at_0.5"]["pictures"]) == (10, 80)
    check(document["at_0.5"], targets[:80], scores[:80] >= 0.5, scores[:80])


def test_the_files_of_an_evaluation_appear_together_or_not_at_all(here, drawn, monkeypatch):
    targets, _ = drawn
    truth, file = write(here / "truth.csv", targets), write(here / "p.csv", targets)
    evaluate_predictions(file, truth)
    before = {path.name: path.read_bytes() for path in here.iterdir()}

    def full(path, evaluated):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules[report.__module__], "write_evaluation", full)
    write(here / "p.csv", 1 - targets)
    with pytest.raises(TagonautError, match=r"evaluation-p: cannot be written \(No space left"):
        evaluate_predictions(file, truth)
    after = {path.name: path.read_bytes() for path in here.iterdir()}
    assert {**after, "p.csv": before["p.csv"]} == before


def test_what_is_judged_is_never_written_over(here, drawn):
    targets, _ = drawn
    truth = write(here / "evaluation-p.csv", targets)
    file = write(here / "p.csv", targets)
    with pytest.raises(TagonautError, match=r"evaluation-p.csv would be overwritten.*--out"):
        evaluate_predictions(file, truth)
    link = here / "linked"
    link.symlink_to(here, target_is_directory=True)
    with pytest.raises(TagonautError, match="would be overwritten"):
        evaluate_predictions(file, truth, options=EvaluateOptions(out=link))
    document = evaluate_predictions(
        file, truth, options=EvaluateOptions(out=here / "new" / "folder")
    )
    assert document["given"]["exact_match"] == 1
    assert (here / "new" / "folder" / "evaluation-p.html").is_file()
    assert sorted(path.name for path in here.iterdir() if path != link) == [
        "evaluation-p.csv", "new", "p.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,Volcano,Sunrise Sunset,Night,Dya\niss000,1,0,0,0\n", "'Dya' .did you mean 'Day'"),
        ("id,Volcano,Night,Day\niss000,1,0,0\n", "no predictions for 1 labels"),
        ("0.1,0.2,0.3,0.4\n", "has 1 rows and .* has 90"),
        ("id,Volcano\niss000,-2.5\n", "logits"),
        ("\n\n", "the table is empty"),
    ],
)
def test_mistakes_are_told(here, drawn, text, message):
    truth = write(here / "truth.csv", drawn[0])
    (here / "p.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        evaluate_predictions(here / "p.csv", truth)
    assert not (here / "evaluation-p.json").exists()


def test_a_truth_without_labels_or_with_scores_is_no_truth(here, drawn, painter):
    file = write(here / "p.csv", drawn[1])
    with pytest.raises(DataError, match="no column of zeros and ones"):
        evaluate_predictions(file, shutil.copy(file, here / "truth.csv"))
    painter(here / "photos" / "a.jpg", [], np.random.default_rng(0))
    with pytest.raises(DataError, match="no truth to compare with"):
        evaluate_predictions(file, here / "photos")
    few = write(here / "few.csv", drawn[1][:3])
    with pytest.raises(
        TagonautError, match="too few to tune thresholds on: give one with --threshold"
    ):
        evaluate_predictions(few, write(here / "truth.csv", drawn[0][:3]))

import re

import numpy as np
import pytest

from tagonaut.deciding import DecisionRule, Thresholds, Tuning
from tagonaut.reports.compare.charts import accuracy_chart, improvement_chart, scale
from tagonaut.reports.compare.compared_run import ComparedRun, RunSplit
from tagonaut.reports.compare.curves import draw_run_curves
from tagonaut.reports.compare.figures import MAJORITY, comparison
from tagonaut.reports.compare.page import write_page


def split(targets, scores, known=None):
    targets = np.array(targets, dtype=np.uint8)
    known = np.ones(targets.shape, dtype=bool) if known is None else np.array(known, dtype=bool)
    pictures = tuple(map(str, range(len(targets))))
    return RunSplit(pictures, targets, known, np.array(scores, dtype=np.float32))


def run(name="a", groups=(), labels=("common", "rare"), train=None, test=None):
    # 100 training pictures, of which 60 have the first label and 4 the second.
    counts = np.arange(100)[:, None] < np.array([60, 4])
    splits = {
        "train": train or split(counts, np.full((100, 2), np.nan)),
        "validation": split([[1, 0], [0, 1]], [[0.9, 0.2], [0.3, 0.4]]),
        "test": test
        or split(
            [[1, 0], [1, 1], [0, 0], [0, 1]], [[0.8, 0.1], [0.5, 0.9], [0.4, 0.2], [0.7, 0.1]]
        ),
    }
    tuning = Tuning("f1", "optimum", "validation", ("v",))
    rule = DecisionRule(labels, Thresholds((0.6, 0.3)), groups=groups, tuning=tuning)
    return ComparedRun(name, name, {"recipe": "r"}, rule, splits, [])


def test_figures_worked_by_hand():
    figures = comparison([run()], MAJORITY)
    assert [label["rare"] for label in figures["labels"]] == [False, True]
    assert [label["share"] for label in figures["labels"]] == [0.6, 0.04]
    found = figures["runs"][0]
    common, rare = found["labels"]
    # Of common, cuts at 0.6 and 0.5 tag the first and last, and the first, second and last.
    assert common["threshold"] == pytest.approx(0.6)
    assert common["f1"] == pytest.approx(2 / 4)
    assert common["f1_at_0.5"] == pytest.approx(4 / 5)
    # The baseline says common of all four pictures, of which two have it.
    assert (common["baseline_accuracy"], common["accuracy"]) == (0.5, 0.5)
    assert common["baseline_f1"] == pytest.approx(4 / 6)
    assert common["improvement"] == pytest.approx(2 / 4 - 4 / 6)
    assert (rare["threshold"], rare["f1"]) == (pytest.approx(0.3), pytest.approx(2 / 3))
    assert found["average_f1"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    # Right are both labels of the first and third picture, one of the second, none of the last.
    assert found["correct"]["tuned"] == {"points": 2.5, "pictures": 4, "share": 0.625}
    assert found["train"] is None


def test_groups_bind_the_decisions_but_not_the_best_threshold():
    free, bound = (comparison([run(groups=groups)], MAJORITY)["runs"][0]
                   for groups in ((), (("common", "rare"),)))  # fmt: skip
    assert free["labels"][0]["f1"] == bound["labels"][0]["f1"]
    # Exactly one of the two: of the third picture, which has none, common is said.
    assert free["correct"]["tuned"]["points"] == 2.5
    assert bound["correct"]["tuned"]["points"] == 2.0


def test_training_pictures_without_scores_are_left_out():
    scores = np.full((4, 2), np.nan)
    scores[:2] = [[0.9, 0.9], [0.9, 0.1]]
    train = split([[1, 1], [0, 0], [1, 0], [1, 0]], scores)
    found = comparison([run(train=train)], MAJORITY)["runs"][0]["train"]
    assert (found["pictures"], found["exact_match"], found["binary_accuracy"]) == (2, 0.5, 0.75)


def test_an_unknown_cell_is_judged_nowhere():
    test = split([[1, 0], [1, 1]], [[0.9, 0.1], [0.1, 0.9]], [[1, 1], [0, 1]])
    found = comparison([run(test=test)], MAJORITY)["runs"][0]
    assert found["labels"][0]["support"] == 1
    assert found["correct"]["tuned"]["points"] == 2.0
    assert found["test"]["tuned"]["exact_match"] == 1.0


def test_charts_place_marks_along_the_scale():
    figures = comparison([run("a"), run("b")], "a")
    chart = improvement_chart(figures, rare=False)
    assert chart["runs"] == [1]
    assert [row["label"] for row in chart["rows"]] == ["common"]
    assert [mark["at"] for mark in chart["rows"][0]["marks"]] == [chart["zero"]]
    assert improvement_chart(comparison([run()], "a"), rare=True) is None
    accuracy = accuracy_chart(figures)
    low, high = accuracy["ticks"][0], accuracy["ticks"][-1]
    assert (low["at"], high["at"]) == (0, 100)
    for row, label in zip(accuracy["rows"], figures["runs"][0]["labels"], strict=True):
        span = high["value"] - low["value"]
        at = 100 * (label["accuracy"] - low["value"]) / span
        assert [mark["at"] for mark in row["marks"]] == pytest.approx([at, at])
        assert row["bases"] == pytest.approx(
            [100 * (label["baseline_accuracy"] - low["value"]) / span]
        )


@pytest.mark.parametrize(
    ("values", "limits", "ends"),
    [
        ([0.0], (-1, 1), (-0.01, 0.01)),
        ([0.0, 0.03], (-1, 1), (0.0, 0.03)),
        ([-0.31, 0.0, 0.22], (-1, 1), (-0.4, 0.3)),
        ([-1.0, 1.0], (-1, 1), (-1.0, 1.0)),
        ([1.0], (0, 1), (0.99, 1.0)),
        ([0.985, 1.0], (0, 1), (0.98, 1.0)),
    ],
)
def test_scales_are_round(values, limits, ends):
    low, high, ticks = scale(values, limits=limits)
    assert (low, high) == pytest.approx(ends)
    assert (ticks[0], ticks[-1]) == pytest.approx(ends)
    assert len(ticks) <= 9
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])


def test_curves_of_what_columns_there_are():
    long = [{"validation_map": 0.1 * step, "train_loss": 1.0} for step in range(1, 5)]
    short = [{"validation_map": 0.5, "train_loss": None}]
    plots = draw_run_curves([long, short, []], ["#111111", "#222222", "#333333"])
    assert len(plots) == 2
    assert ["#222222" in plot for plot in plots] == [True, False]
    assert not any("#333333" in plot for plot in plots)
    assert draw_run_curves([[], []], ["#111111", "#222222"]) == []


@pytest.mark.parametrize("count", [1, 2, 14])
def test_a_page_of_any_number_of_runs(tmp_path, count):
    names = [f"<run & {n}>" for n in range(count)]
    figures = comparison([run(name) for name in names], names[0] if count > 1 else MAJORITY)
    write_page(tmp_path / "compare.html", figures)
    page = (tmp_path / "compare.html").read_text()
    assert "<run" not in page
    assert page.count("&lt;run &amp; 0&gt;") > 2
    assert len(set(re.findall(r'<b class="chip" style="background:(#\w+)', page))) == min(count, 12)

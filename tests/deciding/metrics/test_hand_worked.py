"""Two tables whose every figure was worked out on paper, as fractions.

Ten pictures, four labels; nobody has the last label, and the fifth picture has none. Scores are in
eighths and tags are those from one half up. Of the second table some cells are unknown: all of
the fifth picture, the first label of three others (the first label then has no negative) and the
third label of the third.
"""

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from tagonaut.deciding import correct_predictions, majority
from tagonaut.deciding.metrics.confusion import label_confusion
from tagonaut.deciding.metrics.curves import fbeta_curve, precision_recall_curve
from tagonaut.deciding.metrics.reliability import calibration_error, reliability_curve
from tagonaut.deciding.metrics.score_metrics import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    mean_average_precision,
    ranking_loss,
    roc_auc,
)
from tagonaut.deciding.metrics.tag_metrics import (
    binary_accuracy,
    counts,
    exact_match,
    fbeta,
    hamming_loss,
    jaccard,
    precision,
    recall,
)

NAN = float("nan")

# fmt: off
TARGETS = np.array([
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
    [1, 1, 1, 0],
    [0, 0, 1, 0],
    [1, 0, 0, 0],
    [0, 1, 1, 0],
    [1, 0, 0, 0],
])
EIGHTHS = np.array([
    [7, 2, 1, 0],
    [6, 5, 1, 0],
    [3, 4, 5, 0],
    [5, 5, 2, 1],
    [2, 1, 3, 0],
    [6, 3, 7, 1],
    [4, 2, 2, 0],
    [8, 4, 4, 4],
    [1, 6, 6, 2],
    [5, 1, 0, 3],
])
KNOWN = np.array([
    [1, 1, 1, 1],
    [1, 1, 1, 1],
    [1, 1, 0, 1],
    [0, 1, 1, 1],
    [0, 0, 0, 0],
    [1, 1, 1, 1],
    [0, 1, 1, 1],
    [1, 1, 1, 1],
    [0, 1, 1, 1],
    [1, 1, 1, 1],
])
# fmt: on
SCORES = EIGHTHS / 8
TAGS = EIGHTHS >= 4

ALL = {"targets": TARGETS, "known": None}
SOME = {"targets": np.where(KNOWN, TARGETS, np.nan), "known": KNOWN}


def mean(*values: Any) -> F:
    return F(sum(values), len(values))


RATIOS = {"precision": precision, "recall": recall, "jaccard": jaccard}
ROWWISE = {
    "coverage": coverage_error,
    "loss": ranking_loss,
    "lrap": label_ranking_average_precision,
}


@pytest.mark.parametrize(
    ("table", "tp", "fp", "fn", "tn"),
    [
        (ALL, [5, 3, 3, 0], [2, 2, 1, 1], [1, 1, 1, 0], [2, 4, 5, 9]),
        (SOME, [5, 3, 2, 0], [0, 2, 1, 1], [1, 1, 1, 0], [0, 3, 4, 8]),
    ],
)
def test_outcomes(table: Any, tp: Any, fp: Any, fn: Any, tn: Any) -> None:
    found = counts(table["targets"], TAGS, known=table["known"])
    assert [part.tolist() for part in found] == [tp, fp, fn, tn]


# Each row: the labels; all cells as one; the labels weighed 6, 4, 4, 0 (or 6, 4, 3, 0) by their
# positives; the pictures one by one, those without a known cell left out.
@pytest.mark.parametrize(
    ("table", "name", "labels", "micro", "weighted", "samples"),
    [
        (
            ALL,
            "precision",
            [F(5, 7), F(3, 5), F(3, 4), 0],
            F(11, 17),
            (6 * F(5, 7) + 4 * F(3, 5) + 4 * F(3, 4)) / 14,
            mean(1, 1, F(1, 2), F(1, 2), 0, 1, 0, F(1, 4), 1, 1),
        ),
        (
            ALL,
            "recall",
            [F(5, 6), F(3, 4), F(3, 4), 0],
            F(11, 14),
            F(11, 14),
            mean(1, 1, F(1, 2), 1, 0, F(2, 3), 0, 1, 1, 1),
        ),
        (
            ALL,
            "jaccard",
            [F(5, 8), F(3, 6), F(3, 5), 0],
            F(11, 20),
            (6 * F(5, 8) + 4 * F(1, 2) + 4 * F(3, 5)) / 14,
            mean(1, 1, F(1, 3), F(1, 2), 0, F(2, 3), 0, F(1, 4), 1, 1),
        ),
        (
            ALL,
            "f1",
            [F(10, 13), F(2, 3), F(3, 4), 0],
            F(22, 31),
            (6 * F(10, 13) + 4 * F(2, 3) + 4 * F(3, 4)) / 14,
            mean(1, 1, F(1, 2), F(2, 3), 0, F(4, 5), 0, F(2, 5), 1, 1),
        ),
        (
            ALL,
            "f2",
            [F(25, 31), F(5, 7), F(3, 4), 0],
            F(55, 73),
            (6 * F(25, 31) + 4 * F(5, 7) + 4 * F(3, 4)) / 14,
            mean(1, 1, F(1, 2), F(5, 6), 0, F(5, 7), 0, F(5, 8), 1, 1),
        ),
        (
            SOME,
            "precision",
            [1, F(3, 5), F(2, 3), 0],
            F(10, 14),
            (6 + 4 * F(3, 5) + 3 * F(2, 3)) / 13,
            mean(1, 1, 0, 1, 1, 0, F(1, 4), 1, 1),
        ),
        (
            SOME,
            "recall",
            [F(5, 6), F(3, 4), F(2, 3), 0],
            F(10, 13),
            F(10, 13),
            mean(1, 1, 0, 1, F(2, 3), 0, 1, 1, 1),
        ),
        (
            SOME,
            "jaccard",
            [F(5, 6), F(1, 2), F(1, 2), 0],
            F(10, 17),
            (6 * F(5, 6) + 4 * F(1, 2) + 3 * F(1, 2)) / 13,
            mean(1, 1, 0, 1, F(2, 3), 0, F(1, 4), 1, 1),
        ),
        (
            SOME,
            "f1",
            [F(10, 11), F(2, 3), F(2, 3), 0],
            F(20, 27),
            (6 * F(10, 11) + 4 * F(2, 3) + 3 * F(2, 3)) / 13,
            mean(1, 1, 0, 1, F(4, 5), 0, F(2, 5), 1, 1),
        ),
        (
            SOME,
            "f2",
            [F(25, 29), F(5, 7), F(2, 3), 0],
            F(25, 33),
            (6 * F(25, 29) + 4 * F(5, 7) + 3 * F(2, 3)) / 13,
            mean(1, 1, 0, 1, F(5, 7), 0, F(5, 8), 1, 1),
        ),
    ],
)
def test_ratios(table: Any, name: str, labels: Any, micro: F, weighted: F, samples: F) -> None:
    def figure(average: Any) -> Any:
        options = {"known": table["known"], "average": average}
        if name in RATIOS:
            return RATIOS[name](table["targets"], TAGS, **options)
        return fbeta(table["targets"], TAGS, int(name[1:]), **options)

    exactly(figure(None), labels)
    exactly(figure("micro"), micro)
    exactly(figure("macro"), mean(*labels))
    exactly(figure("weighted"), weighted)
    exactly(figure("samples"), samples)


@pytest.mark.parametrize(
    ("table", "labels", "everything", "samples", "match", "points", "pictures"),
    [
        (
            ALL,
            [F(7, 10), F(7, 10), F(8, 10), F(9, 10)],
            F(31, 40),
            F(31, 40),
            F(5, 10),
            1 + 1 + F(2, 4) + F(3, 4) + 1 + F(3, 4) + F(2, 4) + F(1, 4) + 1 + 1,
            10,
        ),
        (
            SOME,
            [F(5, 6), F(6, 9), F(6, 8), F(8, 9)],
            F(25, 32),
            F(7, 9),
            F(5, 9),
            1 + 1 + F(1, 3) + 1 + F(3, 4) + F(2, 3) + F(1, 4) + 1 + 1,
            9,
        ),
    ],
)
def test_cells_and_pictures_that_are_right(
    table: Any, labels: Any, everything: F, samples: F, match: F, points: F, pictures: int
) -> None:
    targets, known = table["targets"], table["known"]
    exactly(binary_accuracy(targets, TAGS, known=known), labels)
    exactly(binary_accuracy(targets, TAGS, known=known, average="micro"), everything)
    exactly(binary_accuracy(targets, TAGS, known=known, average="macro"), mean(*labels))
    exactly(binary_accuracy(targets, TAGS, known=known, average="samples"), samples)
    exactly(hamming_loss(targets, TAGS, known=known), 1 - everything)
    exactly(exact_match(targets, TAGS, known=known), match)
    exactly(correct_predictions(targets, TAGS, known=known), [points, pictures])


@pytest.mark.parametrize(
    ("table", "labels", "micro"),
    [
        (
            ALL,
            # First label: at 8, 7, 6 and 6 all right, at 5 five of six, at 3 six of eight.
            [(4 + F(5, 6) + F(6, 8)) / 6, (3 + F(4, 6)) / 4, (3 + F(4, 7)) / 4, NAN],
            (7 + 4 * F(11, 12) + 2 * F(13, 21) + F(14, 27)) / 14,
        ),
        (
            SOME,
            [1, (3 + F(4, 6)) / 4, (2 + F(3, 5)) / 3, NAN],
            (10 + 2 * F(12, 17) + F(13, 22)) / 13,
        ),
    ],
)
def test_average_precision(table: Any, labels: Any, micro: F) -> None:
    targets, known = table["targets"], table["known"]
    exactly(average_precision(targets, SCORES, known=known), labels)
    exactly(mean_average_precision(targets, SCORES, known=known), mean(*labels[:3]))
    exactly(mean_average_precision(targets, SCORES, known=known, average="micro"), micro)


@pytest.mark.parametrize(
    ("table", "labels", "macro", "micro"),
    [
        (
            ALL,
            [F(43, 2) / 24, F(22, 24), F(43, 2) / 24, NAN],
            mean(F(43, 48), F(11, 12), F(43, 48)),
            (7 * 26 + 4 * (25 + F(1, 2)) + 2 * (18 + 1) + 13 + F(5, 2)) / (14 * 26),
        ),
        (
            SOME,
            [NAN, F(18, 20), F(27, 2) / 15, NAN],
            F(9, 10),
            (10 * 19 + 2 * (14 + F(1, 2)) + 10 + F(4, 2)) / (13 * 19),
        ),
    ],
)
def test_roc_auc(table: Any, labels: Any, macro: F, micro: F) -> None:
    targets, known = table["targets"], table["known"]
    exactly(roc_auc(targets, SCORES, known=known), labels)
    exactly(roc_auc(targets, SCORES, known=known, average="macro"), macro)
    exactly(roc_auc(targets, SCORES, known=known, average="micro"), micro)


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        (ALL, "coverage", mean(1, 2, 3, 2, 0, 3, 3, 1, 2, 1)),
        (ALL, "loss", mean(0, 0, F(1, 4), F(1, 3), 0, 0, F(2, 3), 0, 0, 0)),
        (ALL, "lrap", mean(1, 1, F(5, 6), F(1, 2), 1, 1, F(1, 3), 1, 1, 1)),
        (SOME, "coverage", mean(1, 2, 2, 1, 3, 2, 1, 2, 1)),
        (SOME, "loss", mean(0, 0, F(1, 2), 0, 0, F(1, 2), 0, 0, 0)),
        (SOME, "lrap", mean(1, 1, F(1, 2), 1, 1, F(1, 2), 1, 1, 1)),
    ],
)
def test_each_pictures_ranking(table: Any, name: str, expected: F) -> None:
    exactly(ROWWISE[name](table["targets"], SCORES, known=table["known"]), expected)


# Four bins, to 2/8, 4/8, 6/8 and 1; gaps between scores and positives in eighths, bin by bin.
@pytest.mark.parametrize(
    ("table", "labels", "micro", "mean_score", "share", "pictures"),
    [
        (
            ALL,
            [F(3 + 1 + 2 + 1, 80), F(6 + 3 + 8, 80), F(2 + 7 + 5 + 1, 80), F(4 + 7, 80)],
            F(11 + 16 + 15 + 2, 320),
            [F(19, 8 * 19), F(32, 8 * 9), F(49, 8 * 9), F(22, 8 * 3)],
            [F(1, 19), F(2, 9), F(8, 9), 1],
            [19, 9, 9, 3],
        ),
        (
            SOME,
            [F(5 + 7 + 1, 48), F(5 + 3 + 8, 72), F(2 + 4 + 2 + 1, 64), F(4 + 7, 72)],
            F(7 + 9 + 17 + 2, 256),
            [F(15, 8 * 15), F(25, 8 * 7), F(39, 8 * 7), F(22, 8 * 3)],
            [F(1, 15), F(2, 7), 1, 1],
            [15, 7, 7, 3],
        ),
    ],
)
def test_calibration(
    table: Any, labels: Any, micro: F, mean_score: Any, share: Any, pictures: Any
) -> None:
    targets, options = table["targets"], {"known": table["known"], "bins": 4}
    exactly(calibration_error(targets, SCORES, **options), labels)
    exactly(calibration_error(targets, SCORES, **options, average="macro"), mean(*labels))
    exactly(calibration_error(targets, SCORES, **options, average="micro"), micro)
    curve = reliability_curve(targets, SCORES, **options, average="micro")
    exactly(curve.mean_score, mean_score)
    exactly(curve.share, share)
    assert curve.pictures.tolist() == pictures
    # The second label has no score over 6/8.
    second = [part[1, 3] for part in reliability_curve(targets, SCORES, **options)]
    exactly(second, [NAN, NAN, 0])


@pytest.mark.parametrize(
    ("table", "tags", "pairs"),
    [
        (ALL, [1, 0, 0, 0], {(0, 1): 1, (2, 0): 1}),
        (SOME, [1, 0, 0, 0], {(0, 1): 1}),
    ],
)
def test_majority_and_confusion(table: Any, tags: Any, pairs: Any) -> None:
    assert majority(**table).tolist() == tags
    expected = np.zeros((4, 4))
    for cell, pictures in pairs.items():
        expected[cell] = pictures
    assert (
        label_confusion(table["targets"], TAGS, known=table["known"]).tolist() == expected.tolist()
    )


@pytest.mark.parametrize(
    ("table", "eighths", "tp", "tagged"),
    [
        (ALL, [1, 2, 3, 4, 5, 6, 7, 8], [6, 6, 6, 5, 5, 4, 2, 1], [10, 9, 8, 7, 6, 4, 2, 1]),
        (SOME, [3, 5, 6, 7, 8], [6, 5, 4, 2, 1], [6, 5, 4, 2, 1]),
    ],
)
def test_curves_of_the_first_label(table: Any, eighths: Any, tp: Any, tagged: Any) -> None:
    known = None if table["known"] is None else KNOWN[:, 0]
    first = table["targets"][:, 0], SCORES[:, 0]
    found = precision_recall_curve(*first, known=known)
    exactly(found.thresholds, [F(score, 8) for score in eighths])
    exactly(found.precision, [F(*pair) for pair in zip(tp, tagged, strict=True)])
    exactly(found.recall, [F(hits, 6) for hits in tp])
    of_recall = fbeta_curve(*first, 2, known=known)
    exactly(of_recall.thresholds, found.thresholds)
    exactly(of_recall.fbeta, [F(5 * h, 4 * 6 + t) for h, t in zip(tp, tagged, strict=True)])


def exactly(found: Any, expected: Any) -> None:
    numbers = np.array(expected, dtype=np.float64)
    assert np.shape(found) == numbers.shape
    np.testing.assert_allclose(found, numbers, rtol=0, atol=1e-12, equal_nan=True)

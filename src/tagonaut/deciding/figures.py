"""The figures of an evaluation: one row each, of all labels together or of each label.

Everything that holds or shows figures loops over these tables: the documents, the bootstrap
intervals, the reports and the terminal. A new figure is a new row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

from numpy.typing import NDArray

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.metrics.counts import (
    Average,
    Ratio,
    accuracy_ratio,
    all_right,
    error_ratio,
    fbeta_ratio,
    jaccard_ratio,
    precision_ratio,
    recall_ratio,
    reduce,
)
from tagonaut.deciding.metrics.reliability import calibration_error
from tagonaut.deciding.metrics.score_metrics import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    mean_average_precision,
    ranking_loss,
    roc_auc,
)


class Detail(IntEnum):
    """How much a table of figures shows; each value includes the figures of those before it.

    ``HEADLINE``: the first figures of a page, the columns of a model card. ``BRIEF``: where runs
    stand side by side. ``SUMMARY``: the terminal and a run's report. ``FULL``: the documents and
    the page of an evaluation.
    """

    HEADLINE = 0
    BRIEF = 1
    SUMMARY = 2
    FULL = 3


@dataclass(frozen=True)
class TagMetric:
    """A ratio of counted cells and how it is averaged; of each label, ``[k]``, without average."""

    ratio: Ratio
    average: Average | None = None

    def __call__(self, targets: Mask, tags: Mask, *, known: Mask) -> Floats | float:
        return reduce(self.ratio, targets, tags, known, self.average)


ScoreMetric = Callable[..., Floats | float]
"""A function of ``targets[n, k]``, ``scores[n, k]`` and the keyword ``known[n, k]``."""

RESAMPLED_SCORES: tuple[ScoreMetric, ...] = (mean_average_precision, average_precision)
"""The metrics of scores that the bootstrap can resample."""


@dataclass(frozen=True)
class Figure:
    """One figure: its ``key`` in the documents, its ``title`` for people, and its metric.

    ``short``: the title where room is short. ``remark``: what the page of an evaluation says
    beneath the title. ``is_share``: in [0, 1] and shown in per cent. ``has_baseline``: the document
    holds the majority baseline's value too. ``has_interval``: the bootstrap resamples it, which it
    can do with micro, macro and samples averages and with ``RESAMPLED_SCORES``.
    """

    key: str
    title: str
    metric: TagMetric | ScoreMetric
    detail: Detail = Detail.FULL
    short: str = ""
    remark: str = ""
    is_share: bool = True
    lower_is_better: bool = False
    has_baseline: bool = False
    has_interval: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.metric, TagMetric):
            resampled = self.metric.average != "weighted"
        else:
            resampled = self.metric in RESAMPLED_SCORES
        if self.has_interval and not resampled:
            raise ValueError(f"{self.key}: the bootstrap cannot resample this figure")

    @property
    def needs_scores(self) -> bool:
        """Whether it is a figure of scores, before any threshold; others are of tags."""
        return not isinstance(self.metric, TagMetric)

    @property
    def column(self) -> str:
        """The title as the heading of a column."""
        return self.short or self.title

    @property
    def baseline_key(self) -> str | None:
        """The key of the majority baseline's value, if the document holds it."""
        return f"baseline_{self.key}" if self.has_baseline else None

    def value(
        self, positive: Mask, tagged: Mask, scores: NDArray[Any] | None, known: Mask
    ) -> Floats | float | None:
        """The figure of checked arrays ``[n, k]``; None where it needs scores and has none."""
        if isinstance(self.metric, TagMetric):
            return self.metric(positive, tagged, known=known)
        return None if scores is None else self.metric(positive, scores, known=known)


_F1, _F2 = fbeta_ratio(1), fbeta_ratio(2)

FIGURES: tuple[Figure, ...] = (
    Figure(
        "map",
        "mean average precision (mAP)",
        mean_average_precision,
        Detail.HEADLINE,
        short="mAP",
        has_interval=True,
    ),
    Figure(
        "micro_map",
        "average precision, micro",
        partial(mean_average_precision, average="micro"),
        remark="all labels in one ranking",
    ),
    Figure("roc_auc", "ROC AUC, macro", partial(roc_auc, average="macro")),
    Figure(
        "label_ranking_ap",
        "label ranking average precision",
        label_ranking_average_precision,
        remark="each picture's labels ranked",
    ),
    Figure(
        "ranking_loss",
        "ranking loss",
        ranking_loss,
        remark="wrongly ordered pairs of labels",
        lower_is_better=True,
    ),
    Figure(
        "coverage_error",
        "coverage error",
        coverage_error,
        remark="labels ranked down to a picture's last true one",
        is_share=False,
        lower_is_better=True,
    ),
    Figure(
        "calibration_error",
        "expected calibration error",
        partial(calibration_error, average="micro"),
        lower_is_better=True,
    ),
    Figure(
        "macro_f1",
        "F1, macro",
        TagMetric(_F1, "macro"),
        Detail.HEADLINE,
        has_baseline=True,
        has_interval=True,
    ),
    Figure("micro_f1", "F1, micro", TagMetric(_F1, "micro"), Detail.HEADLINE, has_interval=True),
    Figure("weighted_f1", "F1, weighted by support", TagMetric(_F1, "weighted")),
    Figure("samples_f1", "F1, samples", TagMetric(_F1, "samples"), Detail.BRIEF, has_interval=True),
    Figure("macro_f2", "F2, macro", TagMetric(_F2, "macro"), Detail.SUMMARY, has_interval=True),
    Figure("micro_f2", "F2, micro", TagMetric(_F2, "micro"), Detail.SUMMARY, has_interval=True),
    Figure(
        "samples_f2",
        "F2, samples",
        TagMetric(_F2, "samples"),
        Detail.BRIEF,
        has_baseline=True,
        has_interval=True,
    ),
    Figure(
        "macro_precision", "precision, macro", TagMetric(precision_ratio, "macro"), Detail.SUMMARY
    ),
    Figure(
        "micro_precision", "precision, micro", TagMetric(precision_ratio, "micro"), Detail.SUMMARY
    ),
    Figure(
        "samples_precision",
        "precision, samples",
        TagMetric(precision_ratio, "samples"),
        Detail.SUMMARY,
    ),
    Figure("macro_recall", "recall, macro", TagMetric(recall_ratio, "macro"), Detail.SUMMARY),
    Figure("micro_recall", "recall, micro", TagMetric(recall_ratio, "micro"), Detail.SUMMARY),
    Figure("samples_recall", "recall, samples", TagMetric(recall_ratio, "samples"), Detail.SUMMARY),
    Figure("samples_jaccard", "Jaccard, samples", TagMetric(jaccard_ratio, "samples")),
    Figure("hamming_loss", "Hamming loss", TagMetric(error_ratio, "micro"), lower_is_better=True),
    Figure(
        "exact_match",
        "overall accuracy (exact match)",
        TagMetric(all_right, "samples"),
        Detail.HEADLINE,
        short="exact match",
        has_baseline=True,
        has_interval=True,
    ),
    Figure(
        "binary_accuracy",
        "binary accuracy",
        TagMetric(accuracy_ratio, "micro"),
        Detail.BRIEF,
        short="accuracy",
        has_baseline=True,
        has_interval=True,
    ),
)
"""The figures of all labels together, those of scores first, in the order in which they stand."""

LABEL_FIGURES: tuple[Figure, ...] = (
    Figure(
        "precision", "precision", TagMetric(precision_ratio), Detail.HEADLINE, has_interval=True
    ),
    Figure("recall", "recall", TagMetric(recall_ratio), Detail.HEADLINE, has_interval=True),
    Figure("f1", "F1", TagMetric(_F1), Detail.HEADLINE, has_interval=True),
    Figure("f2", "F2", TagMetric(_F2), Detail.BRIEF, has_interval=True),
    Figure(
        "ap",
        "average precision (AP)",
        average_precision,
        Detail.BRIEF,
        short="AP",
        has_interval=True,
    ),
    Figure("roc_auc", "ROC AUC", roc_auc),
    Figure("accuracy", "accuracy", TagMetric(accuracy_ratio), Detail.SUMMARY, has_baseline=True),
)
"""The figures of each label; their metrics give an array ``[k]``."""


def figures_up_to(detail: Detail, table: tuple[Figure, ...] = FIGURES) -> list[Figure]:
    """The rows of a table that are shown at this level of detail."""
    return [figure for figure in table if figure.detail <= detail]

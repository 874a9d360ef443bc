"""From scores to tags: metrics, thresholds, calibration and the decision rule, on arrays alone."""

from tagonaut.deciding.calibration import CALIBRATION_KINDS, Calibration, CalibrationKind
from tagonaut.deciding.cross_fitting import cross_fitted_tags
from tagonaut.deciding.decision_rule import DecisionRule
from tagonaut.deciding.evaluation import Evaluation, evaluate
from tagonaut.deciding.figures import FIGURES, LABEL_FIGURES, Detail, Figure, figures_up_to
from tagonaut.deciding.intervals import Intervals, bootstrap, bootstrap_each
from tagonaut.deciding.label_quality import (
    LabelQuality,
    check_cleanlab,
    judge_labels,
    suggested_corrections,
)
from tagonaut.deciding.metrics.confusion import label_confusion
from tagonaut.deciding.metrics.correct import Correct, correct_predictions
from tagonaut.deciding.metrics.curves import fbeta_curve, precision_recall_curve
from tagonaut.deciding.metrics.majority import majority
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
    Average,
    Counts,
    binary_accuracy,
    counts,
    exact_match,
    fbeta,
    hamming_loss,
    jaccard,
    precision,
    recall,
)
from tagonaut.deciding.rule_evaluation import count_in_sample, evaluate_rule
from tagonaut.deciding.rules import (
    RULES,
    Rule,
    ShareSettings,
    TargetSettings,
    Thresholds,
    create_rule,
)
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, Objective, best_thresholds, tunable
from tagonaut.deciding.tuning import OUT_OF_FOLD, DecisionSettings, Tuning

__all__ = [
    "CALIBRATION_KINDS",
    "DEFAULT_THRESHOLD",
    "FIGURES",
    "LABEL_FIGURES",
    "OUT_OF_FOLD",
    "RULES",
    "Average",
    "Calibration",
    "CalibrationKind",
    "Correct",
    "Counts",
    "DecisionRule",
    "DecisionSettings",
    "Detail",
    "Evaluation",
    "Figure",
    "Intervals",
    "LabelQuality",
    "Objective",
    "Rule",
    "ShareSettings",
    "TargetSettings",
    "Thresholds",
    "Tuning",
    "average_precision",
    "best_thresholds",
    "binary_accuracy",
    "bootstrap",
    "bootstrap_each",
    "calibration_error",
    "check_cleanlab",
    "correct_predictions",
    "count_in_sample",
    "counts",
    "coverage_error",
    "create_rule",
    "cross_fitted_tags",
    "evaluate",
    "evaluate_rule",
    "exact_match",
    "fbeta",
    "fbeta_curve",
    "figures_up_to",
    "hamming_loss",
    "jaccard",
    "judge_labels",
    "label_confusion",
    "label_ranking_average_precision",
    "majority",
    "mean_average_precision",
    "precision",
    "precision_recall_curve",
    "ranking_loss",
    "recall",
    "reliability_curve",
    "roc_auc",
    "suggested_corrections",
    "tunable",
]

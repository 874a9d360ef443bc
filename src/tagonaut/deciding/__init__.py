"""From scores to tags: metrics, thresholds, calibration and the decision rule, on arrays alone."""

from tagonaut.deciding.baselines import majority, prior
from tagonaut.deciding.calibration.calibration import Calibration, CalibrationKind
from tagonaut.deciding.correct import Correct, correct_predictions
from tagonaut.deciding.cross_fitting import cross_fitted_tags
from tagonaut.deciding.evaluation import Evaluation, evaluate
from tagonaut.deciding.figures import FIGURES, LABEL_FIGURES, Detail, Figure, figures_up_to
from tagonaut.deciding.judging import judge
from tagonaut.deciding.metrics.confusion import label_confusion
from tagonaut.deciding.metrics.curves import fbeta_curve, precision_recall_curve
from tagonaut.deciding.metrics.intervals import Intervals, bootstrap
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
from tagonaut.deciding.rules.objectives import Objective
from tagonaut.deciding.rules.rule import DecisionRule
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.rules.thresholds import DEFAULT_THRESHOLD, best_thresholds, tunable
from tagonaut.deciding.rules.tuning import OUT_OF_FOLD, RuleKind, Tuning

__all__ = [
    "DEFAULT_THRESHOLD",
    "FIGURES",
    "LABEL_FIGURES",
    "OUT_OF_FOLD",
    "Average",
    "Calibration",
    "CalibrationKind",
    "Correct",
    "Counts",
    "DecisionRule",
    "Detail",
    "Evaluation",
    "Figure",
    "Intervals",
    "Objective",
    "RuleKind",
    "Thresholds",
    "Tuning",
    "average_precision",
    "best_thresholds",
    "binary_accuracy",
    "bootstrap",
    "calibration_error",
    "correct_predictions",
    "counts",
    "coverage_error",
    "cross_fitted_tags",
    "evaluate",
    "exact_match",
    "fbeta",
    "fbeta_curve",
    "figures_up_to",
    "hamming_loss",
    "jaccard",
    "judge",
    "label_confusion",
    "label_ranking_average_precision",
    "majority",
    "mean_average_precision",
    "precision",
    "precision_recall_curve",
    "prior",
    "ranking_loss",
    "recall",
    "reliability_curve",
    "roc_auc",
    "tunable",
]

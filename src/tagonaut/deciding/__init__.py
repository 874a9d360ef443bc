"""From scores to tags: metrics, thresholds and the decision rule, on arrays alone."""

from tagonaut.deciding.correct import Correct, correct_predictions
from tagonaut.deciding.evaluation import Evaluation, LabelEvaluation, evaluate
from tagonaut.deciding.metrics import (
    Average,
    Counts,
    average_precision,
    binary_accuracy,
    counts,
    exact_match,
    fbeta,
    majority,
    mean_average_precision,
    precision,
    recall,
)
from tagonaut.deciding.rule import DecisionRule
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, best_thresholds, tunable

__all__ = [
    "DEFAULT_THRESHOLD",
    "Average",
    "Correct",
    "Counts",
    "DecisionRule",
    "Evaluation",
    "LabelEvaluation",
    "average_precision",
    "best_thresholds",
    "binary_accuracy",
    "correct_predictions",
    "counts",
    "evaluate",
    "exact_match",
    "fbeta",
    "majority",
    "mean_average_precision",
    "precision",
    "recall",
    "tunable",
]

"""Solvers: the thresholds with the highest objective, for each label alone or for all together."""

from tagonaut.deciding.thresholds.cuts import threshold_of, widest, with_nothing
from tagonaut.deciding.thresholds.each_label import (
    DEFAULT_THRESHOLD,
    best_thresholds,
    each_threshold,
    tunable,
)
from tagonaut.deciding.thresholds.joint_thresholds import global_threshold
from tagonaut.deciding.thresholds.objectives import Objective
from tagonaut.deciding.thresholds.optimum import optimal_thresholds

__all__ = [
    "DEFAULT_THRESHOLD",
    "Objective",
    "best_thresholds",
    "each_threshold",
    "global_threshold",
    "optimal_thresholds",
    "threshold_of",
    "tunable",
    "widest",
    "with_nothing",
]

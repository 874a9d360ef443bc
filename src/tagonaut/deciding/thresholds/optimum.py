"""The thresholds with the highest objective, by the solver that fits it."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Floats
from tagonaut.deciding.thresholds.each_label import best_thresholds
from tagonaut.deciding.thresholds.group_thresholds import group_thresholds
from tagonaut.deciding.thresholds.joint_thresholds import ascended_thresholds, micro_thresholds
from tagonaut.deciding.thresholds.objectives import Objective


def optimal_thresholds(
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    objective: Objective,
    known: ArrayLike | None = None,
    groups: Sequence[Sequence[int]] = (),
    seed: int = 0,
) -> Floats:
    """The thresholds ``float64[k]`` with the highest objective on these very pictures.

    Exact for macro and micro F; for samples F and exact match, one that no change of a single
    label's threshold makes better. The labels of exclusive ``groups`` (of columns) are then tuned
    for the joint decision. ``seed`` draws the starts of the ascent.
    """
    if objective.beta is None or objective.average == "samples":
        found = ascended_thresholds(targets, scores, objective=objective, known=known, seed=seed)
    elif objective.average == "micro":
        found = micro_thresholds(targets, scores, beta=objective.beta, known=known)
    else:
        found = best_thresholds(targets, scores, beta=objective.beta, known=known)
    if not groups:
        return found
    return group_thresholds(targets, scores, found, groups, objective=objective, known=known)
